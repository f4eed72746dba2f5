"""When the rows of files are, so that files of which no row can matter need not be looked at one by one."""

from collections.abc import Iterable
from datetime import datetime

from keepfit.data.moment import Span
from keepfit.records import Column, Record

Ends = tuple[datetime, datetime]


class ParsedFile(Record, frozen=True, kw_only=True):
    """What became of one file: objects of the rows that fit and of those that do not.

    ``first`` and ``last`` are its earliest and latest event; ``undated`` counts the rows without one. ``refused_ends``
    are the same of the rows that do not fit, None where a row of these has no time. ``profile`` is the object of its
    columns' statistics.
    """

    parts: tuple[str, ...]
    rows: int
    refused: tuple[str, ...]
    refused_rows: int
    columns: tuple[Column, ...]
    first: datetime | None
    last: datetime | None
    undated: int
    refused_ends: Ends | None = None
    profile: str


class Extent(Record, frozen=True, kw_only=True):
    """Of one file or more: rows that fit, those of them without a time, the ends of the others; and of refused rows."""

    rows: int
    undated: int
    ends: Ends | None
    refused: int
    refused_ends: Ends | None

    @property
    def all_rows(self) -> int:
        """The rows that fit and those that do not."""
        return self.rows + self.refused

    def outside(self, span: Span) -> tuple[int, int] | None:
        """How many rows are not there yet, and how many are too early; None where one may matter."""
        kept = self.kept_outside(span)
        refused = _outside(span, self.refused, self.refused_ends)
        return (kept[0] + refused[0], kept[1] + refused[1]) if kept is not None and refused is not None else None

    def kept_outside(self, span: Span) -> tuple[int, int] | None:
        """The same of the rows that fit alone."""
        return _outside(span, self.rows, None if self.undated else self.ends)


def extent(parsed: ParsedFile) -> Extent:
    """That of one file."""
    ends = (parsed.first, parsed.last) if parsed.first is not None and parsed.last is not None else None
    return Extent(
        rows=parsed.rows,
        undated=parsed.undated if ends else parsed.rows,
        ends=ends,
        refused=parsed.refused_rows,
        refused_ends=parsed.refused_ends,
    )


def together(extents: Iterable[Extent]) -> Extent:
    """That of several files."""
    each = tuple(extents)
    dated = all(one.refused_ends for one in each if one.refused)
    return Extent(
        rows=sum(one.rows for one in each),
        undated=sum(one.undated for one in each),
        ends=_ends(one.ends for one in each),
        refused=sum(one.refused for one in each),
        refused_ends=_ends(one.refused_ends for one in each) if dated else None,
    )


def _ends(ends: Iterable[Ends | None]) -> Ends | None:
    known = [each for each in ends if each is not None]
    return (min(first for first, _ in known), max(last for _, last in known)) if known else None


def _outside(span: Span, rows: int, ends: Ends | None) -> tuple[int, int] | None:
    if not rows:
        return 0, 0
    left_out = span.left_out_of(*ends, rows) if ends is not None and span.time is not None else None
    return None if left_out == (0, 0) else left_out
