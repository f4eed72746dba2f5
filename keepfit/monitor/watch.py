"""A window of a use case, a part of its rows at a time: the champion's answers, and all of it beside the reference."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keepfit import features, registry, score
from keepfit.config import default_metric
from keepfit.config.model import UseCase
from keepfit.data import give_back
from keepfit.monitor.arrival import Seen, Unusable
from keepfit.monitor.expected import expected
from keepfit.monitor.helped import Rival, helped, rival_of
from keepfit.monitor.made import days_of, watched_kinds
from keepfit.monitor.part import Answers, tallied
from keepfit.monitor.reference import Reference
from keepfit.monitor.rows import Came, logged_answers, rows_of, usable
from keepfit.monitor.window import look, trigger_metric
from keepfit.records import Extracted, Gathered, Moment, Seat, Span, Window, parse
from keepfit.score import one_thread
from keepfit.store import Store, get

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.records import Manifest
    from keepfit.score import Scorer

_SLICE = 1 << 15  # rows
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
    parts = _Parts(
        use_case, seat, manifest, score.load_trained(store, manifest.files), rival_of(store, gathered, manifest)
    )
    came = rows_of(store, use_case, extracted, gathered, moment)
    give_back()  # what holding rows to the contract left
    rows = tallied(before, map(parts.answered, _sliced(came.tables)))
    newest = parts.newest if gathered.source == "log" else extracted.newest
    seen = Seen(
        rows=rows,
        arrived=came.rows,
        refused=came.refused,
        refused_at_most=use_case.contract.quarantine_at_most,
        broken=came.broken,
        labels=parts.labels,
        answers=parts.answers,
        elsewhere=tuple(_elsewhere(extracted, came)) if gathered.source == "rows" else (),
        age=moment.as_of - newest if newest else None,
        age_at_most=use_case.data.freshness,
        expected=tuple(expected(use_case, came, parts.columns, moment)),
    )
    optimize = use_case.train.optimize or default_metric(use_case.task)
    found, metric = look(before, seen, optimize), trigger_metric(use_case.task, optimize)
    return Window(
        use_case=use_case.name,
        as_of=moment.as_of,
        span=Span(start=gathered.start, end=gathered.end, rows=came.rows),
        version=seat,
        reference=reference,
        checks=found.checks,
        estimated=found.estimated,
        realised=found.realised,
        labelled=rows.labelled,
        alarms=found.alarms,
        broken=found.broken,
        source=gathered.source,
        source_because=gathered.because,
        helped=None if found.broken else helped(parts.rival, rows, seat, gathered.end, metric),
    )


def _elsewhere(extracted: Extracted, came: Came) -> Iterator[str]:
    """Rows of the sources that no window will ever have."""
    if extracted.future:
        yield f"{extracted.future:,} rows of the sources are dated later than this run began"
    if came.untimed:
        yield f"{came.untimed:,} rows of the sources have no time that could be read"


def _sliced(tables: "Iterator[pa.Table]") -> "Iterator[pa.Table]":
    """A few rows at a time: a model's matrix may have hundreds of columns."""
    for table in tables:
        for first in range(0, table.num_rows, _SLICE):
            yield table.slice(first, _SLICE)


class _Parts:
    """Turns tables into what is tallied of them; remembers their columns and the time of the newest row."""

    def __init__(
        self, use_case: UseCase, seat: Seat, manifest: "Manifest", scorer: "Scorer", rival: Rival | None
    ) -> None:
        self._use_case, self._seat, self._manifest, self._scorer = use_case, seat, manifest, scorer
        self.rival = rival
        self.newest: datetime | None = None
        self.columns: tuple[str, ...] = ()
        self.labels, self.answers = Unusable(), Unusable()

    def answered(self, table: "pa.Table") -> Answers:
        """A part with the version's answers to it."""
        import pyarrow.compute as pc

        time, label = str(self._use_case.data.event_time), table.column(self._use_case.data.label.column)
        self.columns = tuple(table.column_names)
        latest = pc.max(table.column(time)).as_py()
        self.newest = max((each for each in (self.newest, latest) if each is not None), default=None)
        classes = self._manifest.classes
        known, labels, such = usable(label, classes)
        self.labels = _more(self.labels, label.length() - label.null_count - known.size, known.size, such)
        answers, bad, of = answers_of(self._scorer, classes, table, self._seat.digest)
        self.answers = _more(self.answers, bad, of - bad, "")
        return Answers(
            columns=features.from_table(table, watched_kinds(self._scorer.encoding)),
            days=days_of(table, time),
            answers=answers,
            labelled=known,
            labels=labels,
            others=self._others(table, known, answers),
        )

    def _others(self, table: "pa.Table", known: NDArray[np.intp], answers: Any) -> Any:
        """What the other version says to the rows with labels."""
        if self.rival is None:
            return None
        return self.rival.answers(table.take(known)) if known.size else answers[known]  # none of them: the same shape


def _more(found: Unusable, bad: int, good: int, such: str) -> Unusable:
    return Unusable(found.rows + bad, found.of + bad + good, found.such or such)


def answers_of(scorer: "Scorer", classes: tuple[str, ...], table: "pa.Table", digest: str) -> tuple[Any, int, int]:
    """What a version says to each row, (n, k) or (n,): as it was logged, or anew where another one answered.

    And how many of its own answers in the log are none, so that it is asked anew there too, of how many.
    """
    answers, own = logged_answers(table, digest, len(classes))
    anew = np.flatnonzero(np.isnan(answers).any(axis=1))
    bad = int(own[anew].sum())
    if anew.size:
        some = table if anew.size == table.num_rows else table.take(anew)
        with one_thread():
            answers[anew] = scorer.predict(features.from_table(some, scorer.encoding.kinds)).reshape(anew.size, -1)
    return (answers if classes else answers[:, 0]), bad, int(own.sum())
