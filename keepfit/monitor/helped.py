"""Whether a new champion does better than the one that it replaced would have, on the same rows."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from keepfit import features, registry, score
from keepfit.config.metrics import METRICS
from keepfit.evaluate import Clusters, compare
from keepfit.evaluate.metrics import measure
from keepfit.monitor.part import Tallied
from keepfit.monitor.track import LABELLED
from keepfit.monitor.window import CONFIDENCE
from keepfit.records import Estimate, Gathered, Helped, Manifest, Seat
from keepfit.score import Scorer, one_thread
from keepfit.store import Store

if TYPE_CHECKING:
    import pyarrow as pa


class Rival(NamedTuple):
    """The version that was replaced, to be asked about the same rows."""

    number: int
    scorer: Scorer

    def answers(self, table: "pa.Table") -> Any:
        """What it says to rows, (n, k) or (n,); None where they lack what it reads."""
        if not set(self.scorer.encoding.kinds) <= set(table.column_names):
            return None
        with one_thread():
            return self.scorer.predict(features.from_table(table, self.scorer.encoding.kinds))


def rival_of(store: Store, gathered: Gathered, manifest: Manifest) -> Rival | None:
    """The champion before this one; None where none is asked for, or it cannot be compared fairly.

    Fair are only rows that neither has learnt from, and versions that know the same classes.
    """
    before = gathered.replaced
    if before is None:
        return None
    old = registry.manifest(store, manifest.use_case, before.digest)
    if old.classes != manifest.classes or (old.train_until is not None and old.train_until > gathered.start):
        return None
    return Rival(before.number, score.load_trained(store, old.files))


def helped(rival: Rival | None, rows: Tallied, now: Seat, end: datetime, metric: str) -> Helped | None:
    """The champion beside the one that it replaced; None where that one was not asked, or few rows have labels."""
    measured = rows.measured
    if rival is None or measured.others is None or not rows.labelled or rows.labelled < LABELLED * rows.rows:
        return None
    new, old = (measure(metric, measured.labels, each) for each in (measured.answers, measured.others))
    found = compare(new, old, Clusters.by_day(measured.days), CONFIDENCE, METRICS[metric])
    return Helped(
        version=now.number,
        replaced=rival.number,
        end=end,
        rows=len(measured.labels),
        metric=metric,
        difference=found.value,
        low=found.low,
        high=found.high,
        outcome=_outcome(found),
    )


def _outcome(found: Estimate) -> Literal["helped", "hurt", "unclear"]:
    if found.low is not None and found.low > 0:
        return "helped"
    return "hurt" if found.high is not None and found.high < 0 else "unclear"
