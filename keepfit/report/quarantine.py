"""The page that explains every row that is not there: no script, no network, safe to open whatever rows hold."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from keepfit.quarantine import Explained
from keepfit.quarantine.explain import Cause, Example
from keepfit.records import Extracted
from keepfit.report.charts import Part, whole
from keepfit.report.html import environment
from keepfit.report.moments import both_zones
from keepfit.report.numbers import count, percent
from keepfit.report.quarantine_text import beside, row_ranges

_EXAMPLES = 8  # of a rule
_FILES = 100  # of a rule
_RANGES = 60  # of a file
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class FileRows:
    """Rows of one file, by number."""

    file: str
    rows: str
    numbers: str


@dataclass(frozen=True, slots=True)
class RuleRows:
    """Rows that are not there for one reason; ``open`` where there is little to unfold."""

    title: str
    column: str
    rows: str
    share: str
    files: tuple[FileRows, ...]
    more: str
    examples: tuple[tuple[str, str, str], ...]
    note: str
    open: bool


@dataclass(frozen=True, slots=True)
class SumLine:
    """A line of the sum that adds up to the rows in."""

    kind: str
    words: str
    rows: str
    share: str
    why: str


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file from which rows are missing; ``rows`` are those that it has."""

    file: str
    source: str
    rows: str
    quarantined: int
    dropped: int
    digest: str


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """All of the page; the template decides only where things stand."""

    use_case: str
    number: int
    as_of: str
    tone: str
    symbol: str
    words: str
    because: str
    bar: str
    total: str
    sum: tuple[SumLine, ...]
    beside: tuple[str, ...]
    unread: tuple[tuple[str, str, str], ...]
    quarantined: tuple[RuleRows, ...]
    twice: str
    dropped: tuple[RuleRows, ...]
    files: tuple[FileLine, ...]
    files_read: str
    files_more: str
    commands: tuple[tuple[str, str], ...]


def render_quarantine(told: Explained, extracted: Extracted, zone: str) -> str:
    """One quarantine as one HTML page.

    Parameters
    ----------
    told
        Why rows are not there.
    extracted
        What the validation had been given: the files.
    zone
        In which moments are shown.
    """
    return environment().get_template("quarantine.html.j2").render(page=quarantine_page(told, extracted, zone))


def quarantine_page(told: Explained, extracted: Extracted, zone: str) -> QuarantinePage:
    """What the page of one quarantine says."""
    rows = told.rows
    tone, symbol, words = _banner(told)
    files = _files(told, extracted)
    return QuarantinePage(
        use_case=told.use_case,
        number=told.number,
        as_of=both_zones(told.as_of, zone),
        tone=tone,
        symbol=symbol,
        words=words,
        because=told.failed,
        bar=whole(
            [
                Part("kept", "kept", rows.kept),
                Part("quarantined", "quarantined", rows.quarantined),
                Part("dropped", "dropped", rows.dropped),
            ],
            "Rows in",
        ),
        total=f"{rows.total:,}",
        sum=_sum(told),
        beside=beside(told),
        unread=tuple((each.path, each.source, each.why) for each in told.unread),
        quarantined=tuple(_rule(each) for each in told.quarantined),
        twice=_twice(told),
        dropped=tuple(_rule(each) for each in told.dropped),
        files=files[:_MOST_FILES],
        files_read=count(len(extracted.sources), "file"),
        files_more=f"and {count(len(files) - _MOST_FILES, 'more file')}" if len(files) > _MOST_FILES else "",
        commands=_commands(told),
    )


def _banner(told: Explained) -> tuple[str, str, str]:
    away = told.rows.quarantined + told.rows.dropped
    if told.failed:
        return "fail", "✗", "This stopped the run: nothing was trained, the champion stays"
    if not away and not told.unread:
        return "pass", "✓", "Every row is there"
    files = f", {count(len(told.unread), 'file')} set aside" if told.unread else ""
    return "not_enough_evidence", "!", f"{away:,} of {count(told.rows.total)} not there{files}; the run went on"


