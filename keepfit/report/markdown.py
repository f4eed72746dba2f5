"""Small Markdown tables for the artifacts of a run; text from outside stays text there too."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from keepfit.records import Evaluated, Extracted, Validated, Verdict
from keepfit.report.by_class import FIGURES, class_table
from keepfit.report.data import by_source, conserved, read_in_all
from keepfit.report.expected import expectation_row
from keepfit.report.gates import gate_rows, tally
from keepfit.report.groups import group_tables
from keepfit.report.metrics import Cell, metric_rows
from keepfit.report.numbers import count, percent
from keepfit.report.paired import paired_rows
from keepfit.report.wording import OUTCOME_SYMBOLS, OUTCOME_WORDS, visible

_MOST_CLASSES = 30
_SPECIAL = re.compile(r"([\\`*_\[\]~|#!])")
_LINKS = re.compile(r"(?i):(?=//)|(?<=www)\.|@")  # of what would become an address that can be clicked


def escaped(text: str) -> str:
    r"""Text that Markdown and HTML leave alone.

    >>> escaped("a|b <script> [x](y)")
    'a\\|b &lt;script&gt; \\[x\\](y)'
    >>> escaped("https://evil.example, a@b.c")
    'https\\://evil.example, a\\@b.c'
    """
    plain = html.escape(_SPECIAL.sub(r"\\\1", visible(text, 300)), quote=False)
    return _LINKS.sub(r"\\\g<0>", plain)


def data_markdown(extracted: Extracted, validated: Validated) -> str:
    """Where the rows came from and where they went."""
    taken_out = [("dropped", found.rule, "", found.rows) for found in validated.dropped]
    taken_out += [("quarantined", found.rule, found.column or "", found.rows) for found in validated.broken]
    rows = [expectation_row(told, {}) for told in validated.expectations]
    parts = [
        f"**{conserved(validated.rows)}**",
        as_table(("rows", "rule", "column", "count"), [(k, r, c, f"{n:,}") for k, r, c, n in taken_out]),
        as_table(("source", "read"), [(name, read_in_all(files)) for name, files in by_source(extracted).items()]),
        as_table(
            ("outcome", "expectation", "expected", "observed"),
            [(row.word, row.name, row.expected, row.observed) for row in rows],
        ),
        "\n".join(f"- {escaped(warning)}" for warning in (*extracted.warnings, *validated.warnings)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def metrics_markdown(evaluated: Evaluated, first: Sequence[str] = (), classes: Sequence[str] = ()) -> str:
    """Every metric of every model, the comparison with the champion on the same rows, groups and classes.

    Parameters
    ----------
    first : the metrics that people look at first; groups are shown by the first that was measured.
    classes : labels in the order of the model's classes.
    """
    champion = evaluated.champion_number
    head = ["metric", "candidate", "naive", *([f"champion (version {champion})"] if champion is not None else [])]
    rows = [
        (row.metric, *(_figure(cell) for cell in (row.candidate, row.naive, row.champion) if cell is not None))
        for row in metric_rows(evaluated)
    ]
    paired = [
        (
            row.metric,
            row.reference,
            row.candidate,
            f"{row.improvement} ({row.bounds})" if row.bounds else row.improvement,
            row.reading,
        )
        for row in paired_rows(evaluated, "champion")
    ]
    parts = [
        f"On {count(evaluated.rows)}, clustered by {escaped(evaluated.clustered_by)}; "
        f"bounds are one-sided at {percent(evaluated.confidence)} each.",
        as_table(head, rows),
        f"Beside the champion, on the same {count(evaluated.champion_rows)}:" if paired else "",
        as_table(("metric", "champion", "candidate", "improvement", "reading"), paired),
        *_groups(evaluated, first),
        *_classes(evaluated, classes),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _groups(evaluated: Evaluated, first: Sequence[str]) -> Iterator[str]:
    """Each protected column: what it means, then its groups."""
    for table in group_tables(evaluated, None, first):
        yield escaped(table.sentence)
        champion = evaluated.champion_number is not None
        head = (table.by, "rows", table.metric, *(["champion"] if champion else []), "naive", "reading")
        yield as_table(
            head,
            [
                (
                    row.group,
                    row.rows,
                    *(_figure(cell) for cell in (row.candidate, row.champion, row.naive) if cell is not None),
                    ", ".join(row.words),
                )
                for row in table.rows
            ],
        )


def _classes(evaluated: Evaluated, classes: Sequence[str]) -> Iterator[str]:
    """What the figures by class mean, and the first of them."""
    found = class_table(evaluated, classes)
    if found is None:
        return
    yield escaped(found.sentence)
    rows = found.rows[:_MOST_CLASSES]
    yield as_table(
        ("class", "rows", *FIGURES), [(row.name, row.rows, *(_figure(cell) for _, cell in row.figures)) for row in rows]
    )
    if len(found.rows) > len(rows):
        yield f"and {len(found.rows) - len(rows):,} more"


def verdict_markdown(verdict: Verdict) -> str:
    """The verdict, a gate a line, each with its reason."""
    head = f"**{OUTCOME_SYMBOLS[verdict.outcome]} {OUTCOME_WORDS[verdict.outcome]}**: {tally(verdict)}"
    rows = [
        (
            f"{row.symbol} {row.word}",
            f"{row.asked} ({row.group})" if row.group else row.asked,
            f"{row.value} ({row.bounds})" if row.bounds else row.value,
            row.threshold,
            row.rows,
            row.reason,
        )
        for row in gate_rows(verdict)
    ]
    return f"{head}\n\n{as_table(('outcome', 'gate', 'measured', 'threshold', 'rows', 'reason'), rows)}\n"


def _figure(cell: Cell) -> str:
    return f"{cell.value} ({cell.bounds})" if cell.bounds else cell.value


def as_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, or nothing where there are no rows."""
    lines = ["| " + " | ".join(map(escaped, row)) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join(["| " + " | ".join(map(escaped, head)) + " |", "|" + " --- |" * len(head), *lines])
