"""Files of text rows, extracted and validated in the plainest way that heeds what was put back: a model to test with.

One source and no query; what extract and validate do in bounded memory is done here in a few lines, with the same
functions for the mapping, the contract and the rows that were put back.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from data_world import use_case

from keepfit.data import put_table
from keepfit.data.rejudge import as_examples, as_source, in_place, keys_of_refused, of_gone_files, rules_of
from keepfit.data.replay import Replays, replays, without_superseded
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
        back = replays(self.store, self.case.name)
        rules = rules_of(self.case, [])
        tables, refused, sources = self._read(back)
        keys = keys_of_refused(self.case, "items", refused)
        pairs = [(self._conform(rules, table), empty_refused()) for table in tables]
        done = [
            *back.over_examples(
                pairs,
                self.digests(),
                self.case.data.key,
                lambda texts: self._pair(rules, texts),
                [keys] if keys else [],
            )
        ]
        empty = as_examples(rules, self.case, named(texts_of([]), "")).table
        examples = pa.concat_tables([self._conform(rules, table) for table in (*(table for table, _ in done), empty)])
        refused = [*refused, *(bad for _, bad in done if bad.num_rows)]
        return self._validate(rules, examples, refused, sources)

    def put_back(self, lines=None, number=None, **options):
        """As `keepfit quarantine replay` does."""
        it = taken(self.store, self.case.name, number)
        options = {"actor": "ada", "reason": "mended", "at": AT} | options
        return replay(self.store, self.case, it, lines, **options)

    def _read(self, back: Replays):
        tables, refused, sources, files = [], [], [], self.digests()
        for path, rows in self.files.items():
            table, bad = as_source(self.case, "items", texts_of(rows))
            placed = in_place(back, self.case, "items", files[path], files, bad)
            if placed is not None:
                table, bad = (without(each, placed.leave_out) for each in (table, bad))
                table = pa.concat_tables([table, placed.table], promote_options="default")
                bad = pa.concat_tables([bad, placed.refused])
            tables.append(named(table, path))
            refused.append(named(bad, path))
            sources.append(self._source(path, files[path], table, bad))
        keys = keys_of_refused(self.case, "items", refused)
        away = of_gone_files(back, self.case, "items", files, refused)
        if away is not None:
            left = without_superseded(away.table, self.case.data.key, [*tables, *([keys] if keys else [])])
            sources += [
                self._source(name, digest, left, away.refused) for name, digest in back.gone("items", files).items()
            ]
            tables.append(left)
            refused.append(away.refused)
        return tables, refused, sources

    def _source(self, path, digest, table, bad):
        return SourceFile(
            source="items",
            path=path,
            digest=digest,
            size=1,
            parts=(put_table(self.store, table),),
            rows=table.num_rows,
            refused=bad.num_rows,
        )

    def _pair(self, rules, texts):
        table, refused = as_examples(rules, self.case, texts)
        return table.select([*rules, "_file", "_row"]), refused

    def _conform(self, rules, table):
        return table.select([*rules, "_file", "_row"])

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


def without(table, rows):
    return table.filter(pa.array([row not in rows for row in table["_row"].to_pylist()], pa.bool_()))


def empty_refused():
    from keepfit.data.refused import refused_schema

    return named(refused_schema().empty_table(), "")


def key_of(raw):
    from keepfit.data.replay import raw_texts

    return (raw_texts(raw) or {}).get("id")
