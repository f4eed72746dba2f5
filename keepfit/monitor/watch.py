"""A window of a use case: its rows, the champion's answers to them, and both beside the reference."""

from typing import TYPE_CHECKING, Any

import numpy as np

from keepfit import features, registry, score
from keepfit.config import default_metric
from keepfit.config.model import UseCase
from keepfit.monitor.helped import helped
from keepfit.monitor.made import days_of, watched_kinds
from keepfit.monitor.part import counted
from keepfit.monitor.realised import labelled_residuals
from keepfit.monitor.reference import Reference
from keepfit.monitor.rows import Came, logged_answers, rows_of
from keepfit.monitor.window import Seen, look, trigger_metric
from keepfit.records import Extracted, Gathered, Moment, Seat, Span, Window, parse
from keepfit.score import one_thread
from keepfit.store import Store, get

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.records import Manifest
    from keepfit.score import Scorer

REFERENCE = "reference"  # the role of the object in the entry that registers a version


def reference_digest(store: Store, use_case: str, seat: Seat) -> str | None:
    """The reference of a version, by its digest; None: it was registered without one."""
    given = registry.registration(store, use_case, seat.number)
    return given.objects.get(REFERENCE) if given else None


def watch(
    store: Store,
    use_case: UseCase,
    extracted: Extracted,
    gathered: Gathered,
    moment: Moment,
    seat: Seat,
    reference: str,
) -> Window:
    """Look at a window, with a version and its reference."""
    before = parse(get(store, reference), Reference, f"objects/{reference}")
    manifest = registry.manifest(store, use_case.name, seat.digest)
    scorer = score.load_trained(store, manifest.files)
    came = rows_of(store, use_case, extracted, gathered, moment)
    seen = seen_of(use_case, manifest, scorer, before, came, answers_of(scorer, manifest, came.table, seat.digest))
    newest = came.newest or extracted.newest
    seen = seen._replace(age=moment.as_of - newest if newest else None, age_at_most=use_case.data.freshness)
    optimize = use_case.train.optimize or default_metric(use_case.task)
    found = look(before, seen, optimize)
    metric = trigger_metric(use_case.task, optimize)
    return Window(
        use_case=use_case.name,
        as_of=moment.as_of,
        span=Span(start=gathered.start, end=gathered.end, rows=came.rows),
        version=seat,
        reference=reference,
        checks=found.checks,
        estimated=found.estimated,
        realised=found.realised,
        labelled=len(seen.labels),
        alarms=found.alarms,
        broken=found.broken,
        source=gathered.source,
        helped=helped(store, gathered, came, seen, seat, manifest, metric),
    )


def answers_of(scorer: "Scorer", manifest: "Manifest", table: "pa.Table", digest: str) -> Any:
    """What a version says to each row, (n, k) or (n,): as it was logged, or anew where another one answered."""
    if not table.num_rows:
        return np.zeros((0, len(manifest.classes)) if manifest.classes else 0)
    logged = logged_answers(table, digest, len(manifest.classes) or 1)
    anew = np.flatnonzero(~np.isfinite(logged).all(axis=1))
    if anew.size:
        columns = features.from_table(table.take(anew), scorer.encoding.kinds)
        with one_thread():
            logged[anew] = scorer.predict(columns).reshape(anew.size, -1)
    return logged if manifest.classes else logged[:, 0]


def seen_of(
    use_case: UseCase, manifest: "Manifest", scorer: "Scorer", reference: Reference, came: Came, answers: Any
) -> Seen:
    """A window's rows as `look` takes them."""
    label = came.table.column(use_case.data.label.column)
    known = np.flatnonzero(label.is_valid().to_numpy(zero_copy_only=False))
    labels = np.asarray(features.encode_labels(label.take(known), manifest.classes)) if known.size else np.zeros(0)
    days = days_of(came.table, str(use_case.data.event_time))
    columns = features.from_table(came.table, watched_kinds(scorer.encoding))
    return Seen(
        features=counted(reference, columns, days),
        answers=answers,
        labelled=known,
        labels=labels,
        days=days[known],
        arrived=came.rows,
        refused=came.refused,
        refused_at_most=use_case.contract.quarantine_at_most,
        residuals=labelled_residuals(reference, columns, days, answers, known, labels),
    )
