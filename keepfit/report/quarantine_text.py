"""Plain lines for a terminal about rows that validation took out. Safe to print whatever names and values hold."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from keepfit.quarantine import Explained, Listed, PutBackRows
from keepfit.quarantine.explain import ByFile, Cause, Example
from keepfit.report.data import conserved
from keepfit.report.moments import both_zones, clock
from keepfit.report.numbers import count, percent
from keepfit.report.text import aligned
from keepfit.report.wording import visible

_FILES = 3  # of a rule that are named
_RANGES = 8  # of a file that are named
_CELL = 48


def listed_text(use_case: str, found: Sequence[Listed], zone: str) -> str:
    """Validations newest first, a line each; one that stopped its run says so below."""
    if not found:
        return f"{use_case}: no validation has taken anything out yet"
    head = ("no.", f"as of ({zone})", "rows in", "kept", "quarantined", "dropped", "most rows for")
    lines = aligned([head, *(_line(each, zone) for each in found)], right=(0, 2, 3, 4, 5))
    table = [lines[0]]
    for line, each in zip(lines[1:], found, strict=True):
        table.append(line)
        if each.stopped:
            table.append(f"     stopped the run: {visible(_first(each.failed), 110)}")
    number = found[0].number
    return "\n".join([*table, "", f"keepfit quarantine explain {use_case} --number {number}   says why"])


def _line(each: Listed, zone: str) -> tuple[str, ...]:
    rows = each.rows
    worst = "; ".join(f"{visible(rule, _CELL)} ({n:,})" for rule, n in each.worst[:2]) or "–"
    figures = (rows.total, rows.kept, rows.quarantined, rows.dropped)
    return str(each.number), clock(each.as_of, zone), *(f"{figure:,}" for figure in figures), worst


def explained_text(it: Explained, zone: str, examples: int = 20) -> str:
    """What is not there and why: rules, then examples, then what was dropped.

    Parameters
    ----------
    examples
        How many are shown in all, taken in turn from every rule.
    """
    blocks = [
        [
            f"{it.use_case}, quarantine {it.number}, as of {both_zones(it.as_of, zone)}",
            f"  {conserved(it.rows)}",
            *(f"  stopped the run: {visible(_first(it.failed), 300)}" for _ in range(bool(it.failed))),
            *(f"  {words}" for words in beside(it)),
        ],
        _rules(it),
        _examples(it, examples),
        _dropped(it.dropped),
        _unread(it),
        _next(it),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def beside(it: Explained) -> tuple[str, ...]:
    """Rows that are not part of the sum, or are counted in it under another name."""
    has = "has" if it.put_back == 1 else "have"
    said = [
        (it.not_yet, f"{count(it.not_yet)} more at or after “as of”: not there yet, so not among the rows in"),
        (it.put_back, f"{it.put_back:,} of the quarantined rows {has} been put back since; the next run has them"),
    ]
    return tuple(words for rows, words in said if rows)


def one_row_text(it: Explained, file: str, row: int, values: Sequence[tuple[str, str | None]], back: str) -> str:
    """Everything that is known about one row."""
    lines = [f"{it.use_case}, quarantine {it.number}: {visible(file)}, row {row}"]
    broken = [example for cause in it.quarantined for example in cause.examples]
    if broken:
        lines += ["", "  quarantined", *(f"    {_said(each)}" for each in broken)]
        lines += ["", "  its values, as they came"]
        lines += aligned([(f"    {visible(name, 40)}", _value(value)) for name, value in values], right=())
    # A file that is left out whole is listed from its first row to its last, also where some of these are broken.
    lines += [f"  dropped: {visible(cause.rule)}" for cause in it.dropped if not broken]
    lines += ["  not there yet: at or after “as of”" for _ in it.later if not broken]
    lines += [f"  its file was set aside:\n{_indented(each.why)}" for each in it.unread if each.path == file]
    if len(lines) == 1:
        lines.append("  neither quarantined nor dropped: it was kept, or there is no such row.")
        lines.append("  Files are named as `keepfit quarantine explain` names them.")
    return "\n".join([*lines, *(["", f"  {back}"] if back else [])])


def _said(each: Example) -> str:
    return f"{visible(each.column, 40)}: {visible(each.reason, 200)}" if each.column else visible(each.reason, 300)


def _rules(it: Explained) -> list[str]:
    if not it.quarantined:
        return ["no quarantined row fits" if it.rows.quarantined else "no row is in quarantine"]
    head = ("rows", "share", "column", "rule", "files")
    table = [head, *(_rule(each) for each in it.quarantined)]
    more = (
        "" if it.matching == it.rows.quarantined else f" that you asked for, {it.matching:,} of {it.rows.quarantined:,}"
    )
    return [f"quarantined rows{more}, by rule", *_table(table, right=(0, 1))]


def _rule(each: Cause) -> tuple[str, ...]:
    column = visible(each.column, 30) if each.column else "–"
    return f"{each.rows:,}", percent(each.share), column, visible(each.rule, 70), _named(each.files)


def _named(files: Sequence[ByFile]) -> str:
    shown = ", ".join(f"{visible(each.file, 60)} ({each.rows:,})" for each in files[:_FILES])
    return f"{shown} and {len(files) - _FILES} more" if len(files) > _FILES else shown


def _examples(it: Explained, most: int) -> list[str]:
    shown = list(islice(_in_turn([each.examples for each in it.quarantined]), most))
    if not shown:
        return []
    shown.sort(key=lambda each: (each.file, each.row))
    rows = [
        (
            visible(e.file, 60),
            f"{e.row:,}",
            visible(e.column or "–", 30),
            _value(e.value) if e.column or e.value else "–",
            visible(e.reason, 90),
        )
        for e in shown
    ]
    return ["examples", *_table([("file", "row", "column", "value", "why"), *rows], right=(1,))]


def _in_turn(groups: Sequence[Sequence[Example]]) -> Iterator[Example]:
    """The first of every group, then the second."""
    for place in range(max(map(len, groups), default=0)):
        yield from (group[place] for group in groups if place < len(group))


def _value(value: str | None) -> str:
    if value is None:
        return "(none)"
    return visible(value, _CELL) or "(empty)"


def _dropped(causes: Iterable[Cause]) -> list[str]:
    lines = []
    for each in causes:
        lines.append(f"  {each.rows:,}  {visible(each.rule)} ({percent(each.share)})")
        lines += [f"       {visible(file.file, 80)}: {row_ranges(file, _RANGES)}" for file in each.files[:5]]
        if len(each.files) > 5:
            lines.append(f"       and {count(len(each.files) - 5, 'more file')}")
    return ["dropped by a named rule", *lines] if lines else []


def row_ranges(file: ByFile, most: int) -> str:
    """Numbers of rows in words.

    >>> row_ranges(ByFile(file="a.csv", rows=9, ranges=((1, 7), (12, 12), (20, 20))), 2)
    'rows 1–7, 12 and 1 more'
    >>> row_ranges(ByFile(file="a.csv", rows=88, ranges=((1, 90),)), 2)
    '88 of rows 1–90'
    """
    shown = [f"{first:,}" if first == last else f"{first:,}–{last:,}" for first, last in file.ranges[:most]]
    left = file.rows - sum(last - first + 1 for first, last in file.ranges[:most])
    word = "row" if file.rows == 1 else "rows"
    some = f"{file.rows:,} of " if left < 0 else ""
    return f"{some}{word} {', '.join(shown)}" + (f" and {left:,} more" if left > 0 else "")


def _unread(it: Explained) -> list[str]:
    if not it.unread:
        return []
    blocks = [f"  {visible(each.path, 80)} ({visible(each.source, 40)})\n{_indented(each.why)}" for each in it.unread]
    return ["files that were set aside whole", *blocks]


def _indented(text: str) -> str:
    return "\n".join(f"    {visible(line, 300)}" for line in text.splitlines())


def _next(it: Explained) -> list[str]:
    if not it.matching or it.matching < it.rows.quarantined:
        return []
    name, number = it.use_case, it.number
    return [
        "next",
        f"  keepfit quarantine page {name} --number {number}            every row that is not there, on one page",
        f"  keepfit quarantine export {name} --number {number} --out broken.csv",
        f"  keepfit quarantine replay {name} --number {number} --rows broken.csv --reason …    after correcting it",
        f"  keepfit quarantine replay {name} --number {number} --reason …    where the YAML was wrong and is mended",
    ]


def put_back_text(it: PutBackRows) -> str:
    """What became of the rows that somebody wanted back."""
    would = "would be put back" if it.dry_run else "put back"
    lines = [
        f"{it.use_case}, quarantine {it.number}: {count(it.asked)} asked for",
        f"  {it.put_back:>7,}  {would}",
        f"  {it.already:>7,}  had been put back already",
        f"  {it.stay:>7,}  stay in quarantine",
    ]
    if it.changes:
        table = [("file", "row", "column", "was", "is")]
        table += [
            (visible(e.file, 60), f"{e.row:,}", visible(e.column, 30), _value(e.before), _value(e.after))
            for e in it.changes[:20]
        ]
        lines += ["", "corrected values", *_table(table, right=(1,)), *_rest(len(it.changes), 20)]
    if it.staying:
        lines += ["", "still wrong"]
        for each in it.staying[:20]:
            lines.append(f"  {visible(each.file, 80)}, row {each.row:,}")
            lines += [f"      {visible(reason, 200)}" for reason in each.reasons]
        lines += _rest(it.stay, 20)
    return "\n".join([*lines, "", *_after(it)])


def _rest(rows: int, shown: int) -> list[str]:
    return [f"  and {rows - shown:,} more (--json names a thousand)"] if rows > shown else []


def _after(it: PutBackRows) -> list[str]:
    if it.dry_run:
        return ["a dry run: nothing was written"]
    if it.entry is None:
        return ["nothing was written"]
    lines = [f"entry {it.entry} of the ledger says so; the next `keepfit run {it.use_case}` has them"]
    if it.judged_by_query:
        lines.append("the query and the contract judge what they become part of in that run")
    return lines


def _table(rows: Sequence[Sequence[str]], right: Collection[int]) -> list[str]:
    return [f"  {line}" for line in aligned(rows, right)]


def _first(text: str) -> str:
    return text.splitlines()[0] if text else ""
