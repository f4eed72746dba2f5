"""What was kept: the snapshot, its statistics, and what is expected of it as a table."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from keepfit.config.model import UseCase
from keepfit.data.snapshot import Writer, read_snapshot
from keepfit.data.tables import get_table
from keepfit.profile import Profile, merged, profiled
from keepfit.records import Accepted, Expectation, Extracted, Moment, Snapshot, parse
from keepfit.store import get
from keepfit.validate import quarantine
from keepfit.validate.book import Book
from keepfit.validate.expectations import AcceptedProfile, judged
from keepfit.validate.fates import Fate
from keepfit.validate.terms import Terms
from keepfit.validate.turns import in_turn

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store


class Kept(NamedTuple):
    """The snapshot of the rows that are kept, their statistics, and how many of them each file has."""

    snapshot: Snapshot
    profile: Profile
    files: Counter[str]


def keep(store: "Store", use_case: UseCase, parts: Sequence[str], book: Book, terms: Terms) -> Kept:
    """Write the rows that are kept as a snapshot."""
    kinds = {name: rule.type for name, rule in terms.columns.items()}
    writer = Writer(store, use_case.name, kinds, use_case.data.key, use_case.data.event_time)
    profiles: list[Profile] = []
    files: Counter[str] = Counter()
    for part in _parts(store, parts, book, list(kinds)):
        writer.add(part.rows)
        profiles.append(part.profile)
        files.update(part.files)
    return Kept(writer.close(), merged(profiles), files)


def expected(
    store: "Store", use_case: UseCase, extracted: Extracted, moment: Moment, accepted: Sequence[Accepted], kept: Kept
) -> tuple[Expectation, ...]:
    """What was seen of every expectation on the rows that are kept; nothing where none is.

    Raises
    ------
    ConfigError
        An expectation does not exist or has wrong arguments.
    """
    if not kept.profile.rows:
        return ()
    return judged(
        use_case.expectations,
        kept.profile,
        [column.name for column in kept.snapshot.columns],
        lambda columns: read_snapshot(store, use_case.name, kept.snapshot.digest, columns),
        [AcceptedProfile(a.as_of, a.rows, parse(get(store, a.profile), Profile, a.profile)) for a in accepted],
        moment,
        extracted.newest,
        event_time=use_case.data.event_time,
    )


class _Part(NamedTuple):
    rows: "pa.Table"
    profile: Profile
    files: dict[str, int]


def _parts(store: "Store", parts: Sequence[str], book: Book, columns: Sequence[str]) -> Iterator[_Part]:
    """The rows that are kept, part by part."""
    import pyarrow as pa

    def of_part(part: tuple[str, tuple[int, int]]) -> _Part:
        digest, (start, end) = part
        kept = book.fates[start:end] == Fate.KEPT
        table = get_table(store, digest, [*columns, "_file"])
        table = table if kept.all() else table.filter(pa.array(kept))
        rows = table.select(list(columns))
        return _Part(rows, profiled(rows), quarantine.by_file(table))

    return in_turn(of_part, zip(parts, book.spans, strict=True))
