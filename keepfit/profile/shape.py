"""What a profile holds: frozen records, canonical JSON, bounded in size."""

from keepfit.records import Record

MOST_VALUES = 1024  # distinct values of a column that are counted one by one; also the size of the sample of hashes
MOST_BUCKETS = 2048  # of a histogram of numbers
MOST_DAYS = 4096  # of a histogram of times: eleven years
LONGEST_TEXT = 200  # bytes of a value that is counted by name
HASH_BUCKETS = 256


class ValueCounts(Record, frozen=True, kw_only=True):
    """Every distinct value with its number of rows, by value."""

    values: tuple[int | float | str, ...]
    counts: tuple[int, ...]


class Histogram(Record, frozen=True, kw_only=True):
    """Rows by bucket, without the empty ones. At ``level`` n, 2ⁿ neighbours of the finest buckets are one."""

    level: int
    at: tuple[int, ...]
    counts: tuple[int, ...]


class ManyNumbers(Record, frozen=True, kw_only=True):
    """What is kept of the numbers of a column with more than 1,024 distinct ones.

    ``total`` and ``squares`` are exact (``keepfit.profile.exact``); ``hashes`` the 1,024 smallest hashes of the
    distinct values, eight bytes each; the histogram is that of the numbers that are not zero.
    """

    total: str
    squares: str
    zeros: int
    histogram: Histogram
    hashes: bytes


class Numbers(Record, frozen=True, kw_only=True):
    """Numbers and truth values (0 and 1). Infinite ones are counted and are in no other figure."""

    rows: int
    minus_infinity: int
    infinity: int
    low: int | float | None
    high: int | float | None
    table: ValueCounts | None
    many: ManyNumbers | None


class ManyTexts(Record, frozen=True, kw_only=True):
    """What is kept of texts that are too many or too long to be counted one by one.

    ``buckets`` are rows by the first byte of the hash of their value.
    """

    buckets: tuple[int, ...]
    hashes: bytes


class Texts(Record, frozen=True, kw_only=True):
    """Texts; lengths are in characters, ``characters`` is their sum."""

    rows: int
    shortest: int
    longest: int
    characters: int
    table: ValueCounts | None
    many: ManyTexts | None


class Times(Record, frozen=True, kw_only=True):
    """Times in microseconds since 1970 (UTC); the histogram is by UTC day, numbered from 1970-01-01."""

    rows: int
    first: int
    last: int
    days: Histogram
    hashes: bytes


class ColumnProfile(Record, frozen=True, kw_only=True):
    """One column. ``nulls`` counts every row without a value, also NaN.

    ``kind`` is a type of the contract (``category`` is kept as text), ``null`` where no row has a value, ``mixed``
    where tables disagree, ``other`` for what no contract can hold.
    """

    kind: str
    rows: int
    nulls: int
    numbers: Numbers | None = None
    texts: Texts | None = None
    times: Times | None = None


class Profile(Record, frozen=True, kw_only=True):
    """Statistics of a table, column by column."""

    rows: int
    columns: dict[str, ColumnProfile]
