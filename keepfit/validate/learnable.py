"""What was kept: the snapshot, its profile, its classes and what is expected of it as a table."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from keepfit.config.model import UseCase
from keepfit.data.snapshot import Writer, read_snapshot
from keepfit.data.tables import get_table
from keepfit.profile import Profile, merged, profiled
from keepfit.records import Accepted, ColumnSummary, Expectation, Extracted, Moment, Snapshot, canonical, parse
from keepfit.store import get, put
from keepfit.validate import quarantine
from keepfit.validate.book import Book
from keepfit.validate.expectations import AcceptedProfile, held, judged, stopped, warned
from keepfit.validate.fates import Fate
from keepfit.validate.labels import classes_to_tell_apart
from keepfit.validate.summary import summaries
from keepfit.validate.terms import Terms
from keepfit.validate.turns import in_turn

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store


class Learnable(NamedTuple):
    """The snapshot, and what is said of it; ``files`` counts its rows by file."""

    snapshot: Snapshot
    profile: str
    columns: tuple[ColumnSummary, ...]
    expectations: tuple[Expectation, ...]
    held: tuple[str, ...]
    warnings: tuple[str, ...]
    files: Counter[str]


def learnable(
    store: "Store",
    use_case: UseCase,
    extracted: Extracted,
    moment: Moment,
    accepted: Sequence[Accepted],
    book: Book,
    terms: Terms,
) -> Learnable:
    """Write the rows that are kept as a snapshot, and see that they can be learnt from.

    Raises
    ------
    DataError
        There are no classes to tell apart, or an expectation failed or crashed.
    ConfigError
        An expectation does not exist or has wrong arguments.
    """
    kinds = {name: rule.type for name, rule in terms.columns.items()}
    writer = Writer(store, use_case.name, kinds, use_case.data.key, use_case.data.event_time)
    profiles: list[Profile] = []
    files: Counter[str] = Counter()
    for kept in _kept(store, extracted.parts, book, list(kinds)):
        writer.add(kept.rows)
        profiles.append(kept.profile)
        files.update(kept.files)
    profile = merged(profiles)
    classes_to_tell_apart(profile, use_case)
    snapshot = writer.close()
    told = judged(
        use_case.expectations,
        profile,
        list(kinds),
        lambda columns: read_snapshot(store, use_case.name, snapshot.digest, columns),
        [AcceptedProfile(a.as_of, a.rows, parse(get(store, a.profile), Profile, a.profile)) for a in accepted],
        moment,
        extracted.newest,
        event_time=use_case.data.event_time,
    )
    if error := stopped(told):
        raise error
    return Learnable(
        snapshot=snapshot,
        profile=put(store, canonical(profile)),
        columns=summaries(profile, kinds),
        expectations=told,
        held=held(told),
        warnings=warned(told),
        files=files,
    )


class _Kept(NamedTuple):
    rows: "pa.Table"
    profile: Profile
    files: dict[str, int]


def _kept(store: "Store", parts: Sequence[str], book: Book, columns: Sequence[str]) -> Iterator[_Kept]:
    """The rows that are kept, part by part."""
    import pyarrow as pa

    def of_part(part: tuple[str, tuple[int, int]]) -> _Kept:
        digest, (start, end) = part
        kept = book.fates[start:end] == Fate.KEPT
        table = get_table(store, digest, [*columns, "_file"])
        table = table if kept.all() else table.filter(pa.array(kept))
        rows = table.select(list(columns))
        return _Kept(rows, profiled(rows), quarantine.by_file(table))

    return in_turn(of_part, zip(parts, book.spans, strict=True))
