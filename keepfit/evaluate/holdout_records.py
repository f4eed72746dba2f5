"""What a version is asked before it is judged: real rows that it has not seen, and hostile ones."""

from collections.abc import Iterator, Mapping
from typing import Any

from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.export import probe_of
from keepfit.features import Encoding
from keepfit.records import Exported, Split, parse
from keepfit.split import HOLDOUT, sides_of
from keepfit.store import Store, get

Raw = Mapping[str, Any]

ROWS = 1_000


def holdout_records(store: Store, use_case: UseCase, division: Split, exported: Exported) -> tuple[Raw, ...]:
    """Raw records of the holdout, spread evenly, and hostile ones: missing, unseen, extreme, and every category."""
    digest = exported.files["features"]
    encoding = parse(get(store, digest), Encoding, f"objects/{digest}")
    table = read_snapshot(store, use_case.name, division.snapshot, list(encoding.kinds))
    table = table.filter(sides_of(store, division) == HOLDOUT)
    if not table.num_rows:
        return ()
    records = probe_of(table, encoding.kinds, ROWS)
    return (*records, *_every_category(records[0], encoding))


def _every_category(record: Raw, encoding: Encoding) -> Iterator[Raw]:
    """Copies of a record, each with one of the categories that were learnt."""
    for feature in encoding.features:
        for level in (*getattr(feature, "levels", ())[:ROWS], *getattr(feature, "rare", ())[:1]):
            yield {**record, feature.column: level}
