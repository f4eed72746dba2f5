"""The candidate beside another model on the same rows: paired differences, as a table and as a forest plot.

A row is a metric (beside one baseline of several); zero stands in the middle of each, since units differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from keepfit.records import Comparison, Estimate, Evaluated, Verdict
from keepfit.report.charts import Span, gain_plot
from keepfit.report.numbers import NOT_MEASURED, bounds, count, decimals, exact, fixed, lone
from keepfit.report.wording import metric_word

Against = Literal["naive", "champion", "anchor"]

_WORDS = {
    "better": "better",
    "worse": "worse",
    "open": "no clear difference",
    "equal": "identical",
    "missing": "not measured",
}


@dataclass(frozen=True, slots=True)
class PairedRow:
    """One metric of both on the same rows, and the paired improvement; ``margin`` is what a gate allows to lose."""

    metric: str
    baseline: str
    reference: str
    candidate: str
    improvement: str
    bounds: str
    reading: str
    kind: str
    reason: str
    margin: str
    plot: str


@dataclass(frozen=True, slots=True)
class Forest:
    """All comparisons with one model (or with all naive baselines): what it means, rows, and those to fold away."""

    model: str
    sentence: str
    rows: tuple[PairedRow, ...]
    more: tuple[PairedRow, ...]

    @property
    def baselines(self) -> bool:
        """Whether rows name the baseline that they are beside."""
        return any(row.baseline for row in self.rows)


def paired_rows(evaluated: Evaluated, against: Against) -> tuple[PairedRow, ...]:
    """Metrics of candidate and reference on the same rows."""
    return tuple(_paired(found, None) for found in evaluated.comparisons if found.against == against)


def forest(evaluated: Evaluated, verdict: Verdict, against: Against, first: Sequence[str] = ()) -> Forest | None:
    """The comparisons with one model; None where there are none.

    Parameters
    ----------
    first : metrics that stand before the fold; all of them unless said.
    """
    found = [one for one in evaluated.comparisons if one.against == against]
    if against == "naive" and evaluated.baselines:
        found = list(evaluated.baselines)
    if not found:
        return None
    order = {name: place for place, name in enumerate(first)}
    shown = sorted((one for one in found if not first or one.metric in order), key=lambda one: order.get(one.metric, 0))
    shown = shown or found
    folded = [one for one in found if one not in shown]
    rows = tuple(_paired(one, margin(one, verdict)) for one in shown)
    more = tuple(_paired(one, margin(one, verdict)) for one in folded)
    return Forest(_model(evaluated, against), _sentence(evaluated, against, found), rows, more)


def margin(found: Comparison, verdict: Verdict) -> float | None:
    """By how much a gate over all rows lets the candidate be worse: 0 where it must be better, None without a gate.

    Of several gates the strictest.
    """
    asked = (f"{found.metric} not_worse_than {found.against} ", f"{found.metric} better_than {found.against} ")
    limits = [
        -gate.threshold
        for gate in verdict.gates
        if gate.by is None and gate.threshold is not None and f"{gate.gate} ".startswith(asked)
    ]
    return min(limits, default=None)


def reading(gain: Estimate) -> str:
    """What an improvement with bounds says: better, worse, open, equal or missing.

    >>> reading(Estimate(value=0.2, low=0.1, high=0.3, rows=9, clusters=9))
    'better'
    """
    if gain.value is None:
        return "missing"
    if gain.low == gain.high == 0:
        return "equal"
    if gain.low is not None and gain.low > 0:
        return "better"
    return "worse" if gain.high is not None and gain.high < 0 else "open"


def _model(evaluated: Evaluated, against: Against) -> str:
    if against == "naive":
        return "naive baseline"
    number = evaluated.champion_number if against == "champion" else evaluated.anchor_number
    return f"version {number}"


def _sentence(evaluated: Evaluated, against: Against, found: Sequence[Comparison]) -> str:
    """How many of the comparisons are clear, in which direction."""
    kinds = [reading(one.improvement) for one in found]
    parts = [
        f"{word} in {kinds.count(kind)}"
        for kind, word in (
            ("better", "clearly better"),
            ("worse", "clearly worse"),
            ("open", "not to be told apart"),
            ("equal", "identical"),
            ("missing", "not measured"),
        )
        if kind in kinds
    ]
    told = parts[0].replace(" in ", " in all ") if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    who = {
        "naive": f"its naive {_several(found)}",
        "champion": f"the champion (version {evaluated.champion_number})",
        "anchor": f"version {evaluated.anchor_number}, the fixed earlier one that small steps down are bounded by",
    }[against]
    return f"Of {count(len(found), 'paired difference')} to {who}, the candidate is {told}."


def _several(found: Iterable[Comparison]) -> str:
    names = list(dict.fromkeys(one.baseline for one in found if one.baseline))
    return f"baseline{'s' if len(names) > 1 else ''}{f' ({_and(names)})' if names else ''}"


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _paired(found: Comparison, allowed: float | None) -> PairedRow:
    gain = found.improvement
    places = decimals((gain.value, gain.low, gain.high), 0.0)
    sides = decimals((found.candidate, found.reference))
    kind = reading(gain)
    improvement = _signed(fixed(gain.value, places) if gain.low is not None else lone(gain.value, 0.0))
    around = bounds(gain.low, gain.high, places)
    beside = f"{found.against} ({found.baseline})" if found.baseline else found.against
    limit = "" if allowed is None else f", a gate asks for more than {exact(-allowed + 0.0)}"
    return PairedRow(
        metric=metric_word(found.metric),
        baseline=found.baseline,
        reference=fixed(found.reference, _at_least(sides, 3)),
        candidate=fixed(found.candidate, _at_least(sides, 3)),
        improvement=improvement,
        bounds=around,
        reading=_WORDS[kind],
        kind=kind,
        reason=gain.reason,
        margin="" if not allowed else exact(float(f"{allowed:.4g}")),
        plot=gain_plot(
            Span(gain.value, gain.low, gain.high),
            allowed,
            kind=kind,
            title=f"{metric_word(found.metric)} beside {beside}: {_WORDS[kind]}",
            description=f"Improvement {improvement} ({around or 'no interval'}){limit}.",
        ),
    )


def _at_least(places: int | None, fewest: int) -> int | None:
    return None if places is None else max(places, min(fewest, places + 1))


def _signed(text: str) -> str:
    return text if text.startswith("-") or text == NOT_MEASURED or not text.strip("0.,") else f"+{text}"
