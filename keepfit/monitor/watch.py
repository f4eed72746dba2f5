"""The newest window of a use case: its rows, the champion's answers to them, and both beside the reference."""

from typing import TYPE_CHECKING

import numpy as np

from keepfit import features, registry, score
from keepfit.config import default_metric
from keepfit.config.model import UseCase
from keepfit.monitor.made import days_of, watched_kinds
from keepfit.monitor.part import counted
from keepfit.monitor.reference import Reference
from keepfit.monitor.window import Seen, bounds, look
from keepfit.records import Extracted, Moment, Seat, Span, Window, parse
from keepfit.score import one_thread
from keepfit.store import Store, get
from keepfit.validate import Arrived, arrived

if TYPE_CHECKING:
    from keepfit.records import Manifest

REFERENCE = "reference"  # the role of the object in the entry that registers a version


def reference_digest(store: Store, use_case: str, seat: Seat) -> str | None:
    """The reference of a version, by its digest; None: it was registered without one."""
    given = registry.registration(store, use_case, seat.number)
    return given.objects.get(REFERENCE) if given else None


def watch(store: Store, use_case: UseCase, extracted: Extracted, moment: Moment, seat: Seat, reference: str) -> Window:
    """Look at the newest window that is over, with a version and its reference."""
    before = parse(get(store, reference), Reference, f"objects/{reference}")
    start, end = bounds(moment.as_of, use_case.monitor.every, use_case.monitor.window)
    came = arrived(store, use_case, extracted, moment, start, end)
    manifest = registry.manifest(store, use_case.name, seat.digest)
    seen = _seen(store, use_case, manifest, came, before)._replace(
        age=moment.as_of - extracted.newest if extracted.newest else None, age_at_most=use_case.data.freshness
    )
    found = look(before, seen, use_case.train.optimize or default_metric(use_case.task))
    return Window(
        use_case=use_case.name,
        as_of=moment.as_of,
        span=Span(start=start, end=end, rows=came.rows),
        version=seat,
        reference=reference,
        checks=found.checks,
        estimated=found.estimated,
        realised=found.realised,
        labelled=len(seen.labels),
        alarms=found.alarms,
        broken=found.broken,
    )


def _seen(store: Store, use_case: UseCase, manifest: "Manifest", came: Arrived, before: Reference) -> Seen:
    scorer = score.load_trained(store, manifest.files)
    columns = features.from_table(came.table, scorer.encoding.kinds)
    with one_thread():
        answers = scorer.predict(columns) if came.table.num_rows else np.zeros((0, max(len(manifest.classes), 1)))
    label = came.table.column(use_case.data.label.column)
    known = np.flatnonzero(label.is_valid().to_numpy(zero_copy_only=False))
    labels = np.asarray(features.encode_labels(label.take(known), manifest.classes)) if known.size else np.zeros(0)
    days = days_of(came.table, str(use_case.data.event_time))
    return Seen(
        features=counted(before, {name: columns[name] for name in watched_kinds(scorer.encoding)}, days),
        answers=answers,
        labelled=known,
        labels=labels,
        days=days[known],
        arrived=came.rows,
        refused=came.refused,
        refused_at_most=use_case.contract.quarantine_at_most,
    )
