"""Worlds in which the trained model is right: labels drawn anew from what it says, for the rows that there are.

Whether a model of this month is any good does not matter then: a gate that refuses the model is wrong, and one that
lets a spoilt one through is, too. Rows, features, times, groups and baselines are those of the use case. Rows of a day
(or of an entity) hang together: each row's label follows from one uniform number, a Gaussian copula in which rows of a
day share `SHARED` of the variance, so every row alone still has exactly the probability that the model gives it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit.evaluate import Champion
from keepfit.evaluate import evaluate as measured
from keepfit.judge import judge
from keepfit.records import Split, Verdict
from keepfit.score import baselines
from keepfit.selftest.bench import Bench, Floats

SHARED = 0.05
BLUR = 0.1
"""Two equal models are the right one with noise: in log-odds, or in standard deviations of what it cannot tell."""
SMALLEST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Labels (n,), the naive baselines beside them, and two models of exactly the same worth."""

    labels: NDArray[Any]
    baselines: dict[str, Floats]
    good: Floats
    champion: Floats


def world(bench: Bench, seed: int) -> World:
    """One world; the same seed gives the same one."""
    rng = np.random.default_rng([bench.seed, seed])
    labels = drawn(bench, rng)
    return World(
        labels=labels,
        baselines=baselines(bench.naive, bench.rows.dated(bench.use_case, labels)),
        good=blurred(bench, rng),
        champion=blurred(bench, rng),
    )


def drawn(bench: Bench, rng: np.random.Generator) -> NDArray[Any]:
    """Labels (n,) as the model says they come."""
    place = uniform(bench, rng)
    if bench.right.ndim == 1:
        return np.asarray(bench.right + np.quantile(bench.residuals, place), np.float64)
    until = np.cumsum(bench.right, axis=1)[:, :-1]
    return np.asarray((place[:, None] > until).sum(axis=1), np.int64)


def uniform(bench: Bench, rng: np.random.Generator) -> Floats:
    """Numbers (n,) between 0 and 1, of which those of a day, else of an entity, are alike."""
    from scipy.special import ndtr

    rows = bench.rows
    together = rows.days if rows.days is not None else rows.entities
    own = rng.normal(size=len(rows.labels))
    if together is None:
        return np.asarray(ndtr(own), np.float64)
    _, codes = np.unique(together, return_inverse=True)
    common = rng.normal(size=int(codes.max()) + 1)[codes]
    return np.asarray(ndtr(np.sqrt(SHARED) * common + np.sqrt(1.0 - SHARED) * own), np.float64)


def blurred(bench: Bench, rng: np.random.Generator) -> Floats:
    """The right answers with noise: of the same shape, and worth the same whenever it is done again."""
    if bench.right.ndim == 1:
        return bench.right + BLUR * float(bench.residuals.std()) * rng.normal(size=bench.right.shape)
    odds = np.log(np.maximum(bench.right, SMALLEST))
    return softmax(odds + BLUR / np.sqrt(2.0) * rng.normal(size=odds.shape))


def softmax(logs: Floats) -> Floats:
    """Probabilities (n, k) from their logarithms, up to a constant.

    >>> softmax(np.log(np.array([[1.0, 3.0]])))
    array([[0.25, 0.75]])
    """
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)


def verdict(
    bench: Bench, here: World, candidate: Floats, champion: Floats | None = None, division: Split | None = None
) -> Verdict:
    """What the gates of the use case say of a model's answers, by the code that judges a run."""
    use_case, serving = bench.use_case, here.champion if champion is None else champion
    rows = bench.rows
    evaluated = measured(
        task=use_case.task,
        y=here.labels,
        candidate=candidate,
        decided=bench.decisions(candidate),
        naive=here.baselines,
        champion=Champion(
            number=1,
            digest=bench.stored,
            prediction=serving,
            unseen=np.ones(len(here.labels), bool),
            decided=bench.decisions(serving),
        ),
        champion_confidence=bench.beside,
        days=rows.days,
        entities=rows.entities,
        groups=rows.groups,
        confidence=use_case.confidence,
        predictions=bench.stored,
    )
    made = bench.split if division is None else division
    return judge(use_case, made, bench.trained, evaluated, bench.measured, bench.stored, bench.moment.as_of)
