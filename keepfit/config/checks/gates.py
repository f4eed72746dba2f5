"""Gates ask for what a metric can say."""

from collections.abc import Iterator

from keepfit.config.checks.training import metric_fits
from keepfit.config.document import Finding
from keepfit.config.gates import AtLeast, AtMost, NotWorseThan, Parity
from keepfit.config.metrics import METRICS
from keepfit.config.model import UseCase


def metrics_fit_the_task(use_case: UseCase) -> Iterator[Finding]:
    """Every gate names a metric of the task."""
    for index, gate in enumerate(use_case.gates):
        if not isinstance(gate, Parity):
            yield from metric_fits(("gates", index, "metric"), gate.metric, use_case)


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
        metric = None if isinstance(gate, Parity) else METRICS.get(gate.metric)
        if metric is None:
            continue
        bounds = f"{metric.low:g} to {metric.high:g}"
        if isinstance(gate, AtLeast | AtMost):
            word, value = ("at_least", gate.at_least) if isinstance(gate, AtLeast) else ("at_most", gate.at_most)
            if not metric.low <= value <= metric.high:
                what = f"the threshold is not a value that {metric.name} can take"
                yield Finding(("gates", index, word), what, bounds)
        if isinstance(gate, NotWorseThan) and not gate.margin < metric.high - metric.low:
            what = f"the margin is as wide as {metric.name} itself ({bounds}): every model would pass"
            yield Finding(("gates", index, "margin"), what, f"more than 0 and less than {metric.high - metric.low:g}")


def parity_is_a_difference_of_answers(use_case: UseCase) -> Iterator[Finding]:
    """Probabilities are never more than 1 apart, so such a gate would let everything pass; a number may be any."""
    for index, gate in enumerate(use_case.gates):
        if isinstance(gate, Parity) and use_case.task != "regression" and gate.parity >= 1:
            yield Finding(
                ("gates", index, "parity"), "no two probabilities are that far apart", "0 or more, less than 1"
            )
