"""Why rows are not there: counted by rule and file, with examples, and every row by its number."""

import re
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.data import get_table
from keepfit.data.left_out import NOT_YET, OUTSIDE, holds, spans
from keepfit.data.replay import Place, PutBack, replays
from keepfit.quarantine.reading import Row, Subject, Taken, absent, rows, subject
from keepfit.records import Quarantined, Record, RowCount, Unread

if TYPE_CHECKING:
    from keepfit.store import Store

_QUOTED = re.compile(r"^'.*?'\s+", re.DOTALL)
_DETAILS = re.compile(r"(?:(?<=^fits no period)|(?<=^fits two periods)) \(.*| \(column [^()]*\)$", re.DOTALL)
_WHERE = ("rule", "_file")
_MOST_RULES = 200  # a rule that quotes its values would otherwise be as many rules as there are values


class Example(Record, frozen=True, kw_only=True):
    """One thing that is wrong with one row; ``column`` is None where it is the row as a whole."""

    file: str
    row: int
    column: str | None
    value: str | None
    reason: str


class ByFile(Record, frozen=True, kw_only=True):
    """Rows of one file; ``ranges`` are their numbers from and to, ascending.

    Where the ranges hold more than ``rows``, the others in them are listed under another rule.
    """

    file: str
    rows: int
    ranges: tuple[tuple[int, int], ...] = ()


class Cause(Record, frozen=True, kw_only=True):
    """Rows that are not there for one reason, file by file, the most rows first; ``share`` is that of all rows in."""

    rule: str
    column: str | None
    rows: int
    share: float
    files: tuple[ByFile, ...]
    examples: tuple[Example, ...] = ()


class Explained(Record, frozen=True, kw_only=True):
    """What ``keepfit quarantine explain --json`` answers.

    ``rows`` is what adds up; ``not_yet`` rows are at or after ``as_of``, so not part of it (``later`` says which they
    are); ``unread`` are files that were set aside. A row that breaks two rules is in both causes. ``matching`` counts
    the rows that were asked for.
    """

    use_case: str
    number: int
    as_of: datetime
    failed: str
    rows: RowCount
    not_yet: int
    labels_pending: int
    unread: tuple[Unread, ...]
    matching: int
    quarantined: tuple[Cause, ...]
    dropped: tuple[Cause, ...]
    later: tuple[ByFile, ...] = ()
    put_back: int = 0


class Listed(Record, frozen=True, kw_only=True):
    """One validation on a line of ``keepfit quarantine list``."""

    number: int
    as_of: datetime
    rows: RowCount
    stopped: bool
    failed: str
    worst: tuple[tuple[str, int], ...]


def listed(record: Quarantined) -> Listed:
    """A validation in one line: counts, and the rules that took out most rows; what is broken before what is not."""
    broken = [(f"{b.column}: {b.rule}" if b.column else b.rule, b.rows) for b in record.broken]
    dropped = [(each.rule, each.rows) for each in record.dropped if each.rule != OUTSIDE]
    return Listed(
        number=record.number,
        as_of=record.as_of,
        rows=record.rows,
        stopped=bool(record.failed),
        failed=record.failed,
        worst=tuple([found for each in (broken, dropped) for found in sorted(each, key=lambda one: -one[1])][:3]),
    )


def rule_of(text: str) -> str:
    """A reason without the value that it quotes and what the file calls the column: equal faults count together.

    >>> rule_of("'1,5' is not a number (column dist_km)")
    'is not a number'
    >>> rule_of("fits no period (from the beginning: missing; from 2013-07-01: '1.2.' is not an ISO 8601 time)")
    'fits no period'
    """
    return _DETAILS.sub("", _QUOTED.sub("", text)) or text


class Asked(NamedTuple):
    """Which rows somebody wants to see: rules and files that hold these texts, one row of them."""

    rule: str | None = None
    file: str | None = None
    row: int | None = None

    def fits(self, file: str, row: int, rule: str) -> bool:
        """Whether this row, for this reason, is one of them."""
        return (
            (self.rule is None or self.rule.casefold() in rule.casefold())
            and (self.file is None or holds(file, self.file) or file.endswith(f"/{self.file}"))
            and (self.row is None or self.row == row)
        )


def explain(store: "Store", use_case: str, it: Taken, asked: "Asked | None" = None, *, examples: int = 20) -> Explained:
    """Count what is not there.

    Parameters
    ----------
    examples
        How many are kept of every rule.
    """
    asked = asked or Asked()
    back = {row.place for row in put_back_since(store, use_case, it.record.number)}
    tally = _Tally(examples, back, {column.name for column in it.extracted.columns})
    away = _left_out(store, it)
    for row in rows(store, it):
        tally.add(row, asked)
    total = it.record.rows.total
    return Explained(
        use_case=use_case,
        number=it.record.number,
        as_of=it.record.as_of,
        failed=it.record.failed,
        rows=it.record.rows,
        not_yet=it.extracted.not_yet,
        labels_pending=it.extracted.labels_pending,
        unread=tuple(each for each in it.extracted.unread if asked.fits(each.path, asked.row or 0, each.why)),
        matching=tally.rows,
        quarantined=tally.causes(total),
        dropped=tuple(_dropped(it, {**_places(store, it), **away}, asked, total)),
        later=_asked_for({file: found for (rule, file), found in away.items() if rule == NOT_YET}, NOT_YET, asked),
        put_back=tally.back,
    )


def put_back_since(store: "Store", use_case: str, number: int) -> list[PutBack]:
    """What people have put back of this quarantine or a later one."""
    return [row for row in replays(store, use_case).rows if row.number >= number]


