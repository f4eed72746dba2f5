"""Rows by SQL, larger than memory: of a query over sources, or sorted."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from keepfit.data.engine import connected
from keepfit.data.query import WHERE, check
from keepfit.data.stream import Stream
from keepfit.errors import ConfigError, InfrastructureError, KeepfitError, Problem

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_BATCH = 1 << 16
_ARRIVING = "_arriving"
_MEMORY, _OF_A_COLUMN = 192, 4  # MB


class Relation(Protocol):
    """What DuckDB can read, as often as it wants: a `Stream`, or a table."""

    @property
    def schema(self) -> "pa.Schema":
        """Its columns."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Its rows, from the first one."""


class Rows(NamedTuple):
    """The rows of a query: their columns, and batches of them that can be taken once."""

    schema: "pa.Schema"
    batches: "Iterator[pa.Table]"


@contextmanager
def running(sql: str, sources: "Mapping[str, Relation]") -> Iterator[Rows]:
    """The rows of the query, as long as they are asked for.

    Raises
    ------
    ConfigError
        Not a single SELECT, not deterministic, reads something else than the sources, or DuckDB refuses it (also later,
        when a batch is taken).
    InfrastructureError
        The disk is full of what did not fit into memory.
    """
    import duckdb

    with connected(_memory(sources.values())) as connection:
        try:
            check(sql, {name: source.schema.names for name, source in sources.items()}, connection)
            for name, source in sources.items():
                _keep(connection, name, source)
            reader = connection.sql(sql).to_arrow_reader(_BATCH)
        except duckdb.Error as error:
            raise _told(error, sources) from error
        yield Rows(reader.schema, _batches(reader, sources))


@contextmanager
def ordered(rows: Relation, columns: Sequence[str]) -> Iterator[Rows]:
    """The rows sorted by columns (numbers, times, or texts by their UTF-8 bytes), nulls last; out of core if need be.

    Raises
    ------
    InfrastructureError
        The disk is full of what did not fit into memory.
    """
    by = ", ".join('"' + name.replace('"', '""') + '" nulls last' for name in columns)
    import duckdb

    with connected(_memory([rows])) as connection:
        try:
            connection.register("rows", rows)
            reader = connection.sql(f"select * from rows order by {by}").to_arrow_reader(_BATCH)  # noqa: S608 - quoted
        except duckdb.Error as error:
            raise _told(error, {"rows": rows}) from error
        yield Rows(reader.schema, _batches(reader, {"rows": rows}))


def _memory(relations: Iterable[Relation]) -> int:
    """MB for some rows of every column; little, for a query and what sorts its rows are at it at the same time."""
    return max(_MEMORY, _MEMORY // 3 + _OF_A_COLUMN * sum(len(each.schema.names) for each in relations))


def _keep(connection: "duckdb.DuckDBPyConnection", name: str, source: Relation) -> None:
    """A source as a table of DuckDB's own: of a stream it does not know the length, and plans joins accordingly."""
    connection.register(_ARRIVING, source)
    connection.execute(f'create temp table "{name}" as select * from {_ARRIVING}')  # noqa: S608 - a name of the YAML
    connection.unregister(_ARRIVING)


def _batches(reader: "pa.RecordBatchReader", sources: "Mapping[str, Relation]") -> "Iterator[pa.Table]":
    import duckdb
    import pyarrow as pa

    try:
        for batch in reader:
            yield pa.Table.from_batches([batch])
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise _told(error, sources) from error


def _told(error: Exception, sources: "Mapping[str, Relation]") -> KeepfitError:
    """What went wrong, in our words: in a source, in DuckDB's disk or memory, or in the query."""
    import duckdb

    failed = (each for source in sources.values() if isinstance(source, Stream) for each in source.failed)
    if (first := next(failed, None)) is not None:
        return first
    if isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException):
        do = "free space where temporary files go (TMPDIR), or let the query need less"
        return InfrastructureError(Problem("the query ran out of memory or disk", WHERE, found=str(error), do=do))
    return ConfigError(_refusal(error, sources))


def _refusal(error: Exception, sources: "Mapping[str, Relation]") -> Problem:
    message = str(error).strip()
    line = re.search(r"LINE (\d+):", message)
    where = f"{WHERE}, line {line[1]}" if line else WHERE
    have = "; ".join(f"{name}: {', '.join(source.schema.names)}" for name, source in sources.items())
    return Problem("DuckDB refuses the query", where, f"a select over {have}", message)
