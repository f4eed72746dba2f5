"""Three models on the holdout: what each is worth, and what the candidate is worth beside the other two."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from keepfit.config.metrics import Metric
from keepfit.evaluate.curves import curves_of
from keepfit.evaluate.intervals import compare, estimate
from keepfit.evaluate.metrics import measure, metrics_of
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.score import Score, no_score
from keepfit.evaluate.spread import Clusters
from keepfit.records import Comparison, Curve, Estimate, Evaluated, finite

Scores = dict[str, Score]


@dataclass(frozen=True, slots=True, eq=False)
class Champion:
    """The serving version (or, after ``disable``, the last one) and what it says about the holdout.

    ``prediction`` has the candidate's shape, or is None when the champion could not be asked (``reason`` says why);
    ``unseen`` (n,) bool marks the rows after its own training.
    """

    number: int
    digest: str
    prediction: Any
    unseen: Any
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Labels and clusters of the rows that a set of models is measured on."""

    y: Any
    days: Any
    clusters: Clusters
    confidence: float
    metrics: tuple[Metric, ...]

    @classmethod
    def of(cls, y: Any, days: Any, confidence: float, task: str) -> "_Rows":
        clusters = Clusters.by_row(y.size) if days is None else Clusters.by_day(days)
        return cls(y, days, clusters, confidence, metrics_of(task))

    def scores(self, prediction: Any) -> Scores:
        return {metric.name: measure(metric.name, self.y, prediction) for metric in self.metrics}

    def estimates(self, scores: Scores) -> dict[str, Estimate]:
        return {
            metric.name: estimate(scores[metric.name], self.clusters, self.confidence, Scale(metric.low, metric.high))
            for metric in self.metrics
        }

    def comparisons(
        self, against: Literal["naive", "champion"], candidate: Scores, reference: Scores, *, identical: bool
    ) -> tuple[Comparison, ...]:
        return tuple(
            Comparison(
                metric=metric.name,
                against=against,
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


def evaluate(
    *,
    task: str,
    y: Any,
    candidate: Any,
    naive: Any,
    champion: Champion | None,
    days: Any,
    confidence: float,
    predictions: str,
) -> Evaluated:
    """Candidate and naive baseline on all rows, candidate and champion on the rows that the champion has not seen.

    Parameters
    ----------
    task
        ``binary``, ``multiclass`` or ``regression``.
    y
        (n,) class indices (-1: a class the model does not know), or values for regression.
    candidate, naive
        (n, k) probabilities in the order of the classes, or (n,) values for regression.
    champion
        None only when the ledger never had one.
    days
        (n,) integers, equal for rows of one day; None where rows have no time, then each row counts for itself.
    confidence
        Of each one-sided bound.
    predictions
        Digest of the stored predictions, passed through.
    """
    y, days = np.asarray(y), None if days is None else np.asarray(days)
    candidate, naive = np.asarray(candidate, np.float64), np.asarray(naive, np.float64)
    rows = _Rows.of(y, days, confidence, task)
    ours, theirs = rows.scores(candidate), rows.scores(naive)
    champion_rows, champion_estimates, champion_comparisons = _beside_champion(rows, task, candidate, champion)
    return Evaluated(
        confidence=confidence,
        clustered_by="row" if days is None else "day",
        rows=y.size,
        candidate=rows.estimates(ours),
        naive=rows.estimates(theirs),
        champion=champion_estimates,
        champion_number=champion.number if champion else None,
        champion_digest=champion.digest if champion else None,
        champion_rows=champion_rows,
        comparisons=(
            *rows.comparisons("naive", ours, theirs, identical=np.array_equal(candidate, naive)),
            *champion_comparisons,
        ),
        curves=_curves(task, y, candidate, champion),
        predictions=predictions,
    )


def _beside_champion(
    rows: _Rows, task: str, candidate: Any, champion: Champion | None
) -> tuple[int, dict[str, Estimate], tuple[Comparison, ...]]:
    """Number of rows that the champion has not seen, its figures on them, and the paired comparison there."""
    if champion is None:
        return 0, {}, ()
    unseen = np.asarray(champion.unseen, dtype=bool)
    fresh = _Rows.of(rows.y[unseen], None if rows.days is None else rows.days[unseen], rows.confidence, task)
    ours = fresh.scores(candidate[unseen])
    if champion.prediction is None:
        theirs = {metric.name: no_score(fresh.y.size, "evidence", champion.reason) for metric in fresh.metrics}
        same = False
    else:
        answers = np.asarray(champion.prediction, np.float64)[unseen]
        theirs, same = fresh.scores(answers), np.array_equal(answers, candidate[unseen])
    return fresh.y.size, fresh.estimates(theirs), fresh.comparisons("champion", ours, theirs, identical=same)


def _curves(task: str, y: Any, candidate: Any, champion: Champion | None) -> tuple[Curve, ...]:
    drawn = curves_of(task, "candidate", y, candidate)
    if champion is None or champion.prediction is None:
        return drawn
    unseen = np.asarray(champion.unseen, dtype=bool)
    return drawn + curves_of(task, "champion", y[unseen], np.asarray(champion.prediction, np.float64)[unseen])


def _plain(value: float | None) -> float | None:
    return None if value is None else finite(value)
