"""Every group of every protected column by one metric: a model good on average cannot hide where it is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from keepfit.config.metrics import METRICS
from keepfit.records import Estimate, Evaluated, Outcome, Slice, Verdict
from keepfit.report.charts import Span, group_plot
from keepfit.report.metrics import Cell, cell
from keepfit.report.numbers import count, interval, told, typeset
from keepfit.report.wording import OUTCOME_SYMBOLS, OUTCOME_WORDS, metric_word, visible

Reading = Literal["worse", "better", "open", "few", "missing"]
_WORST_FIRST: tuple[Outcome, ...] = ("fail", "not_enough_evidence", "unjudged", "pass", "skipped")
_NAMED = 3


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group: its figures by model, what they say, and the worst answer of the gates that ask for it."""

    group: str
    rows: str
    candidate: Cell
    champion: Cell | None
    naive: Cell
    kind: Reading
    words: tuple[str, ...]
    reason: str
    gate: tuple[Outcome, str, str] | None
    plot: str


@dataclass(frozen=True, slots=True)
class GroupTable:
    """The groups of one column by one metric, and the sentence that says what it means."""

    by: str
    metric: str
    direction: str
    sentence: str
    whole: str
    rows: tuple[GroupRow, ...]


def group_tables(evaluated: Evaluated, verdict: Verdict | None, metrics: Sequence[str]) -> tuple[GroupTable, ...]:
    """A table for each protected column.

    Parameters
    ----------
    verdict : None where the gates have not answered yet.
    metrics : the first of them that was measured is shown; of a column that a gate asks for by, that gate's.
    """
    columns = dict.fromkeys(one.by for one in evaluated.slices)
    made = (_table(column, evaluated, verdict, metrics) for column in columns)
    return tuple(table for table in made if table is not None)


def _table(column: str, evaluated: Evaluated, verdict: Verdict | None, metrics: Sequence[str]) -> GroupTable | None:
    parts = [one for one in evaluated.slices if one.by == column]
    metric = _metric(column, parts, verdict, metrics)
    if metric is None:
        return None
    whole = evaluated.candidate.get(metric)
    readings = [_reading(part.candidate.get(metric), whole, metric) for part in parts]
    limits = _limits(parts, metric, whole)
    rows = tuple(
        _row(part, kind, metric, evaluated, verdict, limits) for part, kind in zip(parts, readings, strict=True)
    )
    return GroupTable(
        by=column,
        metric=metric_word(metric),
        direction="higher is better" if METRICS[metric].higher_is_better else "lower is better",
        sentence=_sentence(column, metric, parts, readings, whole),
        whole=told(whole) if whole else "",
        rows=rows,
    )


def _metric(column: str, parts: Sequence[Slice], verdict: Verdict | None, metrics: Sequence[str]) -> str | None:
    """What a gate asks for by this column, else the first of the metrics that some group has."""
    gated = [gate.gate.partition(" ")[0] for gate in (verdict.gates if verdict else ()) if gate.by == column]
    measured = [name for name in METRICS if any(name in part.candidate for part in parts)]
    return next((name for name in (*gated, *metrics, *measured) if name in measured), None)


def _reading(found: Estimate | None, whole: Estimate | None, metric: str) -> Reading:
    """A group beside the model as a whole: worse where its whole interval is on the worse side."""
    if found is None or found.value is None:
        return "missing"
    if found.low is None and found.high is None:
        return "few"
    if whole is None or whole.value is None:
        return "open"
    under = found.high is not None and found.high < whole.value
    over = found.low is not None and found.low > whole.value
    if not (under or over):
        return "open"
    return "better" if over == METRICS[metric].higher_is_better else "worse"


def _limits(parts: Sequence[Slice], metric: str, whole: Estimate | None) -> tuple[float, ...]:
    """All numbers that the plots of a column show."""
    estimates = [
        whole,
        *(models.get(metric) for part in parts for models in (part.candidate, part.naive, part.champion)),
    ]
    return tuple(v for one in estimates if one is not None for v in Span(one.value, one.low, one.high).known)


