"""What a version is asked before it is judged: real rows that it has not seen, and hostile ones."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.export import hostile_records, spread
from keepfit.features import Columns, Encoding, from_table
from keepfit.records import Exported, Split, parse
from keepfit.split import HOLDOUT, sides_of
from keepfit.store import Store, get

Raw = Mapping[str, Any]

ROWS = 1_000


class Sample(NamedTuple):
    """Raw ``records``, of which the first ``real`` ones are also there as ``columns`` of a table (None: no row is)."""

    records: tuple[Raw, ...] = ()
    real: int = 0
    columns: Columns | None = None


def holdout_sample(store: Store, use_case: UseCase, division: Split, exported: Exported) -> Sample:
    """Rows of the holdout, spread evenly, then hostile ones: missing, unseen, extreme, and every category."""
    digest = exported.files["features"]
    encoding = parse(get(store, digest), Encoding, f"objects/{digest}")
    table = read_snapshot(store, use_case.name, division.snapshot, list(encoding.kinds))
    table = table.filter(sides_of(store, division) == HOLDOUT)
    if not table.num_rows:
        return Sample()
    rows, records = spread(table, encoding.kinds, ROWS)
    hostile = (*hostile_records(records[0], encoding.kinds), *_every_category(records[0], encoding))
    return Sample((*records, *hostile), len(records), from_table(rows, encoding.kinds))


def _every_category(record: Raw, encoding: Encoding) -> Iterator[Raw]:
    """Copies of a record, each with one of the categories that were learnt."""
    for feature in encoding.features:
        for level in (*getattr(feature, "levels", ())[:ROWS], *getattr(feature, "rare", ())[:1]):
            yield {**record, feature.column: level}
