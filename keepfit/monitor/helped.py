"""Whether a new champion does better than the one that it replaced would have, on the same rows."""

from datetime import datetime
from math import sqrt
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from keepfit import features, registry, score
from keepfit.config.metrics import METRICS, Metric
from keepfit.evaluate import Clusters, compare, estimate, improvement
from keepfit.evaluate.metrics import measure
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.score import Score, mean_score, no_score
from keepfit.monitor.part import Tallied
from keepfit.monitor.track import LABELLED
from keepfit.monitor.window import CONFIDENCE
from keepfit.records import Estimate, Gathered, Helped, Manifest, Seat
from keepfit.score import Scorer, one_thread
from keepfit.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

Days = tuple[tuple[int, float, float], ...]


class Rival(NamedTuple):
    """The version that was replaced, to be asked about the same rows, and what earlier windows have said of it."""

    number: int
    scorer: Scorer
    known: Helped | None = None

    def answers(self, table: "pa.Table") -> Any:
        """What it says to rows, (n, k) or (n,); None where they lack what it reads."""
        if not set(self.scorer.encoding.kinds) <= set(table.column_names):
            return None
        with one_thread():
            return self.scorer.predict(features.from_table(table, self.scorer.encoding.kinds))


def rival_of(store: Store, gathered: Gathered, manifest: Manifest) -> Rival | None:
    """The champion before this one; None where none is asked for, or it cannot be compared fairly.

    Fair are only rows that neither has learnt from and no earlier window had, and versions that know the same classes.
    """
    case = gathered.case
    if case is None or (case.known is not None and gathered.start < case.known.end):
        return None
    old = registry.manifest(store, manifest.use_case, case.replaced.digest)
    if old.classes != manifest.classes or (old.train_until is not None and old.train_until > gathered.start):
        return None
    return Rival(case.replaced.number, score.load(store, old.files), case.known)


def helped(rival: Rival | None, rows: Tallied, now: Seat, end: datetime, metric: str) -> Helped | None:
    """The champion beside the one that it replaced; None where that one was not asked, or few rows have labels.

    Where a window has too few days for an interval, those of later ones are added until there are enough: then it is
    answered, once, so that nobody goes on asking until it suits.
    """
    measured = rows.measured
    if rival is None or measured.others is None or not rows.labelled or rows.labelled < LABELLED * rows.rows:
        return None
    new, old = (measure(metric, measured.labels, each) for each in (measured.answers, measured.others))
    clusters, kind, known = Clusters.by_day(measured.days), METRICS[metric], rival.known
    found = compare(new, old, clusters, CONFIDENCE, kind)
    total, days = len(measured.labels), by_day(improvement(new, old, kind), clusters)
    if known is not None and known.days is not UNSET:
        total, days = known.rows + total, (*known.days, *days)
        found = of_days(days, kind)
    return Helped(
        version=now.number,
        replaced=rival.number,
        end=end,
        rows=total,
        metric=metric,
        difference=found.value,
        low=found.low,
        high=found.high,
        outcome=_outcome(found),
        days=UNSET if found.low is not None else days,
    )


def by_day(difference: Score, clusters: Clusters) -> Days:
    """Rows, the sum of differences and that of their squares by day, in order; none where there is no difference."""
    if difference.value is None or clusters.codes is None:
        return ()
    values = difference.value + difference.influence
    counts, *sums = (np.bincount(clusters.codes, each, clusters.count) for each in (None, values, values**2))
    if not np.isfinite(sums).all():
        return ()
    return tuple((int(rows), _short(one), _short(two)) for rows, one, two in zip(counts, *sums, strict=True))


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def of_days(days: Days, metric: Metric) -> Estimate:
    """The mean difference over days of several windows, with bounds clustered by day.

    A mean of rows is that of all rows at once; another metric is the mean of the windows' by their rows, and influence
    says how far each day moves it (see `keepfit.evaluate.intervals`).

    >>> of_days(tuple((50, 5.0 + day % 2, 0.7) for day in range(8)), METRICS["log_loss"]).value
    0.11
    """
    if not days:
        return estimate(no_score(0, "evidence", "no day had a difference"), Clusters.by_row(0), CONFIDENCE)
    length = metric.high - metric.low
    counts = np.array([rows for rows, _, _ in days])
    clusters = Clusters.by(np.repeat(np.arange(len(days)), counts), "days")
    rows = np.concatenate([_rows_like(*each) for each in days])
    return estimate(mean_score(rows), clusters, CONFIDENCE, Scale(-length, length, linear=True))


def _rows_like(count: int, total: float, squares: float) -> NDArray[np.float64]:
    """So many differences with this sum and, up to an odd one, these squares: half of them above their mean."""
    mean = total / count
    spread = sqrt(max(squares / count - mean**2, 0.0))
    sides = np.resize([1.0, -1.0], count)
    sides[count - count % 2 :] = 0.0
    return mean + spread * sides


def _outcome(found: Estimate) -> Literal["helped", "hurt", "unclear"]:
    if found.low is not None and found.low > 0:
        return "helped"
    return "hurt" if found.high is not None and found.high < 0 else "unclear"
