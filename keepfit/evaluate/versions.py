"""Versions from the store, asked about the holdout, and handed to the statistics."""

from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keepfit import features, score
from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.evaluate.days import days_of
from keepfit.evaluate.holdout import Champion, evaluate
from keepfit.evaluate.slices import Groups, by_band, by_level
from keepfit.records import Evaluated, Exported, Manifest, Seat, Split, Trained, parse
from keepfit.score import Dated, Naive, Scorer, baselines, one_thread
from keepfit.split import HOLDOUT, key_places, sides_of
from keepfit.store import Store, get, put

if TYPE_CHECKING:
    import pyarrow as pa

Predictions = NDArray[np.float64]
Times = NDArray[np.datetime64]


def evaluate_versions(
    store: Store,
    use_case: UseCase,
    division: Split,
    trained: Trained,
    exported: Exported,
    champion: tuple[Seat, Manifest] | None,
    *,
    anchor: tuple[Seat, Manifest] | None = None,
    champion_confidence: float | None = None,
) -> Evaluated:
    """Ask candidate, naive baselines and champion about the same holdout rows, unseen by any of them.

    ``champion`` is the one that the run is judged against, ``anchor`` a fixed earlier one; None when the ledger never
    had one. Comparisons with these two are at ``champion_confidence`` where it is given. A version that cannot be asked
    (it needs a column that is gone, or knows other classes) leaves its comparison without evidence.
    """
    table = _holdout(store, use_case, division)
    labels = features.encode_labels(table.column(use_case.data.label.column), trained.classes)
    times = _times(table, use_case.data.event_time)
    scorer = score.load(store, exported.files)
    predictions = _predict(scorer, table)
    naive = parse(get(store, exported.files["naive"]), Naive, "naive")
    return evaluate(
        task=use_case.task,
        y=labels,
        candidate=predictions,
        decided=_decisions(scorer, predictions),
        naive=baselines(naive, Dated(labels, times, use_case.data.timezone, use_case.data.label.known_after)),
        champion=champion and _ask(store, table, times, trained.classes, *champion),
        anchor=anchor and _ask(store, table, times, trained.classes, *anchor),
        champion_confidence=champion_confidence,
        days=None if times is None else days_of(times, use_case.data.timezone),
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
    table: "pa.Table",
    times: Times | None,
    classes: tuple[str, ...],
    seat: Seat,
    manifest: Manifest,
) -> Champion:
    """What the champion says; rows before the end of its own training are not unseen."""
    scorer = score.load(store, manifest.files)
    reason = _why_not(scorer, table, classes, manifest)
    prediction = None if reason else _predict(scorer, table)
    decided = None if prediction is None else _decisions(scorer, prediction)
    return Champion(seat.number, seat.digest, prediction, _unseen(table, times, manifest), reason, decided)


def _predict(scorer: Scorer, table: "pa.Table") -> Predictions:
    with one_thread():
        return scorer.predict(features.from_table(table, scorer.encoding.kinds))


def _decisions(scorer: Scorer, prediction: Predictions) -> NDArray[np.int64] | None:
    """What the version decides, at its own threshold; nothing to decide for values."""
    return scorer.decide(prediction) if prediction.ndim == 2 else None


def _why_not(scorer: Scorer, table: "pa.Table", classes: tuple[str, ...], manifest: Manifest) -> str:
    gone = sorted(set(scorer.encoding.kinds) - set(table.column_names))
    if gone:
        return f"the champion needs columns that are gone: {', '.join(gone)}"
    if manifest.classes != classes:
        return f"the champion knows the classes {', '.join(manifest.classes)}, not {', '.join(classes)}"
    return ""


def _unseen(table: "pa.Table", times: Times | None, manifest: Manifest) -> NDArray[np.bool_]:
    """Rows after the end of its training; undated rows on the holdout side of the hash of their key."""
    if times is not None and manifest.train_until is not None:
        until = np.datetime64(manifest.train_until.astimezone(UTC).replace(tzinfo=None), "us")
        return np.asarray(times >= until, dtype=bool)
    if times is None and manifest.holdout_share is not None and set(manifest.key) <= set(table.column_names):
        return np.asarray(key_places(table, manifest.key) < manifest.holdout_share, dtype=bool)
    return np.zeros(table.num_rows, dtype=bool)  # the split has changed: nobody knows what the champion has seen