def _row(
    part: Slice, kind: Reading, metric: str, evaluated: Evaluated, verdict: Verdict | None, limits: Sequence[float]
) -> GroupRow:
    models = [("candidate", part.candidate), ("champion", part.champion), ("naive", part.naive)]
    found = [(name, figures[metric]) for name, figures in models if metric in figures]
    whole = evaluated.candidate.get(metric)
    words = _words(part, kind, metric)
    own = part.candidate.get(metric)
    return GroupRow(
        group=part.group,
        rows=f"{part.rows:,}",
        candidate=cell(own),
        champion=cell(part.champion.get(metric)) if evaluated.champion_number is not None else None,
        naive=cell(part.naive.get(metric)),
        kind=kind,
        words=words,
        reason=own.reason if own is not None and kind in {"few", "missing"} else "",
        gate=_gate(part, verdict),
        plot=group_plot(
            [(name, Span(one.value, one.low, one.high)) for name, one in found],
            whole.value if whole else None,
            limits,
            title=f"{metric_word(metric)} of {part.by} = {part.group}: {', '.join(words)}",
            description="; ".join(f"{name} {told(one)}" for name, one in found) + ".",
        ),
    )


def _words(part: Slice, kind: Reading, metric: str) -> tuple[str, ...]:
    """What the group's figures say, beside the whole and beside the other models."""
    word = {
        "worse": "worse than the whole",
        "better": "better than the whole",
        "open": "no clear difference",
        "few": "too small to tell",
        "missing": "not measured",
    }[kind]
    beaten = [
        f"worse than {one.baseline or 'naive' if one.against == 'naive' else 'the champion'}"
        for one in part.comparisons
        if one.metric == metric and one.improvement.high is not None and one.improvement.high < 0
    ]
    return (word, *beaten)


def _gate(part: Slice, verdict: Verdict | None) -> tuple[Outcome, str, str] | None:
    """The worst outcome of the gates that ask for this group: outcome, symbol, word."""
    found = [
        gate.outcome for gate in (verdict.gates if verdict else ()) if gate.by == part.by and gate.group == part.group
    ]
    worst = next((outcome for outcome in _WORST_FIRST if outcome in found), None)
    return (worst, OUTCOME_SYMBOLS[worst], OUTCOME_WORDS[worst]) if worst else None


def _sentence(
    column: str, metric: str, parts: Sequence[Slice], readings: Sequence[Reading], whole: Estimate | None
) -> str:
    """Which groups are worse than the whole, else between which values they lie; and which are too small."""
    by, word = visible(column, 60), metric_word(metric)
    worse = [part for part, kind in zip(parts, readings, strict=True) if kind == "worse"]
    silent = [part for part, kind in zip(parts, readings, strict=True) if kind in {"few", "missing"}]
    untold = f"; {count(len(silent), 'group')} too small to tell ({_named(silent)})" if silent else ""
    if len(silent) == len(parts):
        return f"No group of {by} is large enough to say anything about its {word} ({_named(silent)})."
    if len(parts) == 1:
        return f"Every row has the same {by} ({_named(parts)}), so there is nothing to compare."
    overall = f" ({interval(whole)[0]})" if whole and whole.value is not None else ""
    beside = f"clearly worse than the model over all rows{typeset(overall)} by {word}"
    if worse:
        be = "is" if len(worse) == 1 else "are"
        names = ", ".join(f"{visible(part.group, 40)} {_figure(part, metric)}" for part in worse[:_NAMED])
        more = f" and {len(worse) - _NAMED} more" if len(worse) > _NAMED else ""
        return f"Of {count(len(parts), 'group')} of {by}, {len(worse)} {be} {beside}: {names}{more}{untold}."
    lowest = f"; the worst is {_worst(parts, readings, metric)}"
    return f"None of {count(len(parts), 'group')} of {by} is {beside}{lowest}{untold}."


def _worst(parts: Sequence[Slice], readings: Sequence[Reading], metric: str) -> str:
    """The group with the worst value of those that can be judged, with its figure."""
    sign = 1 if METRICS[metric].higher_is_better else -1
    judged = [part for part, kind in zip(parts, readings, strict=True) if kind not in {"few", "missing"}]
    worst = min(judged, key=lambda part: sign * (part.candidate[metric].value or 0.0))
    return f"{visible(worst.group, 40)} with {_figure(worst, metric)}"


def _named(parts: Sequence[Slice]) -> str:
    more = f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
    return ", ".join(visible(part.group, 40) for part in parts[:_NAMED]) + more


def _figure(part: Slice, metric: str) -> str:
    return told(part.candidate[metric])
