"""Models on the holdout: what each is worth, and what the candidate is worth beside the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keepfit.evaluate.answers import Answers
from keepfit.evaluate.calibration import in_the_large, slope
from keepfit.evaluate.classes import figures_by_class
from keepfit.evaluate.curves import curves_of
from keepfit.evaluate.intervals import estimate
from keepfit.evaluate.metrics import guarded
from keepfit.evaluate.rows import Against, Rows, Scores, hardest
from keepfit.evaluate.slices import Groups
from keepfit.records import Comparison, Curve, Estimate, Evaluated, Slice


@dataclass(frozen=True, slots=True, eq=False)
class Champion:
    """The serving version (or, after ``disable``, the last one) and what it says about the holdout.

    ``prediction`` has the candidate's shape, or is None when the champion could not be asked (``reason`` says why);
    ``unseen`` (n,) bool marks the rows after its own training; ``decided`` (n,) are its decisions, by the highest
    probability where it is None. A fixed earlier version (the anchor) is described in the same way.
    """

    number: int
    digest: str
    prediction: Any
    unseen: Any
    reason: str = ""
    decided: Any = None


def evaluate(
    *,
    task: str,
    y: Any,
    candidate: Any,
    naive: Mapping[str, Any],
    champion: Champion | None,
    days: Any,
    confidence: float,
    predictions: str,
    decided: Any = None,
    entities: Any = None,
    groups: Sequence[Groups] = (),
    champion_confidence: float | None = None,
    anchor: Champion | None = None,
) -> Evaluated:
    """Candidate and naive baselines on all rows; champion and anchor on the rows that each of them has not seen.

    Parameters
    ----------
    y
        (n,) class indices (-1: a class the model does not know), or values for regression.
    candidate, naive
        (n, k) probabilities in the order of the classes, or (n,) values; of each baseline by name, the plain one first.
    champion, anchor
        None only when the ledger never had one.
    days, entities
        (n,) integers, equal for rows of one day and of one entity, or None; with both, rows hang together in two ways.
    confidence, champion_confidence
        Of each one-sided bound; the second for comparisons with champion and anchor, the first unless said.
    predictions
        Digest of the stored predictions, passed through.
    decided
        (n,) class indices that the candidate decides for; the class with the highest probability unless said.
    groups
        Of the protected columns.
    """
    y = np.asarray(y)
    days, entities = (None if each is None else np.asarray(each) for each in (days, entities))
    rows = Rows.of(task, y, days, entities, confidence)
    ours = rows.answers(candidate, decided)
    later = champion_confidence or confidence
    scores = rows.scores(ours)
    plain = rows.beside_naive(ours, scores, naive)
    serving, fixed = (_beside(rows, ours, scores, model, later) for model in (champion, anchor))
    return Evaluated(
        confidence=confidence,
        champion_confidence=later,
        clustered_by=rows.clustered_by,
        rows=y.size,
        naive=plain.figures,
        baselines=plain.comparisons,
        comparisons=(*hardest(plain.comparisons), *serving.gains("champion"), *fixed.gains("anchor")),
        slices=tuple(_slices(rows, ours, naive, champion, later, groups)),
        curves=curves_of(task, "candidate", ours, rows.clusters, confidence) + serving.curves(task),
        predictions=predictions,
        **_candidate(rows, ours, scores),
        **serving.told("champion"),
        **fixed.told("anchor"),
    )


def _candidate(rows: Rows, ours: Answers, scores: Scores) -> dict[str, Any]:
    """The figures of the candidate by itself."""
    figures = rows.estimates(scores)
    found = {"in_the_large": in_the_large, "slope": slope} if rows.task != "multiclass" else {}
    calibration = {
        name: estimate(guarded(measured, ours), rows.clusters, rows.confidence) for name, measured in found.items()
    }
    by_class = () if rows.task == "regression" else figures_by_class(ours, rows.clusters, rows.confidence)
    return {"candidate": figures, "calibration": figures.get("calibration_error"), "by_class": by_class, **calibration}


@dataclass(frozen=True, slots=True, eq=False)
class _Beside:
    """Candidate and reference on the rows that the reference has not seen; without a reference there is nothing."""

    model: Champion | None
    rows: Rows
    ours: Scores
    theirs: Scores
    answers: Answers | None
    identical: bool
    confidence: float

    def gains(self, against: Against) -> tuple[Comparison, ...]:
        if self.model is None:
            return ()
        there = self.rows.at(self.confidence)
        return there.comparisons(against, self.ours, self.theirs, identical=self.identical)

    def figures(self) -> dict[str, Estimate]:
        return self.rows.estimates(self.theirs) if self.model else {}

    def curves(self, task: str) -> tuple[Curve, ...]:
        if self.answers is None:
            return ()
        return curves_of(task, "champion", self.answers, self.rows.clusters, self.rows.confidence)

    def told(self, name: str) -> dict[str, Any]:
        return {
            name: self.figures(),
            f"{name}_rows": self.rows.y.size if self.model else 0,
            f"{name}_number": self.model.number if self.model else None,
            f"{name}_digest": self.model.digest if self.model else None,
        }


def _beside(
    rows: Rows, ours: Answers, scores: Scores, model: Champion | None, confidence: float, among: Any = None
) -> _Beside:
    """A reference on those rows that it has not seen; ``among`` (n_all,) marks ``rows`` where they are not all rows."""
    if model is None:
        return _Beside(None, rows, {}, {}, None, False, confidence)
    unseen = np.asarray(model.unseen, dtype=bool)
    places = np.flatnonzero(unseen if among is None else unseen & among)
    fresh = unseen if among is None else unseen[among]
    if not fresh.all():  # else what was measured on all rows stands
        rows, ours = rows.take(fresh), ours.take(fresh)
        scores = rows.scores(ours)
    if model.prediction is None:
        return _Beside(model, rows, scores, rows.unasked(model.reason), None, False, confidence)
    decided = None if model.decided is None else np.asarray(model.decided)[places]
    answers = rows.answers(np.asarray(model.prediction, np.float64)[places], decided)
    same = np.array_equal(answers.prediction, ours.prediction) and np.array_equal(answers.decided, ours.decided)
    return _Beside(model, rows, scores, rows.scores(answers), answers, same, confidence)


def _slices(
    rows: Rows,
    ours: Answers,
    naive: Mapping[str, Any],
    champion: Champion | None,
    confidence: float,
    groups: Sequence[Groups],
) -> Iterator[Slice]:
    """The same by group; too small a group has its rows, its values, and the reason why there are no bounds."""
    for one in groups:
        for code, name in enumerate(one.names):
            among = one.codes == code
            there, candidate = rows.take(among), ours.take(among)
            scores = there.scores(candidate)
            plain = {baseline: np.asarray(prediction)[among] for baseline, prediction in naive.items()}
            beside_naive = there.beside_naive(candidate, scores, plain)
            serving = _beside(there, candidate, scores, champion, confidence, among)
            yield Slice(
                by=one.by,
                group=name,
                rows=there.y.size,
                candidate=there.estimates(scores),
                naive=beside_naive.figures,
                champion=serving.figures(),
                comparisons=(*hardest(beside_naive.comparisons), *serving.gains("champion")),
            )
