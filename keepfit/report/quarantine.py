"""The page that explains every row that is not there: no script, no network, safe to open whatever rows hold."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from keepfit.data.left_out import OUTSIDE
from keepfit.quarantine import Explained
from keepfit.quarantine.explain import ByFile, Cause, Example, together
from keepfit.records import Extracted, Unread
from keepfit.report.charts import Part, whole
from keepfit.report.html import environment
from keepfit.report.moments import both_zones
from keepfit.report.numbers import count, percent
from keepfit.report.quarantine_text import beside, row_ranges

_EXAMPLES = 8  # of a rule
_FILES = 2000  # of a rule
_RANGES = 20_000  # of a rule, shared by its files
_FEWEST_RANGES = 20  # of a file, however many files a rule has
_MOST_FILES = 2000


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
    named: str
    more: str
    examples: tuple[tuple[str, str, str, str], ...]
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
    later: tuple[FileRows, ...]
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
        later=_file_rows(told.later),
        unread=tuple((each.path, each.source, _without_path(each)) for each in told.unread),
        quarantined=tuple(_rule(each, told) for each in told.quarantined),
        twice=_twice(told),
        dropped=tuple(_rule(each, told) for each in told.dropped),
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


def _rule(each: Cause, told: Explained) -> RuleRows:
    left = len(each.files) - _FILES
    examples = tuple(_example(one, each.rule) for one in each.examples[:_EXAMPLES] if one.column or one.value)
    named = each.files[:_FILES] if each.rows > len(examples) else ()
    return RuleRows(
        title=each.rule,
        column=each.column or "",
        rows=count(each.rows),
        share=percent(each.share),
        files=_file_rows(named),
        named=count(len(each.files), "file"),
        more=f"and {count(left, 'more file')}; {_named_by(told)} names them" if left > 0 else "",
        examples=examples,
        note=_meaning(each.rule),
        open=len(each.files) <= 5,
    )


def _without_path(each: Unread) -> str:
    """Why a file was set aside; its path stands above."""
    return "\n".join(line for line in each.why.splitlines() if line.split() != ["where", each.path])


def _file_rows(files: Sequence[ByFile]) -> tuple[FileRows, ...]:
    most = max(_RANGES // max(len(files), 1), _FEWEST_RANGES)
    return tuple(FileRows(each.file, f"{each.rows:,}", row_ranges(each, most)) for each in files[:_FILES])


def _named_by(told: Explained) -> str:
    return f"`keepfit quarantine explain {told.use_case} --number {told.number} --json`"


def _example(each: Example, rule: str) -> tuple[str, str, str, str]:
    """File, row, value, and what the rule leaves out of the reason."""
    value = "(none)" if each.value is None else each.value or "(empty)"
    more = each.reason.removeprefix(f"{rule} (") if each.reason.startswith(f"{rule} (") else ""
    return each.file, f"{each.row:,}", value, more.removesuffix(")")


def _twice(told: Explained) -> str:
    """Why rules add up to more than rows."""
    broken = sum(each.rows for each in told.quarantined)
    if broken == told.rows.quarantined:
        return ""
    rows = count(told.rows.quarantined)
    return f"A row that breaks two rules stands under both, so these add up to {broken:,} for {rows}."


def _files(told: Explained, extracted: Extracted) -> tuple[FileLine, ...]:
    """Every file that lacks rows for another reason than their age, the most first."""
    known = {file.path: file for file in extracted.sources}
    broken, dropped = _broken_by_file(told.quarantined), _dropped_by_file(told.dropped)
    young = _dropped_by_file([each for each in told.dropped if each.rule != OUTSIDE])
    lines = []
    for path in broken.keys() | young.keys():
        file = known.get(path)
        lines.append(
            FileLine(
                path,
                file.source if file else "",
                f"{file.rows + file.refused:,}" if file else "–",
                broken.get(path, 0),
                dropped[path],
                file.digest[:12] if file else "",
            )
        )
    return tuple(sorted(lines, key=lambda each: (-each.quarantined - each.dropped, each.file)))


def _broken_by_file(causes: Sequence[Cause]) -> dict[str, int]:
    """How many rows of every file are in any of some causes; one that is in two counts once."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for cause in causes:
        for file in cause.files:
            found[file.file] += file.ranges
    return {file: sum(last - first + 1 for first, last in together(each)) for file, each in found.items()}


def _dropped_by_file(causes: Sequence[Cause]) -> Counter[str]:
    """How many rows of every file are in some causes, each in one."""
    return sum((Counter({file.file: file.rows for file in cause.files}) for cause in causes), Counter[str]())


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
