"""Whom the ledger names."""

from keepfit.records.canonical import Record


class Seat(Record, frozen=True, kw_only=True):
    """A version by its number and its digest."""

    number: int
    digest: str