def _sum(told: Explained) -> tuple[SumLine, ...]:
    rows = told.rows

    def line(kind: str, words: str, number: int, why: str = "") -> SumLine:
        return SumLine(kind, words, f"{number:,}", percent(number / rows.total) if rows.total else "–", why)

    dropped = tuple(line("dropped", f"dropped: {each.rule}", each.rows, _meaning(each.rule)) for each in told.dropped)
    return (
        line("kept", "kept", rows.kept, "what the model may learn from"),
        line("quarantined", "quarantined", rows.quarantined, "wrong in themselves or at odds with each other"),
        *dropped,
    )


def _meaning(rule: str) -> str:
    """What a rule that drops rows means to who has not written it."""
    return {
        "duplicate row": "equal to another row in every column",
        "label not known yet": "their answer becomes known only after “as of”",
        "no label": "their answer should be known, and is not there",
        "outside history": "older than what the use case looks back",
        "an earlier row has this key": "of rows with one key the first counts",
        "superseded by a later row": "of rows with one key the last counts",
    }.get(rule, "")


def _rule(each: Cause) -> RuleRows:
    left = len(each.files) - _FILES
    examples = tuple(_example(one) for one in each.examples[:_EXAMPLES] if one.column or one.value)
    named = each.files[:_FILES] if each.rows > len(examples) else ()
    return RuleRows(
        title=each.rule,
        column=each.column or "",
        rows=count(each.rows),
        share=percent(each.share),
        files=tuple(FileRows(file.file, f"{file.rows:,}", row_ranges(file, _RANGES)) for file in named),
        more=f"and {count(left, 'more file')}" if left > 0 else "",
        examples=examples,
        note=_meaning(each.rule),
        open=len(each.files) <= 5,
    )


def _example(each: Example) -> tuple[str, str, str]:
    value = "(none)" if each.value is None else each.value or "(empty)"
    return each.file, f"{each.row:,}", value


def _twice(told: Explained) -> str:
    """Why rules add up to more than rows."""
    broken = sum(each.rows for each in told.quarantined)
    if broken == told.rows.quarantined:
        return ""
    rows = count(told.rows.quarantined)
    return f"A row that breaks two rules stands under both, so these add up to {broken:,} for {rows}."


def _files(told: Explained, extracted: Extracted) -> tuple[FileLine, ...]:
    """Every file from which a row is missing, the most first."""
    known = {file.path: file for file in extracted.sources}
    away = [_by_file(causes) for causes in (told.quarantined, told.dropped)]
    lines = []
    for path in {**away[0], **away[1]}:
        file = known.get(path)
        lines.append(
            FileLine(
                path,
                file.source if file else "",
                f"{file.rows + file.refused:,}" if file else "–",
                away[0].get(path, 0),
                away[1].get(path, 0),
                file.digest[:12] if file else "",
            )
        )
    return tuple(sorted(lines, key=lambda each: (-each.quarantined - each.dropped, each.file)))


def _by_file(causes: Sequence[Cause]) -> dict[str, int]:
    """How many rows of every file are in any of some causes; one that is in two counts once."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for cause in causes:
        for file in cause.files:
            found[file.file] += file.ranges
    return {file: _covered(spans) for file, spans in found.items()}


def _covered(spans: Sequence[tuple[int, int]]) -> int:
    """How many numbers lie in some ranges that may overlap.

    >>> _covered([(1, 7), (5, 9), (12, 12)])
    10
    """
    reached, found = 0, 0
    for first, last in sorted(spans):
        found += max(last - max(first - 1, reached), 0)
        reached = max(reached, last)
    return found


def _commands(told: Explained) -> tuple[tuple[str, str], ...]:
    if not told.rows.quarantined:
        return ()
    name, number = told.use_case, told.number
    return (
        ("one row in full", f"keepfit quarantine explain {name} --number {number} --file FILE --row ROW"),
        ("the quarantined rows as a file", f"keepfit quarantine export {name} --number {number} --out broken.csv"),
        (
            "back after values in that file were corrected",
            f'keepfit quarantine replay {name} --number {number} --rows broken.csv --reason "…"',
        ),
        (
            "back as they are, after mapping or contract were mended",
            f'keepfit quarantine replay {name} --number {number} --reason "…"',
        ),
    )
