"""Whether a new champion does better than the one that it replaced would have, on the same rows."""

from typing import TYPE_CHECKING, Any

from keepfit import features, registry, score
from keepfit.config.metrics import METRICS
from keepfit.evaluate import Clusters, compare
from keepfit.evaluate.metrics import measure
from keepfit.monitor.rows import Came
from keepfit.monitor.track import LABELLED
from keepfit.monitor.window import CONFIDENCE, Seen
from keepfit.records import Estimate, Gathered, Helped, Manifest, Seat
from keepfit.score import one_thread
from keepfit.store import Store

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Literal


def helped(
    store: Store, gathered: Gathered, came: Came, seen: Seen, now: Seat, manifest: Manifest, metric: str
) -> Helped | None:
    """The champion beside the one that it replaced; None where that one cannot be asked, or too few labels are there.

    Fairly compared are only rows that neither has learnt from, and versions that know the same classes.
    """
    before = gathered.replaced
    if before is None or not len(seen.labels) or len(seen.labels) < LABELLED * came.table.num_rows:
        return None
    old = registry.manifest(store, manifest.use_case, before.digest)
    scorer = score.load_trained(store, old.files)
    known = set(scorer.encoding.kinds) <= set(came.table.column_names)
    if old.classes != manifest.classes or not known or _has_learnt(old, gathered.start):
        return None
    columns = features.from_table(came.table.take(seen.labelled), scorer.encoding.kinds)
    with one_thread():
        answers = scorer.predict(columns)
    found = _difference(metric, seen, seen.answers[seen.labelled], answers)
    return Helped(
        version=now.number,
        replaced=before.number,
        end=gathered.end,
        rows=len(seen.labels),
        metric=metric,
        difference=found.value,
        low=found.low,
        high=found.high,
        outcome=_outcome(found),
    )


def _difference(metric: str, seen: Seen, new: Any, old: Any) -> Estimate:
    """How much better the new answers are, (n, k) or (n,), paired by row and clustered by day."""
    scores = measure(metric, seen.labels, new), measure(metric, seen.labels, old)
    return compare(*scores, Clusters.by_day(seen.days), CONFIDENCE, METRICS[metric])


def _has_learnt(old: Manifest, start: "datetime") -> bool:
    return old.train_until is not None and old.train_until > start


def _outcome(found: Estimate) -> "Literal['helped', 'hurt', 'unclear']":
    if found.low is not None and found.low > 0:
        return "helped"
    return "hurt" if found.high is not None and found.high < 0 else "unclear"
