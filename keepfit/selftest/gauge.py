"""How much must be wrong with a model for it to be worse than another by exactly a margin."""

import numpy as np

from keepfit.config.gate_values import ShareOfGain
from keepfit.config.gates import NotWorseThan
from keepfit.config.metrics import METRICS
from keepfit.evaluate.metrics import measure
from keepfit.selftest.bench import Bench, Floats
from keepfit.selftest.spoil import mixed, shuffled
from keepfit.selftest.world import World, world

WORLDS = 8
"""In whose mean the margin is exact."""
FIRST = 1_000_000  # no other world has these numbers
STEPS = 14


def weight_of_margin(bench: Bench, gate: NotWorseThan) -> float | None:
    """How much of other rows' answers makes a model worse by the margin; None where even all of it does not.

    A margin that is relative to the naive gain is taken of the gain that there really is.
    """
    worlds = [world(bench, FIRST + number) for number in range(WORLDS)]
    names = next(iter(worlds[0].baselines))
    gained = _mean_gap(bench, gate.metric, worlds, [(here.good, here.baselines[names]) for here in worlds])
    margin = gate.margin.of_naive_gain * gained if isinstance(gate.margin, ShareOfGain) else gate.margin
    others = [shuffled(here.good, np.random.default_rng(bench.seed)) for here in worlds]

    def lost(weight: float) -> float:
        pairs = [(here.good, mixed(here.good, other, weight)) for here, other in zip(worlds, others, strict=True)]
        return _mean_gap(bench, gate.metric, worlds, pairs)

    if not lost(1.0) > margin > 0:
        return None
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if lost(middle) < margin else (low, middle)
    return high


def _mean_gap(bench: Bench, metric: str, worlds: list[World], pairs: list[tuple[Floats, Floats]]) -> float:
    """By how much the first of each pair is better than the second, in the mean of the worlds."""
    sign = 1.0 if METRICS[metric].higher_is_better else -1.0
    return float(
        np.mean(
            [
                sign * (_value(bench, metric, here, one) - _value(bench, metric, here, other))
                for here, (one, other) in zip(worlds, pairs, strict=True)
            ]
        )
    )


def _value(bench: Bench, metric: str, here: World, answers: Floats) -> float:
    value = measure(metric, here.labels, answers, bench.decisions(answers)).value
    return float("nan") if value is None else value
