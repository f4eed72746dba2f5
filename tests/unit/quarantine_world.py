"""Files of text rows, extracted and validated in the plainest way that heeds what was put back: a model to test with.

One source and no query; what extract and validate do in bounded memory is done here in a few lines, with the same
functions for the mapping, the contract and the rows that were put back.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from data_world import use_case

from keepfit.data import get_table, put_table
from keepfit.data.extent import ParsedFile
from keepfit.data.index import Known
from keepfit.data.put_back import with_put_back
from keepfit.data.rejudge import as_examples, as_source, keys_of_refused, rules_of
from keepfit.data.replay import replays
from keepfit.errors import Exists, Missing
from keepfit.quarantine import replay, taken
from keepfit.records import (
    Broken,
    Column,
    Dropped,
    Extracted,
    Moment,
    Quarantined,
    RowCount,
    SourceFile,
    canonical,
    digest_of,
)
from keepfit.store import put
from keepfit.validate import broken_alone

AT = datetime(2020, 6, 1, tzinfo=UTC)
AS_OF = datetime(2020, 2, 1, tzinfo=UTC)
_TOP = 10**12


def good(key, **changes):
    """A row that breaks nothing, as its file says it."""
    return {
        "id": key,
        "when_at": "2020-01-05T00:00:00Z",
        "colour": "red",
        "size": "1.5",
        "late": "true",
        **changes,
    }


class Memory:
    """A store of a moment: what `keepfit.store.Store` promises, but that it lasts."""

    address = "memory"

    def __init__(self):
        self._data = {}

    def read(self, key):
        if key not in self._data:
            raise Missing(key)
        return self._data[key]

    def create(self, key, data):
        if key in self._data:
            raise Exists(key)
        self._data[key] = bytes(data)

    def list(self, prefix, limit=None):
        return sorted(key for key in self._data if key.startswith(prefix))[:limit]


@dataclass
class Outcome:
    """What one run has made of the files."""

    kept: list[dict]
    quarantined: list[dict]
    dropped: list[dict]
    rows: int
    number: int

    def keys(self):
        """How often every key stands among rows kept and quarantined (of these as far as it can be read)."""
        return Counter(row["id"] for row in (*self.kept, *self.quarantined))


@dataclass
class Place:
    """A store, and the files that upstream has delivered: path to rows."""

    files: dict[str, list[dict]] = field(default_factory=dict)
    case: object = field(default_factory=use_case)

    store: object = field(default_factory=lambda: Memory())

    def digests(self):
        return {path: digest_of(rows) for path, rows in self.files.items()}

    def run(self):
        """Extract, validate, write down what was taken out."""
        back, rules = replays(self.store, self.case.name), rules_of(self.case, [])
        files = with_put_back(self.store, self.case, "items", self._known(), back)
        refused = [self._table(file.parsed.refused, file.path) for file in files.values() if file.parsed.refused]
        keys = keys_of_refused(self.case, "items", refused)
        pairs = [
            as_examples(rules, self.case, self._table(file.parsed.parts, file.path))
            for file in files.values()
            if file.parsed.parts
        ]
        done = back.over_examples(
            pairs,
            {row.away: row.digest for row in back.rows} | self.digests(),
            self.digests().values(),
            self.case.data.key,
            lambda texts: as_examples(rules, self.case, texts),
            [keys] if keys else [],
        )
        tables = [as_examples(rules, self.case, named(texts_of([]), ""))[0]]
        for table, bad in done:
            tables.append(table.select(tables[0].column_names))
            refused += [bad] if bad.num_rows else []
        return self._validate(rules, pa.concat_tables(tables), refused, [self._source(file) for file in files.values()])

    def put_back(self, lines=None, number=None, **options):
        """As `keepfit quarantine replay` does."""
        it = taken(self.store, self.case.name, number)
        options = {"actor": "ada", "reason": "mended", "at": AT} | options
        return replay(self.store, self.case, it, lines, **options)

    def _known(self):
        """What the readers make of the files."""
        return {path: self._file(path, texts_of(rows)) for path, rows in self.files.items()}

    def _file(self, path, texts):
        table, bad = as_source(self.case, "items", texts)
        parsed = ParsedFile(
            parts=(put_table(self.store, table),) if table.num_rows else (),
            rows=table.num_rows,
            refused=(put_table(self.store, bad),) if bad.num_rows else (),
            refused_rows=bad.num_rows,
            columns=tuple(
                Column(name=field.name, type=str(field.type)) for field in table.schema if field.name != "_row"
            ),
            first=None,
            last=None,
            undated=0,
            profile="",
        )
        return Known(path=path, signature="", digest=self.digests()[path], size=1, parsed=parsed)

    def _table(self, digests, path):
        return named(pa.concat_tables([get_table(self.store, digest) for digest in digests]), path)

    def _source(self, file):
        return SourceFile(
            source="items",
            path=file.path,
            digest=file.digest,
            size=file.size,
            parts=file.parsed.parts,
            rows=file.parsed.rows,
            refused=file.parsed.refused_rows,
        )

    def _validate(self, rules, examples, refused, sources):
        values = examples.select(list(rules))
        why = broken_alone(examples, self.case, rules, Moment(as_of=AS_OF, started=AT))
        seen, dropped = {}, []
        for at, row in enumerate(values.to_pylist()):
            if at not in why and seen.setdefault(row["id"], row) is not row:
                dropped.append(at)
        bad = examples.take(pa.array(sorted(why), pa.int64()))
        bad = bad.append_column("_reasons", pa.array([why[at] for at in sorted(why)], pa.list_(pa.string())))
        bad = bad.append_column("_raw", pa.nulls(bad.num_rows, pa.string()))
        other = pa.concat_tables([each.drop_columns(["_time"]) for each in refused]) if refused else bad.slice(0, 0)
        quarantine = pa.concat_tables([bad, other], promote_options="default")
        gone = examples.take(pa.array(dropped, pa.int64())).select(["_file", "_row"])
        gone = gone.append_column("rule", pa.array(["duplicate row"] * len(dropped), pa.string()))
        kept = [at for at in range(examples.num_rows) if at not in why and at not in dropped]
        rows = RowCount(
            total=examples.num_rows + other.num_rows,
            kept=len(kept),
            quarantined=quarantine.num_rows,
            dropped=len(dropped),
        )
        number = self._write(examples, quarantine, gone, rows, sources, rules)
        return Outcome(
            kept=examples.take(pa.array(kept, pa.int64())).to_pylist(),
            quarantined=[{**row, "id": row["id"] or key_of(row["_raw"])} for row in quarantine.to_pylist()],
            dropped=examples.take(pa.array(dropped, pa.int64())).to_pylist(),
            rows=rows.total,
            number=number,
        )

    def _write(self, examples, quarantine, gone, rows, sources, rules):
        extracted = Extracted(
            parts=(put_table(self.store, examples),),
            rows=examples.num_rows,
            refused=(),
            refused_rows=0,
            not_yet=0,
            outside_history=0,
            labels_pending=0,
            future=0,
            newest=None,
            sources=tuple(sources),
            columns=tuple(Column(name=name, type=rule.type) for name, rule in rules.items()),
            warnings=(),
        )
        number = len(self.store.list(f"{self.case.name}/quarantine/")) + 1
        record = Quarantined(
            number=number,
            as_of=AS_OF,
            started=AT,
            config="config",
            extracted=put(self.store, canonical(extracted)),
            rows=rows,
            quarantine=(put_table(self.store, quarantine),) if quarantine.num_rows else (),
            absent=(put_table(self.store, gone),) if gone.num_rows else (),
            broken=(Broken(rule="at most 100", column="size", rows=1, examples=("300",)),) if rows.quarantined else (),
            dropped=(Dropped(rule="duplicate row", rows=rows.dropped),) if rows.dropped else (),
            failed="",
        )
        self.store.create(f"{self.case.name}/quarantine/{_TOP - number:012d}.json", canonical(record))
        return number


def texts_of(rows):
    names = list(good("x"))
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    return pa.table({**columns, "_row": pa.array(range(1, len(rows) + 1), pa.int64())})


def named(table, path):
    return table.append_column("_file", pa.array([path] * table.num_rows, pa.string()))


def key_of(raw):
    from keepfit.data.replay import raw_texts

    return (raw_texts(raw) or {}).get("id")
