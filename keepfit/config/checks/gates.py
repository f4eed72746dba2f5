"""Gates ask for what a metric can say, of groups that there are."""

from collections.abc import Iterator

from keepfit.config.checks.protected import LEVELS
from keepfit.config.checks.training import metric_fits
from keepfit.config.document import Finding, Path
from keepfit.config.gates import (
    AcrossGroups,
    AtLeast,
    AtMost,
    Calibration,
    Difference,
    Leakage,
    MetricGate,
    NotWorseThan,
    Parity,
    Ratio,
)
from keepfit.config.metrics import METRICS
from keepfit.config.model import UseCase
from keepfit.config.suggest import did_you_mean, listed


def metrics_fit_the_task(use_case: UseCase) -> Iterator[Finding]:
    """Every gate names a metric of the task."""
    for index, gate in enumerate(use_case.gates):
        if isinstance(gate, MetricGate | AcrossGroups):
            yield from metric_fits(("gates", index, "metric"), gate.metric, use_case)
        if isinstance(gate, Calibration) and use_case.task == "regression":
            what = "values have no calibration: only probabilities do"
            yield Finding(("gates", index, "calibration"), what, "`task: binary` or `multiclass`", do="leave it out")


def direction_fits_the_metric(use_case: UseCase) -> Iterator[Finding]:
    """Whether higher is better belongs to the metric; a gate cannot say otherwise."""
    for index, gate in enumerate(use_case.gates):
        if not isinstance(gate, AtLeast | AtMost) or gate.metric not in METRICS:
            continue
        word = "at_least" if isinstance(gate, AtLeast) else "at_most"
        metric = METRICS[gate.metric]
        if metric.word != word:
            better = "higher" if metric.higher_is_better else "lower"
            what = f"{metric.name} is better when {better}: write {metric.word}"
            yield Finding(("gates", index, word), what, f"`{metric.word}`", f"`{word}`", f"write `{metric.word}`")


def thresholds_are_in_range(use_case: UseCase) -> Iterator[Finding]:
    """A threshold is a value that the metric can take, and a margin is smaller than all that it can differ by."""
    for index, gate in enumerate(use_case.gates):
        metric = METRICS.get(getattr(gate, "metric", ""))
        if metric is None:
            continue
        bounds, width = f"{metric.low:g} to {metric.high:g}", metric.high - metric.low
        if isinstance(gate, AtLeast | AtMost):
            word, value = ("at_least", gate.at_least) if isinstance(gate, AtLeast) else ("at_most", gate.at_most)
            if not metric.low <= value <= metric.high:
                what = f"the threshold is not a value that {metric.name} can take"
                yield Finding(("gates", index, word), what, bounds)
        for word, wide in _widths(gate):
            if not wide < width:
                what = f"the {word} is as wide as {metric.name} itself ({bounds}): every model would pass"
                yield Finding(("gates", index, word), what, f"more than 0 and less than {width:g}")


def _widths(gate: object) -> Iterator[tuple[str, float]]:
    if isinstance(gate, NotWorseThan) and isinstance(gate.margin, float):
        yield "margin", gate.margin
    if isinstance(gate, Difference):
        yield "difference", gate.difference


def ratios_are_of_what_is_above_zero(use_case: UseCase) -> Iterator[Finding]:
    """A ratio of numbers that may be below zero says nothing."""
    for index, gate in enumerate(use_case.gates):
        metric = METRICS.get(gate.metric) if isinstance(gate, Ratio) else None
        if metric is not None and metric.low < 0:
            what = f"{metric.name} may be below zero, so a ratio of two says nothing"
            yield Finding(("gates", index, "ratio"), what, "`difference`, or another metric", do="write `difference`")


def groups_can_be_made(use_case: UseCase) -> Iterator[Finding]:
    """The column of a gate `by` is protected, or one whose values are groups."""
    rules = use_case.contract.columns
    for index, gate in enumerate(use_case.gates):
        by = getattr(gate, "by", None)
        path: Path = ("gates", index, "by")
        if by is None or by in use_case.protected:
            continue
        if by == use_case.data.label.column:
            yield Finding(path, f"`{by}` is the label", "a column that is known before the label")
        elif by not in rules:
            what, do = f"`{by}` is not declared in `contract.columns`", did_you_mean(by, rules)
            yield Finding(path, what, f"one of {listed(rules)}", f"`{by}`", do)
        elif rules[by].type not in LEVELS:
            what, do = f"`{by}` has too many values to be groups", f"write `protected: {{{by}: {{bands: [limit, …]}}}}`"
            yield Finding(path, what, f"{listed(LEVELS)}, or bands in `protected`", rules[by].type, do)


def few_rows_are_of_groups(use_case: UseCase) -> Iterator[Finding]:
    """What a group with too few rows does can only be said where there are groups."""
    for index, gate in enumerate(use_case.gates):
        if isinstance(gate, MetricGate) and gate.if_too_few is not None and gate.by is None:
            what = "`if_too_few` is about groups, and this gate has none"
            yield Finding(("gates", index, "if_too_few"), what, "a gate with `by`", do="add `by`, or leave it out")


def waivers_say_what_they_allow(use_case: UseCase) -> Iterator[Finding]:
    """A waiver names a feature or a kind of finding, and the leakage report has one gate."""
    places = [index for index, gate in enumerate(use_case.gates) if isinstance(gate, Leakage)]
    for index in places[1:]:
        yield Finding(("gates", index), "a second gate on leakage", "one, with everything that is waived")
    for index in places:
        gate = use_case.gates[index]
        for place, waiver in enumerate(gate.waived if isinstance(gate, Leakage) else ()):
            path: Path = ("gates", index, "waived", place)
            if waiver.feature is None and waiver.kind is None:
                yield Finding(path, "the waiver does not say which finding it allows", "`feature`, `kind` or both")
            elif waiver.feature is not None and waiver.feature not in use_case.contract.columns:
                known = use_case.contract.columns
                what, do = f"`{waiver.feature}` is not declared in the contract", did_you_mean(waiver.feature, known)
                yield Finding((*path, "feature"), what, f"one of {listed(known)}", do=do)


def parity_is_a_difference_of_answers(use_case: UseCase) -> Iterator[Finding]:
    """Probabilities are never more than 1 apart, so such a gate would let everything pass; a number may be any."""
    for index, gate in enumerate(use_case.gates):
        if isinstance(gate, Parity) and use_case.task != "regression" and gate.parity >= 1:
            yield Finding(
                ("gates", index, "parity"), "no two probabilities are that far apart", "0 or more, less than 1"
            )