class _Tally:
    """Quarantined rows by rule and file."""

    def __init__(self, examples: int, back: Collection[Place], declared: Collection[str]) -> None:
        self.rows = self.back = 0
        self._most, self._back, self._declared = examples, back, declared
        self._files: dict[tuple[str, str | None], dict[str, array[int]]] = {}
        self._examples: dict[tuple[str, str | None], list[Example]] = defaultdict(list)

    def add(self, row: Row, asked: Asked) -> None:
        found: dict[tuple[str, str | None], Subject] = {}
        for reason in row.reasons:
            about = subject(reason, row.values, self._declared)
            if asked.fits(row.file, row.row, reason):
                found.setdefault((rule_of(about.text), about.column), about)
        self.rows += bool(found)
        self.back += bool(found) and row.place in self._back
        for each, about in found.items():
            known = each in self._files or len(self._files) < _MOST_RULES
            cause = each if known else ("other reasons", None)
            self._files.setdefault(cause, {}).setdefault(row.file, array("q")).append(row.row)
            if len(self._examples[cause]) < self._most:
                self._examples[cause].append(_example(row, about))

    def causes(self, total: int) -> tuple[Cause, ...]:
        found = (
            _cause(cause[0], cause[1], _by_file(files), total, tuple(self._examples[cause]))
            for cause, files in self._files.items()
        )
        return tuple(sorted(found, key=lambda each: (-each.rows, each.column or "", each.rule)))


def _by_file(files: Mapping[str, "array[int]"]) -> tuple[ByFile, ...]:
    found = (ByFile(file=file, rows=len(each), ranges=ranges(np.unique(each))) for file, each in files.items())
    return tuple(sorted(found, key=lambda each: (-each.rows, each.file)))


def _cause(
    rule: str, column: str | None, files: tuple[ByFile, ...], total: int, examples: tuple[Example, ...] = ()
) -> Cause:
    rows = sum(each.rows for each in files)
    share = rows / total if total else 0.0
    return Cause(rule=rule, column=column, rows=rows, share=share, files=files, examples=examples)


def _example(row: Row, about: Subject) -> Example:
    value = row.values.get(about.name) if about.name else row.raw if row.shapeless else None
    return Example(file=row.file, row=row.row, column=about.column, value=value, reason=about.text)


def _dropped(it: Taken, places: "Places", asked: Asked, total: int) -> Iterator[Cause]:
    """By rule and file, with the numbers of the rows."""
    for each in sorted(it.record.dropped, key=lambda each: -each.rows):
        mine = {file: found for (rule, file), found in places.items() if rule == each.rule}
        files = _asked_for(mine, each.rule, asked)
        if files:
            yield _cause(each.rule, None, files, total)


def _asked_for(files: Mapping[str, ByFile], rule: str, asked: Asked) -> tuple[ByFile, ...]:
    """The files that somebody asked for; rows left out by their time in the order of names, others the most first."""
    found = [
        each
        for file, each in files.items()
        if asked.fits(file, asked.row or 0, rule) and (asked.row is None or _within(asked.row, each.ranges))
    ]
    return tuple(sorted(found, key=lambda each: (0 if rule in {OUTSIDE, NOT_YET} else -each.rows, each.file)))


Places = Mapping[tuple[str, str], ByFile]


def _left_out(store: "Store", it: Taken) -> Places:
    """Rows that their time leaves out, by rule and file."""
    found: dict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)
    for digest in it.extracted.left_out:
        table = get_table(store, digest, [*_WHERE, "first", "last", "rows"])
        for rule, file, first, last, of_them in zip(*(column.to_pylist() for column in table.columns), strict=True):
            found[rule, file].append((first, last, of_them))
    return {
        (rule, file): ByFile(
            file=file,
            rows=sum(of_them for _, _, of_them in each),
            ranges=together((first, last) for first, last, _ in each),
        )
        for (rule, file), each in found.items()
    }


def together(found: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ranges that may overlap as ranges that do not, ascending.

    >>> together([(8, 9), (1, 7), (12, 12), (5, 6)])
    ((1, 9), (12, 12))
    """
    merged: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return tuple(merged)


def _places(store: "Store", it: Taken) -> Places:
    """Rows that validation dropped, by rule and file."""
    return {
        (rule, file): ByFile(file=file, rows=len(numbers), ranges=ranges(numbers))
        for (rule, file), numbers in _numbers(store, it).items()
    }


def _numbers(store: "Store", it: Taken) -> Mapping[tuple[str, str], NDArray[np.int64]]:
    found: dict[tuple[str, str], list[NDArray[np.int64]]] = defaultdict(list)
    for table in absent(store, it):
        both = [table.column(name).combine_chunks().dictionary_encode() for name in _WHERE]
        codes = [each.indices.to_numpy() for each in both]
        numbers = table.column("_row").to_numpy()
        groups, which = np.unique(np.stack(codes), axis=1, return_inverse=True)
        for at, (rule, file) in enumerate(groups.T.tolist()):
            name = (both[0].dictionary[rule].as_py(), both[1].dictionary[file].as_py())
            found[name].append(numbers[which.ravel() == at])
    return {name: np.sort(np.concatenate(each)) for name, each in found.items()}


def ranges(numbers: Sequence[int] | NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """Ascending numbers as ranges.

    >>> ranges([1, 2, 3, 7, 12, 13])
    ((1, 3), (7, 7), (12, 13))
    """
    found = spans(np.asarray(numbers, dtype=np.int64))
    return tuple(zip(found.first.tolist(), found.last.tolist(), strict=True))


def _within(number: int, found: Sequence[tuple[int, int]]) -> bool:
    return any(first <= number <= last for first, last in found)
