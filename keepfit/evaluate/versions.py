"""Versions from the store, asked about the holdout, and handed to the statistics."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keepfit import features, score
from keepfit.config.model import UseCase
from keepfit.evaluate.asked import asked
from keepfit.evaluate.holdout import Champion, evaluate
from keepfit.records import Evaluated, Manifest, Seat, Split, parse
from keepfit.score import Naive, Scorer, baselines, one_thread
from keepfit.split import unseen
from keepfit.store import Store, get, put

if TYPE_CHECKING:
    import pyarrow as pa

Predictions = NDArray[np.float64]


def evaluate_versions(
    store: Store,
    use_case: UseCase,
    division: Split,
    classes: tuple[str, ...],
    files: Mapping[str, str],
    champion: tuple[Seat, Manifest] | None,
    *,
    anchor: tuple[Seat, Manifest] | None = None,
    champion_confidence: float | None = None,
) -> Evaluated:
    """Ask candidate, naive baselines and champion about the same holdout rows, unseen by any of them.

    ``classes`` and ``files`` (by role) are the candidate's. ``champion`` is the one that the run is judged against,
    ``anchor`` a fixed earlier one; None when the ledger never had one. Comparisons with these two are at
    ``champion_confidence`` where it is given. A version that cannot be asked (it needs a column that is gone, or knows
    other classes) leaves its comparison without evidence. Asked are the trained estimators: of many rows scikit-learn
    is faster, and `keepfit.score.measure` sees that what serves answers as they do.
    """
    rows = asked(store, use_case, division, classes)
    scorer = score.load_trained(store, files)
    predictions = _predict(scorer, rows.table)
    naive = parse(get(store, files["naive"]), Naive, "naive")
    return evaluate(
        task=use_case.task,
        y=rows.labels,
        candidate=predictions,
        decided=_decisions(scorer, predictions),
        naive=baselines(naive, rows.dated(use_case)),
        champion=champion and _ask(store, use_case, rows.table, classes, *champion),
        anchor=anchor and _ask(store, use_case, rows.table, classes, *anchor),
        champion_confidence=champion_confidence,
        days=rows.days,
        entities=rows.entities,
        groups=rows.groups,
        confidence=use_case.confidence,
        predictions=put(store, np.ascontiguousarray(predictions, "<f8").tobytes()),
    )


def _ask(
    store: Store,
    use_case: UseCase,
    table: "pa.Table",
    classes: tuple[str, ...],
    seat: Seat,
    manifest: Manifest,
) -> Champion:
    """What the champion says, and which rows it has not learnt from; every file of it is whole, or nothing is said."""
    for digest in manifest.files.values():
        get(store, digest)
    scorer = score.load_trained(store, manifest.files)
    reason = _why_not(scorer, table, classes, manifest)
    prediction = None if reason else _predict(scorer, table)
    decided = None if prediction is None else _decisions(scorer, prediction)
    return Champion(seat.number, seat.digest, prediction, unseen(store, use_case, table, manifest), reason, decided)


def _predict(scorer: Scorer, table: "pa.Table") -> Predictions:
    with one_thread():
        return scorer.predict(features.from_table(table, scorer.encoding.kinds))


def _decisions(scorer: Scorer, prediction: Predictions) -> NDArray[np.int64] | None:
    """What the version decides, at its own threshold; nothing to decide for values."""
    return scorer.decide(prediction) if prediction.ndim == 2 else None


def _why_not(scorer: Scorer, table: "pa.Table", classes: tuple[str, ...], manifest: Manifest) -> str:
    gone = sorted(set(scorer.encoding.kinds) - set(table.column_names))
    if gone:
        return f"it needs columns that are gone: {', '.join(gone)}"
    if manifest.classes != classes:
        return f"it knows the classes {', '.join(manifest.classes)}, not {', '.join(classes)}"
    return ""
