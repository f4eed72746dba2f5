"""The rows that a set of models is measured on: figures, comparisons, and the same for some of the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from keepfit.config.metrics import Metric
from keepfit.evaluate.answers import Answers
from keepfit.evaluate.intervals import compare, estimate
from keepfit.evaluate.metrics import metrics_of, score_of
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.score import Score, no_score
from keepfit.evaluate.spread import Clusters
from keepfit.records import Comparison, Estimate, finite

Scores = dict[str, Score]
Against = Literal["naive", "champion", "anchor"]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Labels of n rows, which of them hang together, and how sure a bound is to be."""

    task: str
    y: Any
    days: Any
    entities: Any
    clusters: Clusters
    confidence: float

    @classmethod
    def of(cls, task: str, y: Any, days: Any, entities: Any, confidence: float) -> "Rows":
        """By day where ``days`` (n,) are known, by entity where ``entities`` (n,) are, else each row for itself."""
        return cls(task, y, days, entities, Clusters.of(y.size, days, entities), confidence)

    @property
    def clustered_by(self) -> str:
        """What rows count together."""
        words = ["day"] * (self.days is not None) + ["entity"] * (self.entities is not None)
        return " and ".join(words) or "row"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is measured."""
        return metrics_of(self.task)

    def take(self, rows: Any) -> "Rows":
        """Some of the rows, by a mask (n,)."""
        days = None if self.days is None else self.days[rows]
        entities = None if self.entities is None else self.entities[rows]
        return Rows.of(self.task, self.y[rows], days, entities, self.confidence)

    def at(self, confidence: float) -> "Rows":
        """The same rows with other bounds."""
        return replace(self, confidence=confidence)

    def answers(self, prediction: Any, decided: Any = None) -> Answers:
        """What a model says about these rows."""
        return Answers.of(self.y, prediction, decided, regression=self.task == "regression")

    def scores(self, answers: Answers) -> Scores:
        """Every metric of the task."""
        return {metric.name: score_of(metric.name, answers) for metric in self.metrics}

    def unasked(self, reason: str) -> Scores:
        """What stands for a model that could not be asked."""
        return {metric.name: no_score(self.y.size, "evidence", reason) for metric in self.metrics}

    def estimates(self, scores: Scores) -> dict[str, Estimate]:
        """Every metric with its bounds."""
        return {
            metric.name: estimate(scores[metric.name], self.clusters, self.confidence, Scale(metric.low, metric.high))
            for metric in self.metrics
        }

    def comparisons(
        self, against: Against, candidate: Scores, reference: Scores, *, identical: bool, baseline: str = ""
    ) -> tuple[Comparison, ...]:
        """Candidate and reference on the same rows, metric by metric."""
        return tuple(
            Comparison(
                metric=metric.name,
                against=against,
                baseline=baseline,
                candidate=_plain(candidate[metric.name].value),
                reference=_plain(reference[metric.name].value),
                improvement=compare(
                    candidate[metric.name],
                    reference[metric.name],
                    self.clusters,
                    self.confidence,
                    metric,
                    identical=identical,
                ),
            )
            for metric in self.metrics
        )

    def beside_naive(self, candidate: Answers, ours: Scores, naive: Mapping[str, Any]) -> "BesideNaive":
        """The candidate against every naive baseline by name, (n, k) probabilities or (n,) values each."""
        found: tuple[Comparison, ...] = ()
        figures: dict[str, Estimate] = {}
        for name, prediction in naive.items():
            answers = self.answers(prediction)
            scores, same = self.scores(answers), np.array_equal(answers.prediction, candidate.prediction)
            figures = figures or self.estimates(scores)
            found += self.comparisons("naive", ours, scores, identical=same, baseline=name)
        return BesideNaive(figures, found)


class BesideNaive(NamedTuple):
    """The figures of the first baseline, and the comparisons with all of them."""

    figures: dict[str, Estimate]
    comparisons: tuple[Comparison, ...]


def hardest(comparisons: tuple[Comparison, ...]) -> tuple[Comparison, ...]:
    """For each metric the baseline that the candidate is least surely better than.

    Better than naive is better than each baseline: an intersection-union test, which needs no correction (Berger 1982,
    Technometrics 24:295). A comparison without bounds is the hardest.
    """
    chosen: dict[str, Comparison] = {}
    for one in comparisons:
        if one.metric not in chosen or _surely(one) < _surely(chosen[one.metric]):
            chosen[one.metric] = one
    return tuple(chosen.values())


def _surely(comparison: Comparison) -> tuple[int, float]:
    gain = comparison.improvement
    if gain.missing == "broken":
        return 0, 0.0
    return (1, 0.0) if gain.low is None else (2, gain.low)


def _plain(value: float | None) -> float | None:
    return None if value is None else finite(value)
