"""What is known of names, brought to the rows that ask for it by a name: joined on disk where memory ends."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from keepfit.data.engine import connected
from keepfit.errors import InfrastructureError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 1 << 16  # rows
MEMORY = 256  # MB


@contextmanager
def joining(what: str, where: str) -> "Iterator[Any]":
    """A connection to join with; ``what`` ran out of memory or disk, if it does.

    Raises
    ------
    InfrastructureError
        The disk is full of what did not fit into memory.
    """
    import duckdb

    with connected(MEMORY) as connection:
        try:
            yield connection
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            do = "free space where temporary files go (TMPDIR)"
            said = f"{what} ran out of memory or disk"
            raise InfrastructureError(Problem(said, where, found=str(error)[:300], do=do)) from error


def register(connection: Any, name: str, schema: "pa.Schema", tables: "Iterable[pa.Table]") -> None:
    """Make rows known that are read once, a batch at a time."""
    import pyarrow as pa

    batches = (batch for table in tables for batch in table.cast(schema).to_batches())
    connection.register(name, pa.RecordBatchReader.from_batches(schema, batches))


def fill(connection: Any, name: str, tables: "Iterable[pa.Table]") -> None:
    """Insert rows into a table, a part at a time; what goes wrong with reading them is raised as it is."""
    for table in tables:
        connection.register("part", table)
        connection.execute(f"insert into {name} by name from part")
    connection.unregister("part")


class Placed:
    """Rows with a ``place``, in the order of places, read as far as is asked; of one place the first row counts."""

    def __init__(self, batches: "Iterator[pa.RecordBatch]") -> None:
        self._batches = batches
        self._waiting: pa.Table | None = None

    def of_rows(self, first: int, rows: int) -> "pa.Table | None":
        """The other columns at the places ``first``, ``first + 1``, …, null where there is no row; None: at none."""
        import pyarrow as pa

        self._read(first + rows)
        if self._waiting is None:
            return None
        places = self._waiting.column("place").to_numpy()
        count = int(np.searchsorted(places, first + rows))
        where, turn = np.unique(places[:count], return_index=True)
        found = self._waiting.drop_columns(["place"]).take(pa.array(turn))
        self._waiting = self._waiting.slice(count)
        if not where.size:
            return None
        at = np.full(rows, -1)
        at[where - first] = np.arange(where.size)
        return found.combine_chunks().take(pa.array(at, mask=at < 0))

    def _read(self, end: int) -> None:
        import pyarrow as pa

        while self._waiting is None or not self._waiting.num_rows or self._waiting.column("place")[-1].as_py() < end:
            batch = next(self._batches, None)
            if batch is None:
                return
            more = pa.Table.from_batches([batch])
            self._waiting = more if self._waiting is None else pa.concat_tables([self._waiting, more])
