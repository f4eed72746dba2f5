"""Versions from the store, asked about the holdout, and handed to the statistics."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keepfit import features, score
from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.evaluate.days import days_of
from keepfit.evaluate.holdout import Champion, evaluate
from keepfit.evaluate.slices import Groups, by_band, by_level
from keepfit.records import Evaluated, Manifest, Seat, Split, parse
from keepfit.score import Dated, Naive, Scorer, baselines, one_thread
from keepfit.split import HOLDOUT, row_hashes, sides_of, unseen
from keepfit.store import Store, get, put

if TYPE_CHECKING:
    import pyarrow as pa

Predictions = NDArray[np.float64]
Times = NDArray[np.datetime64]


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
    table = _holdout(store, use_case, division)
    labels = features.encode_labels(table.column(use_case.data.label.column), classes)
    times = _times(table, use_case.data.event_time)
    scorer = score.load_trained(store, files)
    predictions = _predict(scorer, table)
    naive = parse(get(store, files["naive"]), Naive, "naive")
    entities = row_hashes(table, use_case.split.entity) if use_case.split.entity else None
    dated = Dated(labels, times, use_case.data.timezone, use_case.data.label.known_after, entities)
    return evaluate(
        task=use_case.task,
        y=labels,
        candidate=predictions,
        decided=_decisions(scorer, predictions),
        naive=baselines(naive, dated),
        champion=champion and _ask(store, use_case, table, classes, *champion),
        anchor=anchor and _ask(store, use_case, table, classes, *anchor),
        champion_confidence=champion_confidence,
        days=None if times is None else days_of(times, use_case.data.timezone),
        entities=entities,
        groups=_groups(use_case, table),
        confidence=use_case.confidence,
        predictions=put(store, np.ascontiguousarray(predictions, "<f8").tobytes()),
    )


def _holdout(store: Store, use_case: UseCase, division: Split) -> "pa.Table":
    table = read_snapshot(store, use_case.name, division.snapshot)
    return table.filter(sides_of(store, division) == HOLDOUT)


def _times(table: "pa.Table", event_time: str | None) -> Times | None:
    if event_time is None:
        return None
    times = features.from_table(table, {event_time: "time"})[event_time]
    return np.asarray(times, dtype="datetime64[us]")


def _groups(use_case: UseCase, table: "pa.Table") -> list[Groups]:
    """The groups of each protected column."""
    return [
        by_band(name, features.from_table(table, {name: "number"})[name], how.bands)
        if how.bands
        else by_level(name, *features.from_table(table, {name: "category"})[name])
        for name, how in use_case.protected.items()
    ]


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
