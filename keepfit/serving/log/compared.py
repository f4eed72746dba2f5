"""What the workers of all servers have logged of a rollout: the challenger's answers beside the champion's.

Counts are of all rows; distances, medians and losses of at most some hundred thousand of them, chosen by a hash of the
prediction's id, so that a shadow's answer stays beside the champion's, and the same rows give the same numbers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from keepfit.records import Beheld, Rollout
from keepfit.rollout import Answers, beheld, worse
from keepfit.rollout.compare import Floats
from keepfit.serving.log.read import labelled
from keepfit.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 200_000  # rows that are held in memory


class _Row(NamedTuple):
    """An answer, a row of a sample."""

    id: str
    at: datetime
    scores: list[float]
    latency: float
    label: str | None


class _Side:
    """What one of the two has answered."""

    def __init__(self, digest: str, role: str, classes: Sequence[str]) -> None:
        self.digest, self.role, self.classes = digest, role, tuple(classes)
        self.rows: list[_Row] = []
        self.answers = self.failed = 0

    def take(self, table: "pa.Table", sparse: int) -> None:
        """Add the rows of a table that are this version's."""
        import pyarrow.compute as pc

        kind: Any = pc
        own = table.filter(
            kind.and_(kind.equal(table.column("digest"), self.digest), kind.equal(table.column("role"), self.role))
        )
        if not own.num_rows:
            return
        names = ("id", "at", "score", "latency_ms", "label")
        for row in map(_Row, *(own.column(name).to_pylist() for name in names)):
            if not np.isfinite(row.scores).all():
                self.failed += 1
                continue
            self.answers += 1
            if _kept(row, sparse):
                self.rows.append(row)

    def thin(self, sparse: int) -> None:
        """Keep fewer rows."""
        self.rows = [row for row in self.rows if _kept(row, sparse)]


def _kept(row: _Row, sparse: int) -> bool:
    return not sparse or crc32(row.id.encode()) % (sparse + 1) == 0


def compared(
    store: Store,
    use_case: str,
    rollout: Rollout,
    classes: tuple[Sequence[str], Sequence[str]],
    *,
    as_of: datetime,
    key: Sequence[str] = (),
    most: int = MOST,
) -> Beheld:
    """What was answered since the rollout began and before ``as_of``, with the labels that were known by then.

    Parameters
    ----------
    classes
        Of the champion and of the challenger, in the order of their scores; empty for a regression.
    key
        Columns by whose values a label may say whose it is.
    most
        How many rows are held in memory.

    Raises
    ------
    IntegrityError
        A file of the log was altered.
    """
    champion = _Side(rollout.champion.digest, "champion", classes[0])
    challenger = _Side(rollout.challenger.digest, "challenger", classes[1])
    sparse = 0
    for table in labelled(store, use_case, rollout.started, as_of, as_of=as_of, key=key):
        for side in (champion, challenger):
            side.take(table, sparse)
        while len(champion.rows) + len(challenger.rows) > most:
            sparse = 2 * sparse + 1
            champion.thin(sparse)
            challenger.thin(sparse)
    return _beheld(champion, challenger, paired=rollout.strategy == "shadow")


def _beheld(champion: _Side, challenger: _Side, *, paired: bool) -> Beheld:
    one, other = (_pairs if paired else _same_time)(champion.rows, challenger.rows)
    names = tuple(dict.fromkeys((*champion.classes, *challenger.classes)))
    seen = beheld(
        _answers(one, champion.classes, names),
        _answers(other, challenger.classes, names),
        challenger.failed,
        paired=paired,
        answers=challenger.answers,
        beside=champion.answers,
    )
    if paired:
        both = [pair for pair in zip(one, other, strict=True) if pair[0].label is not None]
        one, other = [pair[0] for pair in both], [pair[1] for pair in both]
    losses = _losses(one, champion.classes), _losses(other, challenger.classes)
    return replace(seen, labels=len(losses[1]), worse=worse(*losses, paired=paired))


def _pairs(champion: list[_Row], challenger: list[_Row]) -> tuple[list[_Row], list[_Row]]:
    """Rows of one and the same request; a shadow that had no time has none."""
    known = {row.id: row for row in champion}
    both = [(known[row.id], row) for row in challenger if row.id in known]
    return [one for one, _ in both], [other for _, other in both]


def _same_time(champion: list[_Row], challenger: list[_Row]) -> tuple[list[_Row], list[_Row]]:
    """The champion's since the challenger's first: before that, servers had not heard of it."""
    begun = min((row.at for row in challenger), default=None)
    return [row for row in champion if begun is not None and row.at >= begun], challenger


def _answers(rows: list[_Row], classes: Sequence[str], names: Sequence[str]) -> Answers:
    """Scores with a column for each of the names; of a class that a version does not know it says nothing: 0."""
    scores = np.array([row.scores for row in rows], np.float64).reshape(len(rows), -1 if rows else max(1, len(names)))
    if tuple(classes) != tuple(names) and rows:
        own = scores
        scores = np.zeros((len(rows), len(names)))
        scores[:, [names.index(name) for name in classes]] = own
    return Answers(scores, np.array([row.latency for row in rows], np.float64))


def _losses(rows: list[_Row], classes: Sequence[str]) -> Floats:
    """Brier's score of several classes (1950), or the squared error, of each row whose label is known."""
    losses = [_loss(row.scores, msgspec.json.decode(row.label), classes) for row in rows if row.label is not None]
    known: NDArray[np.float64] = np.array(losses, np.float64)
    return known


def _loss(scores: list[float], label: Any, classes: Sequence[str]) -> float:
    if not classes:
        return float((scores[0] - float(label)) ** 2)
    return float(sum((score - (name == label)) ** 2 for score, name in zip(scores, classes, strict=True)))
