"""Rows that share what should be unique, over all parts, in bounded memory.

Eight bytes a row say which rows *may* share a key: a hash, sorted. Only these few are compared with each other, by
their values, in DuckDB, which goes to disk where even they are many (every file was delivered twice).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.data.engine import connected
from keepfit.errors import InfrastructureError, Problem
from keepfit.profile import hashing

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Hashes = NDArray[np.uint64]
_BATCH = 1 << 16


def hashed(table: "pa.Table", columns: Sequence[str]) -> Hashes:
    """A hash (n,) of some columns of every row; equal values have equal hashes (what is missing counts as a value)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = np.zeros(table.num_rows, dtype=np.uint64)
    for name in columns:
        column = table.column(name)
        if pa.types.is_string(column.type):
            values = hashing.of_texts(pa.concat_arrays(pc.fill_null(column, "").chunks or [pa.array([], pa.string())]))
        elif pa.types.is_floating(column.type):
            values = hashing.of_numbers(pc.fill_null(column, 0.0).to_numpy())
        else:
            whole = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
            values = hashing.of_numbers(pc.fill_null(whole.cast(pa.int64()), 0).to_numpy())
        found = hashing.mixed(found ^ values)
    return found


def shared(hashes: Iterable[Hashes]) -> Hashes:
    """The hashes (k,) that stand on more than one row, in order."""
    together = np.concatenate([np.zeros(0, np.uint64), *hashes])
    together.sort()
    return np.unique(together[1:][together[1:] == together[:-1]])


def among(hashes: Hashes, some: Hashes) -> NDArray[np.bool_]:
    """Which (n,) of the hashes are among some (k, in order)."""
    if not len(some):
        return np.zeros(len(hashes), dtype=bool)
    at = np.minimum(np.searchsorted(some, hashes), len(some) - 1)
    found: NDArray[np.bool_] = some[at] == hashes
    return found


class Some(NamedTuple):
    """Rows of one part that may share a key: their places among all rows, and their values.

    ``values`` has the columns that are compared, and ``_file`` and ``_row``.
    """

    places: NDArray[np.int64]
    values: "pa.Table"


def complete(some: Some) -> Some:
    """Those that lack nothing: who has no value shares none."""
    import pyarrow as pa

    there = np.ones(len(some.places), dtype=bool)
    for column in some.values.columns:
        there &= column.is_valid().to_numpy()
    return Some(some.places[there], some.values.filter(pa.array(there)))


class Twins(NamedTuple):
    """Rows (k,) by place, with their standing among rows of the same key.

    ``turn`` numbers all rows in the order of file and row (backwards where the last one counts), ``twin`` is the
    smallest turn of a row with the same values, ``best`` and ``worst`` the smallest and largest twin of the key.
    """

    places: NDArray[np.int64]
    turn: NDArray[np.int64]
    twin: NDArray[np.int64]
    best: NDArray[np.int64]
    worst: NDArray[np.int64]


def twins(rows: Iterable[Some], key: Sequence[str], *, last: bool) -> Iterator[Twins]:
    """Every row with its standing among rows of the same key, in any order.

    Raises
    ------
    InfrastructureError
        The disk is full of what did not fit into memory.
    """
    with _rows_in_duckdb(rows) as (connection, names):
        same_key = ", ".join(names[name] for name in key)
        same_row = ", ".join(number for name, number in names.items() if name not in {"_file", "_row"})
        in_order = f"{names['_file']}, {names['_row']}, place"
        turn = f"{'-' if last else ''}row_number() over (order by {in_order})"
        sql = f"""
            with placed as (select *, {turn} as turn from rows),
            twinned as (select *, min(turn) over (partition by {same_row}) as twin from placed)
            select place, turn, twin,
                min(twin) over (partition by {same_key}) as best, max(twin) over (partition by {same_key}) as worst
            from twinned"""  # noqa: S608 - names of our own
        for batch in connection.sql(sql).to_arrow_reader(_BATCH):
            yield Twins(*(column.to_numpy(zero_copy_only=False) for column in batch.columns))


def not_alone(rows: Iterable[Some], columns: Sequence[str]) -> Iterator[NDArray[np.int64]]:
    """Places of the rows that share the values of some columns with another row.

    Raises
    ------
    InfrastructureError
        The disk is full of what did not fit into memory.
    """
    with _rows_in_duckdb(rows) as (connection, names):
        same = ", ".join(names[name] for name in columns)
        sql = f"select place from rows qualify count(*) over (partition by {same}) > 1"  # noqa: S608
        for batch in connection.sql(sql).to_arrow_reader(_BATCH):
            yield batch.column(0).to_numpy(zero_copy_only=False)


@contextmanager
def _rows_in_duckdb(rows: Iterable[Some]) -> "Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, str]]]":
    """The rows as a table ``rows``, and what its columns are called there (DuckDB takes `a` and `A` for one name)."""
    import duckdb
    import pyarrow as pa

    names: dict[str, str] = {}
    with connected() as connection:
        try:
            for some in rows:
                names = {name: f"c{number}" for number, name in enumerate(some.values.column_names)}
                first = connection.sql("show tables").fetchall() == []
                part = some.values.rename_columns(list(names.values())).append_column("place", pa.array(some.places))
                connection.register("part", part)
                connection.execute("create table rows as from part" if first else "insert into rows from part")
                connection.unregister("part")
            yield connection, names
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            do = "free space where temporary files go (TMPDIR)"
            what = "comparing the rows that share a key ran out of memory or disk"
            raise InfrastructureError(Problem(what, "validate", found=str(error)[:300], do=do)) from error
