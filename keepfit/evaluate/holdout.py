"""Models on the holdout: what each is worth, and what the candidate is worth beside the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from keepfit.evaluate.answers import Answers
from keepfit.evaluate.calibration import in_the_large, slope
from keepfit.evaluate.classes import figures_by_class
from keepfit.evaluate.curves import curves_of
from keepfit.evaluate.intervals import estimate
from keepfit.evaluate.metrics import guarded
from keepfit.evaluate.rows import Against, Rows, hardest
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

    def fresh(self, rows: Any) -> Any:
        """The rows among ``rows`` (n,) that it has not seen."""
        return np.asarray(self.unseen, dtype=bool) & rows


class _Beside(NamedTuple):
    """What is known of a reference on the rows that it has not seen."""

    rows: int
    figures: dict[str, Estimate]
    comparisons: tuple[Comparison, ...]


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
    task
        ``binary``, ``multiclass`` or ``regression``.
    y
        (n,) class indices (-1: a class the model does not know), or values for regression.
    candidate
        (n, k) probabilities in the order of the classes, or (n,) values for regression.
    naive
        The same of each baseline, by name; the first one is shown as the naive model.
    champion, anchor
        None only when the ledger never had one.
    days, entities
        (n,) integers, equal for rows of one day and of one entity; None where rows have none. Without both, each row
        counts for itself; with both, rows hang together in two ways.
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
    main, *_ = naive.values()
    return Evaluated(
        confidence=confidence,
        champion_confidence=later,
        clustered_by=rows.clustered_by,
        rows=y.size,
        naive=rows.estimates(rows.scores(rows.answers(main))),
        slices=tuple(_slices(rows, ours, naive, champion, later, groups)),
        predictions=predictions,
        **_candidate(rows, ours),
        **_references(rows, ours, naive, champion, anchor, later),
    )


def _candidate(rows: Rows, ours: Answers) -> dict[str, Any]:
    """The figures of the candidate by itself."""
    figures = rows.estimates(rows.scores(ours))
    found = {"in_the_large": in_the_large, "slope": slope} if rows.task != "multiclass" else {}
    calibration = {
        name: estimate(guarded(measured, ours), rows.clusters, rows.confidence) for name, measured in found.items()
    }
    by_class = () if rows.task == "regression" else figures_by_class(ours, rows.clusters, rows.confidence)
    return {"candidate": figures, "calibration": figures.get("calibration_error"), "by_class": by_class, **calibration}


def _references(
    rows: Rows,
    ours: Answers,
    naive: Mapping[str, Any],
    champion: Champion | None,
    anchor: Champion | None,
    confidence: float,
) -> dict[str, Any]:
    """What the candidate is beside each of the others."""
    everywhere = np.ones(rows.y.size, dtype=bool)
    serving, fixed = (
        _beside(rows, ours, champion, "champion", everywhere, confidence),
        _beside(rows, ours, anchor, "anchor", everywhere, confidence),
    )
    baselines = rows.beside_naive(ours, rows.scores(ours), naive)
    curves = curves_of(rows.task, "candidate", ours, rows.clusters, rows.confidence)
    return {
        "baselines": baselines,
        "comparisons": (*hardest(baselines), *serving.comparisons, *fixed.comparisons),
        "curves": curves + _curves(rows, champion),
        "champion": serving.figures,
        "champion_rows": serving.rows,
        "champion_number": champion.number if champion else None,
        "champion_digest": champion.digest if champion else None,
        "anchor": fixed.figures,
        "anchor_rows": fixed.rows,
        "anchor_number": anchor.number if anchor else None,
        "anchor_digest": anchor.digest if anchor else None,
    }


def _beside(
    rows: Rows, ours: Answers, model: Champion | None, against: Against, among: Any, confidence: float
) -> _Beside:
    """A reference on the rows ``among`` (n,) that it has not seen, and the paired comparison there."""
    if model is None:
        return _Beside(0, {}, ())
    fresh = model.fresh(among)
    there, candidate = rows.take(fresh), ours.take(fresh)
    if model.prediction is None:
        theirs, same = there.unasked(model.reason), False
    else:
        answers = _answers(there, model, fresh)
        theirs, same = there.scores(answers), np.array_equal(answers.prediction, candidate.prediction)
        same = same and np.array_equal(answers.decided, candidate.decided)
    gains = there.at(confidence).comparisons(against, there.scores(candidate), theirs, identical=same)
    return _Beside(there.y.size, there.estimates(theirs), gains)


def _answers(rows: Rows, model: Champion, fresh: Any) -> Answers:
    decided = None if model.decided is None else np.asarray(model.decided)[fresh]
    return rows.answers(np.asarray(model.prediction, np.float64)[fresh], decided)


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
            plain = {name: np.asarray(prediction)[among] for name, prediction in naive.items()}
            main, *_ = plain.values()
            beside = _beside(rows, ours, champion, "champion", among, confidence)
            yield Slice(
                by=one.by,
                group=name,
                rows=there.y.size,
                candidate=there.estimates(scores),
                naive=there.estimates(there.scores(there.answers(main))),
                champion=beside.figures,
                comparisons=(*hardest(there.beside_naive(candidate, scores, plain)), *beside.comparisons),
            )


def _curves(rows: Rows, champion: Champion | None) -> tuple[Curve, ...]:
    if champion is None or champion.prediction is None:
        return ()
    fresh = champion.fresh(np.ones(rows.y.size, dtype=bool))
    there = rows.take(fresh)
    return curves_of(rows.task, "champion", _answers(there, champion, fresh), there.clusters, rows.confidence)
