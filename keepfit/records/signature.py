"""What a server must know of a version beyond its files: which records it takes and what they must satisfy."""

from typing import Literal

from keepfit.records.canonical import Record

Role = Literal["feature", "key", "event_time", "protected"]


class SignedColumn(Record, frozen=True, kw_only=True):
    """A name that a record may hold, what its value must be, and what it is for.

    ``type`` is one of category, text, int, float, bool, time; the limits are those of the contract. A value outside
    ``values`` is answered with a warning where ``unseen_kept``, else refused.
    """

    name: str
    type: str
    roles: tuple[Role, ...]
    nullable: bool
    min: float | None = None
    max: float | None = None
    values: tuple[str, ...] | None = None
    unseen_kept: bool = False
    min_length: int | None = None
    max_length: int | None = None
    matches: str | None = None
    unit: str | None = None


class Signature(Record, frozen=True, kw_only=True):
    """A file of the version: the YAML may have changed since, or be somewhere else.

    Features come first in ``columns``. Times without an offset are read in ``timezone``. ``label`` is what is
    predicted; no record holds it.
    """

    use_case: str
    description: str
    task: str
    timezone: str
    label: str
    columns: tuple[SignedColumn, ...]
