"""What a preview says of a source."""

from datetime import datetime

from keepfit.data.recognise import Finding
from keepfit.records import Record


class Refusal(Record, frozen=True, kw_only=True):
    """A cell, or a whole row (``value`` is then its text), that could not be taken."""

    file: str
    row: int
    value: str
    reason: str


class Became(Record, frozen=True, kw_only=True):
    """What became of a column of the files in one period ("" where there is only one).

    ``found`` is its name in the files, ``column`` that of the contract. Of ``rows``, ``null`` have no value and
    ``refused`` one that does not fit; ``example`` shows one that does.
    """

    found: str
    column: str
    type: str
    period: str
    rows: int
    null: int
    refused: int
    example: str
    refusals: tuple[Refusal, ...]


class SampledFile(Record, frozen=True, kw_only=True):
    """A file of which ``rows`` rows were looked at; ``refused`` were not taken. ``wrong`` says why it is no table."""

    path: str
    rows: int
    refused: int
    wrong: str = ""


class Mapped(Record, frozen=True, kw_only=True):
    """Rows that one period reads; ``period`` is "no period" for those that fit none."""

    period: str
    rows: int


class SourcePreview(Record, frozen=True, kw_only=True):
    """A source: its files, what became of its columns, and what nobody has accounted for.

    ``shapeless`` are rows of another number of fields, ``undated`` rows that no period takes. ``first`` and ``last``
    are the first and the last event of the sample.
    """

    name: str
    files: int
    sampled: tuple[SampledFile, ...]
    columns: tuple[Became, ...]
    undeclared: tuple[str, ...]
    missing: tuple[str, ...]
    periods: tuple[Mapped, ...]
    shapeless: tuple[Refusal, ...]
    undated: tuple[Refusal, ...]
    first: datetime | None
    last: datetime | None
    recognised: tuple[Finding, ...]
