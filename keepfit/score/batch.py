"""Files of rows → a file of their predictions, in bounded memory, through the readers, contract and scorer of a run.

Guarantees: rows in = scored + refused, asserted; the output is there whole or not at all; where more rows are refused
than the contract tolerates there is none. A refused row keeps its file, number and values, and says what is wrong.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from keepfit import features
from keepfit.config.contract import ColumnRule
from keepfit.config.model import UseCase
from keepfit.data.declared import declared, visible
from keepfit.errors import ConfigError, DataError, IntegrityError, Problem
from keepfit.records import Moment, Record
from keepfit.score.inputs import Part, parts_of
from keepfit.score.outputs import Outputs, answers_table, refused_table
from keepfit.score.scorer import Scorer
from keepfit.score.threads import one_thread
from keepfit.validate import broken_alone

if TYPE_CHECKING:
    import pyarrow as pa

_ANY_TIME = datetime(9999, 12, 31, tzinfo=UTC)  # rows to come may be scored ahead of their time


class Asked(NamedTuple):
    """Which files, in their order, become which file; ``replace`` an output that is there."""

    files: tuple[Path, ...]
    output: Path
    replace: bool = False


class Reason(Record, frozen=True, kw_only=True):
    """How many rows were refused because of one thing."""

    reason: str
    rows: int


class Batch(Record, frozen=True, kw_only=True):
    """What became of a batch: ``rows`` in = ``scored`` + ``refused``.

    ``output`` is None where more were refused than ``tolerated`` (a share); ``refused_file`` is None where none was.
    """

    use_case: str
    version: int
    digest: str
    files: int
    rows: int
    scored: int
    refused: int
    tolerated: float
    reasons: tuple[Reason, ...]
    output: str | None
    refused_file: str | None
    warnings: tuple[str, ...]


@dataclass
class _Count:
    """What was seen so far."""

    rows: int = 0
    scored: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    dropped: dict[str, None] = field(default_factory=dict)
    unlisted: Counter[str] = field(default_factory=Counter)


class Version(NamedTuple):
    """The version that answers: its number, digest and classes (empty for regression), and its scorer."""

    number: int
    digest: str
    classes: tuple[str, ...]
    scorer: Scorer


def score_batch(use_case: UseCase, version: Version, asked: Asked) -> Batch:
    """Score files; their rows are those of the source, or of the query's result where the use case has one.

    Raises
    ------
    ConfigError
        The output is there already or has no format that is written, or the version reads what the YAML no longer has.
    DataError
        A file is no table, or lacks a column of the contract.
    """
    rules = _rules(use_case)
    _see_that_known(version, rules)
    count = _Count()
    with Outputs(asked.output, replace=asked.replace) as out, one_thread():
        for part in parts_of(use_case, rules, asked.files):
            for table, refused in _judged(use_case, rules, part, count):
                out.refuse(refused)
                if table.num_rows:
                    out.add(answered(table, use_case.data.key, version, _warnings(table, rules, count)))
        out.start(lambda: answered(_nothing(rules), use_case.data.key, version, []))
        _see_that_conserved(count)
        within = count.refused <= use_case.contract.quarantine_at_most * count.rows
        out.publish(with_answers=within, with_refused=count.refused > 0)
    return Batch(
        use_case=use_case.name,
        version=version.number,
        digest=version.digest,
        files=len(asked.files),
        rows=count.rows,
        scored=count.scored,
        refused=count.refused,
        tolerated=use_case.contract.quarantine_at_most,
        reasons=tuple(Reason(reason=reason, rows=rows) for reason, rows in count.reasons.most_common(20)),
        output=str(asked.output) if within else None,
        refused_file=str(out.refused_path) if count.refused else None,
        warnings=tuple(_told(count)),
    )


def _rules(use_case: UseCase) -> dict[str, ColumnRule]:
    """The contract of a row whose label nobody knows yet."""
    return {name: rule for name, rule in declared(use_case).items() if name != use_case.data.label.column}


def _see_that_known(version: Version, rules: Mapping[str, ColumnRule]) -> None:
    lacking = sorted(set(version.scorer.encoding.kinds) - set(rules))
    if lacking:
        what = f"version {version.number} reads columns that the YAML no longer declares"
        do = "declare them in the contract, or name another version with --version"
        raise ConfigError(Problem(what, "contract.columns", ", ".join(lacking), "not declared", do=do))


def _judged(
    use_case: UseCase, rules: Mapping[str, ColumnRule], part: Part, count: _Count
) -> "Iterator[tuple[pa.Table, pa.Table]]":
    """The rows of a part that the contract takes, and those that it or the reader refuses."""
    import pyarrow as pa

    label = use_case.data.label.column
    whole = part.table if label in part.table.column_names else _with_nothing(part.table, label)
    broken = broken_alone(whole, use_case, {**rules}, Moment(as_of=_ANY_TIME, started=_ANY_TIME))
    refused = pa.concat_tables([part.refused, refused_table(part.table, part.path, broken)])
    keep = np.ones(part.table.num_rows, dtype=bool)
    keep[list(broken)] = False
    count.rows += part.table.num_rows + part.refused.num_rows
    count.refused += refused.num_rows
    count.dropped |= dict.fromkeys(visible([name for name in part.undeclared if name != label]))
    count.reasons.update(reason for reasons in refused.column("_reasons").to_pylist() for reason in reasons)
    table = part.table.filter(pa.array(keep)) if broken else part.table
    count.scored += table.num_rows
    yield table, refused


def _with_nothing(table: "pa.Table", name: str) -> "pa.Table":
    import pyarrow as pa

    return table.append_column(name, pa.nulls(table.num_rows, pa.string()))


def answered(
    table: "pa.Table", key: Sequence[str], version: Version, warnings: Sequence[tuple[str, ...]]
) -> "pa.Table":
    """The answers to n sound rows: key, scores, decision, warnings, version."""
    scorer, rows = version.scorer, table.num_rows
    if rows:
        found = scorer.predict(features.from_table(table, scorer.encoding.kinds))
    else:
        found = np.zeros((0, len(version.classes)) if version.classes else 0)
    decided = scorer.decide(found) if version.classes and rows else None
    return answers_table(table.select(list(key)), found, decided, version.classes, warnings, version.number)


def _warnings(table: "pa.Table", rules: Mapping[str, ColumnRule], count: _Count) -> list[tuple[str, ...]]:
    """For each row the columns whose value the contract does not list, but tolerates."""
    import pyarrow as pa
    import pyarrow.compute as pc

    told: list[tuple[str, ...]] = [()] * table.num_rows
    for name, rule in rules.items():
        if rule.values is None or rule.unseen_at_most is None:
            continue
        column = table.column(name)
        unlisted = pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, pa.array(rule.values, column.type))))
        rows = np.flatnonzero(unlisted.to_numpy())
        count.unlisted[name] += len(rows)
        for row in rows.tolist():
            told[row] = (*told[row], f"{name}: a value that the contract does not list")
    return told


def _nothing(rules: Mapping[str, ColumnRule]) -> "pa.Table":
    import pyarrow as pa

    from keepfit.data.convert import arrow_type

    return pa.schema([(name, arrow_type(rule.type)) for name, rule in rules.items()]).empty_table()


def _told(count: _Count) -> Iterator[str]:
    if count.dropped:
        yield f"columns that the contract does not declare were dropped: {', '.join(count.dropped)}"
    for name, rows in count.unlisted.items():
        if rows:
            yield f"{rows:,} rows have a value of {name} that the contract does not list"


def _see_that_conserved(count: _Count) -> None:
    if count.rows != count.scored + count.refused:
        found = f"{count.scored:,} scored, {count.refused:,} refused"
        raise IntegrityError(Problem("rows were lost on the way", "score", f"{count.rows:,} rows", found))


def matching(pattern: str, root: Path) -> tuple[Path, ...]:
    """The files that a path or pattern means, by name.

    Raises
    ------
    DataError
        There is none.
    """
    import glob

    paths = [root / pattern] if (root / pattern).is_file() else map(Path, sorted(glob.glob(str(root / pattern))))  # noqa: PTH207
    files = tuple(path for path in paths if path.is_file())
    if not files:
        raise DataError(Problem("no file to score", f"--input {pattern}", "a file, or a pattern of files", "none"))
    return files
