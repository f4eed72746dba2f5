"""Tables as Parquet objects: written once, named by the digest of their bytes, verified before they are parsed."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from keepfit.errors import IntegrityError, Problem
from keepfit.store import get, put

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

PART = 1 << 17  # rows of one object at most: what is worked on at a time


def put_table(store: "Store", table: "pa.Table") -> str:
    """Keep a table; the digest of its Parquet bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=1)
    return put(store, sink.getvalue().to_pybytes())


def get_table(store: "Store", digest: str, columns: Sequence[str] | None = None) -> "pa.Table":
    """The table behind a digest, or some of its columns in the order asked for.

    Raises
    ------
    IntegrityError
        The bytes do not fit the digest, are not Parquet, or lack a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = get(store, digest)
    try:
        # ParquetFile rather than read_table: the latter loads pyarrow.dataset, which costs half a second.
        table = pq.ParquetFile(pa.BufferReader(data)).read(columns=list(columns) if columns is not None else None)
        return table if columns is None else table.select(list(columns))
    except (pa.ArrowInvalid, KeyError) as error:
        raise IntegrityError(Problem("an object is not the table it should be", digest, found=str(error))) from error


def give_back() -> None:
    """Return to the system what the allocator keeps of tables that are gone, before something else needs much."""
    if "pyarrow" in sys.modules:
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
