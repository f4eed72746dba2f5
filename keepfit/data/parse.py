"""One file → objects of the rows that fit and of those that do not."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from keepfit.config.model import UseCase
from keepfit.data.extent import Ends, ParsedFile
from keepfit.data.mapping import Options, direct, mapped, options
from keepfit.data.paths import columns_in, in_path, with_path
from keepfit.data.readers import Form, parts
from keepfit.data.recognise import as_read
from keepfit.data.tables import Parts, put_table
from keepfit.memo import code_digest, requirements_digest
from keepfit.profile import Profile, merged, profiled
from keepfit.records import Column, canonical, digest_of
from keepfit.store import put

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

# What turns bytes into rows: a change elsewhere in our code leaves the files that were parsed as they are.
_PARSING = ("keepfit.data", "keepfit.profile")


def reading_digest(use_case: UseCase, source: str) -> str:
    """All that the parsed form of a file depends on, besides its bytes and its format."""
    declared = use_case.data.sources[source]
    form = [Form.of(declared), columns_in(declared.path)]
    return digest_of([form, options(use_case, source), code_digest(*_PARSING), requirements_digest()])


def parse(store: "Store", use_case: UseCase, source: str, file: BinaryIO, path: str) -> ParsedFile:
    """Read one file, a part at a time.

    Raises
    ------
    DataError
        The file is no table.
    """
    good, bad = Parts(store), Parts(store)
    times, refused_times = Times(use_case.data.event_time), Times("_time")
    columns: dict[str, str] = {}
    empty: tuple[pa.Table, ...] = ()
    profiles: list[Profile] = []
    how = options(use_case, source)
    own = in_path(use_case.data.sources[source].path, path)
    plain = direct(how, _names(how))
    for raw in parts(file, path, Form.of(use_case.data.sources[source]), plain):
        raw_table = with_path(raw.table, own, path)
        taken = mapped(raw_table, how)
        good.add(taken.table)
        empty = (taken.table.slice(0, 0),)
        for refused in (raw.refused, taken.refused):
            bad.add(refused)
            refused_times.see(refused)
        times.see(taken.table)
        profiles.append(profiled(as_read(raw_table, taken, how)))
        columns |= {field.name: str(field.type) for field in taken.table.schema}
    return ParsedFile(
        # A file of which every row was refused still says which columns it has.
        parts=good.close() or tuple(put_table(store, table) for table in empty),
        rows=good.rows,
        refused=bad.close(),
        refused_rows=bad.rows,
        columns=tuple(Column(name=name, type=kind) for name, kind in columns.items() if name != "_row"),
        first=times.first,
        last=times.last,
        undated=times.undated,
        refused_ends=refused_times.ends,
        profile=put(store, canonical(merged(profiles))),
    )


def _names(how: Options) -> list[str]:
    """All that the columns of the files may be called."""
    return [*how.types, *(column.name for period in how.periods for column in period.columns.values())]


class Times:
    """The first and the last event of tables that are seen one after the other."""

    def __init__(self, column: str | None) -> None:
        self._column = column
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.undated = 0

    @property
    def ends(self) -> Ends | None:
        """The first and the last, where every row has one."""
        return (self.first, self.last) if self.first and self.last and not self.undated else None

    def see(self, table: "pa.Table") -> None:
        """Take note of the next rows."""
        import pyarrow as pa
        import pyarrow.compute as pc

        name = self._column
        if name not in table.column_names or not pa.types.is_timestamp(table.schema.field(name).type):
            return
        at = table.column(name)
        self.undated += at.null_count
        if at.null_count == len(at):
            return
        ends = pc.min_max(at.cast(pa.timestamp("us", tz="UTC")))
        first, last = (ends[end].as_py().astimezone(UTC) for end in ("min", "max"))
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)
