"""What a window looked like beside the reference, and what was decided."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from keepfit.records.canonical import Record
from keepfit.records.judgement import Estimate, Outcome
from keepfit.records.seat import Seat

MOST_DAYS = 62  # of labelled rows after which a case without an interval is closed
REMEMBERED = 40  # windows that a fold holds, the newest: three weeks of days, and some

Trigger = Literal["drift", "estimated_performance", "realised_performance"]
Source = Literal["log", "rows"]
Kind = Literal["feature", "score", "label"]


class Span(Record, frozen=True, kw_only=True):
    """A stretch of time, ``end`` excluded, and how many rows it has."""

    start: datetime
    end: datetime
    rows: int


class Gathered(Record, frozen=True, kw_only=True):
    """Where the rows of a window come from: what was served (``log``), or what arrived in the sources (``rows``).

    ``parts`` are Parquet objects of what was served, with the answers and the labels that were known; of ``rows`` there
    are none, they are those that were extracted. ``because`` says why it is this source. ``case`` is there while it is
    still to be said whether the champion does better than the one before.
    """

    start: datetime
    end: datetime
    source: Source
    parts: tuple[str, ...] = ()
    rows: int = 0
    because: str = ""
    case: "Case | None" = None


class WindowCheck(Record, frozen=True, kw_only=True):
    """One question about a window.

    ``fail`` is an alarm; ``not_enough_evidence`` says that it could not be asked, or that the reference is too short to
    say what is usual. ``value`` beside ``threshold``; ``effect`` is the size of the difference whatever its
    significance: a stability index, a share, a ratio. ``feature`` is a column, or the metric that is asked about;
    ``kind`` says what a column is, which its name does not: None in records that are older, and where it is no column.
    """

    check: str
    feature: str | None = None
    kind: Kind | None = None
    outcome: Outcome
    value: float | None = None
    threshold: float | None = None
    effect: float | None = None
    reason: str = ""


class Forecast(Record, frozen=True, kw_only=True):
    """A metric without labels: what it will probably turn out to be, with bounds (None: not known)."""

    value: float | None
    low: float | None
    high: float | None
    threshold: float | None


class Window(Record, frozen=True, kw_only=True):
    """What the monitor saw of a window.

    ``alarms`` are the triggers that alarmed; ``broken`` says why the data look broken rather than drifted. ``labelled``
    rows have realised figures. ``reference`` is the object that it was compared with, ``source`` where its rows come
    from, the prediction log or the sources, and ``source_because`` why.
    """

    use_case: str
    as_of: datetime
    span: Span
    version: Seat
    reference: str
    checks: tuple[WindowCheck, ...]
    estimated: dict[str, Forecast]
    realised: dict[str, Estimate]
    labelled: int
    alarms: tuple[Trigger, ...]
    broken: tuple[str, ...]
    source: Source = "rows"
    source_because: str = ""
    helped: "Helped | None" = None


class Helped(Record, frozen=True, kw_only=True):
    """A new champion and the one that it replaced, on the same labelled rows, of one window or of several.

    ``difference`` is positive where the new one is better, whatever the metric; None: it could not be computed. It has
    ``helped`` where all of the interval is better, and has ``hurt`` where all of it is worse. ``days`` are rows, the
    sum of differences and that of their squares by day, of windows that do not overlap, the newest of which ends at
    ``end``; they are there until there are enough of them.
    """

    version: int
    replaced: int
    end: datetime
    rows: int
    metric: str
    difference: float | None
    low: float | None
    high: float | None
    outcome: Literal["helped", "hurt", "unclear"]
    days: tuple[tuple[int, float, float], ...] | UnsetType = UNSET

    @property
    def closed(self) -> bool:
        """Whether later windows add nothing: there is an interval, or there never will be one."""
        return self.low is not None or self.days is UNSET or len(self.days) >= MOST_DAYS


class Case(Record, frozen=True, kw_only=True):
    """The champion that was replaced, and what is known of the new one beside it; None: nothing yet."""

    replaced: Seat
    known: Helped | None = None


class Told(Record, frozen=True, kw_only=True):
    """What was estimated of a window, and what came, in the metric that may trigger; None: not known.

    Beyond ``limit`` what came is worse than usual; it is not there where it was not known, or the ledger is older.
    """

    metric: str
    estimated: float | None
    low: float | None
    high: float | None
    realised: float | None
    rows: int
    labelled: int
    limit: float | UnsetType = UNSET


class Lost(Record, frozen=True, kw_only=True):
    """Realised performance that alarmed in the time of an earlier version, and that no later one has brought back.

    ``limit`` is where it was worse than usual for ``version``, ``since`` the end of the first window that was.
    """

    version: int
    metric: str
    limit: float
    since: datetime


class Noted(Record, frozen=True, kw_only=True):
    """A window as the fold remembers it, enough to decide by.

    ``told`` is not there in ledgers that are older than it; ``helped`` only where the window closes a case,
    ``lost`` only while something is.
    """

    end: datetime
    start: datetime
    version: int
    window: str
    alarms: tuple[Trigger, ...]
    broken: bool
    told: Told | UnsetType = UNSET
    helped: Helped | UnsetType = UNSET
    lost: Lost | UnsetType = UNSET


class RetrainDecision(Record, frozen=True, kw_only=True):
    """Whether to retrain: ``because`` of what, or ``suppressed_by`` what although something alarmed (None: nothing)."""

    retrain: bool
    because: tuple[str, ...] = ()
    suppressed_by: str | None = None


class Referenced(Record, frozen=True, kw_only=True):
    """The object that a version's windows are compared with; None where there can be none, and ``note`` says why."""

    reference: str | None
    note: str


class Watch(Record, frozen=True, kw_only=True):
    """What the fold remembers of monitoring: the latest windows, and when retrains were asked for, newest first.

    ``helped`` says of new champions whether they do better than those that they replaced, newest first.
    """

    windows: tuple[Noted, ...] = ()
    requests: tuple[datetime, ...] = ()
    helped: tuple[Helped, ...] | UnsetType = UNSET


class Track(Record, frozen=True, kw_only=True):
    """How estimates of performance turned out, over windows that do not overlap and whose labels are known.

    ``hits`` of ``windows`` came out inside the interval; ``bias`` is by how much the metric came out above the estimate
    on average. Not ``trusted``: it misses more often than an interval like that would.
    """

    metric: str
    windows: int
    hits: int
    bias: float
    trusted: bool


class Monitored(Record, frozen=True, kw_only=True):
    """What ``keepfit monitor --json`` answers.

    ``late`` are earlier windows that were looked at again, because more of their labels had come.
    ``lost`` is what has not come back since an earlier version's time.
    ``page`` is that of the window, ``overview`` that of the use case over time.
    """

    use_case: str
    as_of: datetime
    window: Window | None
    decision: RetrainDecision
    entry: int | None = None
    reason: str = ""
    track: Track | None = None
    lost: Lost | None = None
    late: tuple["Monitored", ...] = ()
    page: str | None = None
    overview: str | None = None
