"""Tables as Parquet objects: written once, named by the digest of their bytes, verified before they are parsed."""

import ctypes
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from keepfit.errors import IntegrityError, Problem
from keepfit.store import get, get_many, owned, put

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

_MMAP_THRESHOLD = -3  # of malloc.h
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
    return _parsed(get(store, digest), digest, columns)


def get_tables(store: "Store", digests: Iterable[str], columns: Sequence[str] | None = None) -> "Iterator[pa.Table]":
    """The tables behind digests, in order, each as `get_table` gives it; a few are fetched ahead."""
    digests = list(digests)
    for digest, data in zip(digests, get_many(store, digests), strict=True):
        yield _parsed(data, digest, columns)


def _parsed(data: bytes, digest: str, columns: Sequence[str] | None) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # ParquetFile rather than read_table: the latter loads pyarrow.dataset, which costs half a second.
        table = pq.ParquetFile(owned.reader(data)).read(columns=list(columns) if columns is not None else None)
        return table if columns is None else table.select(list(columns))
    except (pa.ArrowInvalid, KeyError) as error:
        raise IntegrityError(Problem("an object is not the table it should be", digest, found=str(error))) from error


def schema_of(store: "Store", digest: str) -> "pa.Schema":
    """The columns of the table behind a digest."""
    import pyarrow.parquet as pq

    return pq.ParquetFile(owned.reader(get(store, digest))).schema_arrow.remove_metadata()


class Parts:
    """Writes a table of any length as objects of at most ``PART`` rows; holds one of them in memory."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._waiting: list[pa.Table] = []
        self._objects: list[str] = []
        self.rows = 0

    def add(self, table: "pa.Table") -> None:
        """Take the next rows."""
        import pyarrow as pa

        self.rows += table.num_rows
        self._waiting += [table] if table.num_rows else []
        if sum(each.num_rows for each in self._waiting) < PART:
            return
        together = pa.concat_tables(self._waiting, promote_options="permissive")
        while together.num_rows >= PART:
            self._objects.append(put_table(self._store, together.slice(0, PART)))
            together = together.slice(PART)
        self._waiting = [together] if together.num_rows else []

    def close(self) -> tuple[str, ...]:
        """Write what is left; the digests of all objects, in order."""
        import pyarrow as pa

        if self._waiting:
            together = pa.concat_tables(self._waiting, promote_options="permissive")
            self._objects.append(put_table(self._store, together))
            self._waiting = []
        return tuple(self._objects)


def give_back_at_once() -> None:
    """From now on return to the system whatever is a megabyte or larger as soon as it is not used any more.

    glibc takes such blocks from the system one by one as well, but ever larger ones only (up to 32 MB) once some were
    returned; smaller tables and arrays then leave gaps between what stays, which take as much again.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if set_option is not None:
        set_option(_MMAP_THRESHOLD, 1 << 20)


def give_back() -> None:
    """Return to the system what allocators keep of tables that are gone, before something else needs much.

    Threads that read leave behind many times what is alive: glibc keeps an arena for each of them, and gives nothing
    back by itself.
    """
    if "pyarrow" in sys.modules:
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
    if trim is not None:
        trim(0)
