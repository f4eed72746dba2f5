"""The ledger's entries, what is folded from them, and what is shown of them."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from keepfit.records.canonical import Record
from keepfit.records.judgement import Outcome
from keepfit.records.monitoring import Noted, RetrainDecision, Watch
from keepfit.records.rollout import Rollout
from keepfit.records.seat import Seat

Action = Literal[
    "registered",
    "judged",
    "rollout_started",
    "rollout_stopped",
    "promoted",
    "rolled_back",
    "disabled",
    "replayed",
    "monitored",
]


class Accepted(Record, frozen=True, kw_only=True):
    """Data that were learnt from and that nobody has to look at (any more): what the next data are compared with."""

    as_of: datetime
    rows: int
    profile: str


class ShownVersion(Record, frozen=True, kw_only=True):
    """A version on one line; ``held`` is why a person must still look before it is released, or empty.

    ``candidate`` is the one that won in its run.
    """

    version: int
    digest: str
    created: datetime
    as_of: datetime | None
    outcome: Outcome | None
    metrics: dict[str, float]
    held: str = ""
    candidate: str = ""


class ShownEntry(Record, frozen=True, kw_only=True):
    """An entry of the ledger on one line; in a fold, long texts are cut."""

    seq: int
    at: datetime
    action: Action
    version: int | None
    actor: str
    reason: str


class Spending(Record, frozen=True, kw_only=True):
    """How much of the year's rate of false promotions looks have spent, and what creep is measured against.

    ``year_start`` is the first look of the first year, or whole years after it; None before the first. ``anchor`` is
    the version that was champion first, or the last one that was shown to be better than the anchor before it, or that
    a person promoted.
    """

    year_start: datetime | None = None
    spent: float = 0.0
    anchor: Seat | None = None


class Fold(Record, frozen=True, kw_only=True):
    """What the entries up to here add up to.

    ``versions`` is how many numbers were given; ``champion`` serves (None before the first, or while disabled);
    ``last_champion`` is the one to compare with, also while disabled; ``past`` are the champions before it, newest
    first, the first of which a rollback without a number goes to: a rollback takes those out that it skips, and one
    that was disabled comes back only by its number. ``challenger`` is the newest registered version that passed or is
    undecided, until it becomes champion. ``accepted`` are the latest data that were accepted, newest ``as_of`` first;
    ``replays`` is the object of all rows that people have put back from quarantine. ``newest_versions`` and
    ``newest_entries`` are the lines that ``keepfit show`` prints, newest first, this entry's own the first of them.
    ``spending`` is not there in ledgers that are older than it, until something is spent; ``watch`` until a window was
    looked at; ``rollout`` only while a challenger answers beside the champion: a promotion, a rollback, a disabling, or
    a fail of it, ends that.
    """

    versions: int = 0
    champion: Seat | None = None
    last_champion: Seat | None = None
    past: tuple[Seat, ...] = ()
    challenger: Seat | None = None
    disabled: bool = False
    accepted: tuple[Accepted, ...] = ()
    replays: str | None = None
    newest_versions: tuple[ShownVersion, ...] = ()
    newest_entries: tuple[ShownEntry, ...] = ()
    spending: Spending | UnsetType = UNSET
    watch: Watch | UnsetType = UNSET
    rollout: Rollout | UnsetType = UNSET


class Draft(Record, frozen=True, kw_only=True):
    """What somebody wants to add to history: what, who, why.

    ``version`` is None only for ``disabled`` and ``replayed``. ``metrics`` are the figures that ``show`` lists,
    ``objects`` digests of objects by role (a report, the data's provenance and profile), ``details`` whatever else
    explains the entry: how many ``rows`` were learnt from, which ``candidate`` won, why a version is ``held`` for a
    person. ``spent`` is what a look took of the year's rate of false promotions, ``rollout`` what begins. ``noted`` is
    the window that was looked at, ``retrain`` what was decided about it.
    """

    action: Action
    actor: str
    reason: str
    at: datetime
    as_of: datetime | None = None
    version: Seat | None = None
    verdict: str | None = None
    outcome: Outcome | None = None
    run: str | None = None
    metrics: dict[str, float] = msgspec.field(default_factory=dict)
    objects: dict[str, str] = msgspec.field(default_factory=dict)
    details: dict[str, str] = msgspec.field(default_factory=dict)
    spent: float | UnsetType = UNSET
    noted: Noted | UnsetType = UNSET
    retrain: RetrainDecision | UnsetType = UNSET
    rollout: Rollout | UnsetType = UNSET


class Entry(Draft, frozen=True, kw_only=True):
    """One line of history.

    ``previous`` is the digest of the bytes of the entry before ("" for the first), ``fold`` the state after this one,
    ``checksum`` the digest of this entry with an empty checksum (it guards the newest, which has no successor yet).
    """

    seq: int
    use_case: str
    previous: str
    fold: Fold
    checksum: str


class Position(Record, frozen=True, kw_only=True):
    """Where the ledger stood when a run first looked; fixes the champion that it is judged against.

    ``seq`` 0 and an empty ``head`` mean that there was no entry. ``champion`` is the last one while it is disabled.
    ``spend`` is the chance of a wrong promotion that this look may take: None where nothing is compared with the
    champion, 0 where this year's rate is spent. ``anchor`` is a fixed earlier version, unless it is the champion.
    """

    seq: int
    head: str
    champion: Seat | None
    spend: float | None = None
    anchor: Seat | None = None
    challenger: Seat | None = None


class Beside(Record, frozen=True, kw_only=True):
    """Whom a candidate is measured beside, and at what rate: what figures depend on of a `Position`."""

    champion: Seat | None
    anchor: Seat | None
    spend: float | None


class Compared(Record, frozen=True, kw_only=True):
    """The earlier data that a run's own are compared with, newest first: fixed when it first looks."""

    accepted: tuple[Accepted, ...]


class Shown(Record, frozen=True, kw_only=True):
    """What ``keepfit show --json`` answers; versions and entries newest first.

    ``previous`` is the champion before this one, to which a rollback goes. ``versions`` and ``ledger`` hold the latest
    20 of each, their texts cut at 120 characters, or with ``--all`` everything; ``versions_in_all`` and
    ``entries_in_all`` count what there is; ``spending`` is None before the first champion, ``watch`` before a window
    was looked at.
    """

    use_case: str
    store: str
    champion: int | None
    challenger: int | None
    previous: int | None
    disabled: bool
    versions: tuple[ShownVersion, ...]
    ledger: tuple[ShownEntry, ...]
    versions_in_all: int = 0
    entries_in_all: int = 0
    spending: Spending | None = None
    rollout: Rollout | None = None
    watch: Watch | None = None


class Checked(Record, frozen=True, kw_only=True):
    """How much ``verify`` looked at."""

    entries: int = 0
    versions: int = 0
    objects: int = 0


class Misfit(Record, frozen=True, kw_only=True):
    """Something that does not fit: what, in which file, what should be there, what is."""

    what: str
    where: str
    expected: str = ""
    found: str = ""


class Verified(Record, frozen=True, kw_only=True):
    """What ``keepfit verify --json`` answers; the ledger's problems come first, in the order of its entries."""

    ok: bool
    checked: Checked
    problems: tuple[Misfit, ...]
