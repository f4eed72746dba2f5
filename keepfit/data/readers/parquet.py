"""Parquet: the types that the file has; a damaged file is an error that names it."""

from collections import Counter
from typing import TYPE_CHECKING

from keepfit.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(data: bytes, name: str) -> "pa.Table":
    """The table in the file.

    Raises
    ------
    DataError
        It is truncated, is something else, has no rows or a column name twice.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read()
    except (pa.ArrowException, OSError) as error:
        found = str(error).splitlines()[0] if str(error) else type(error).__name__
        do = "fetch the file again"
        raise DataError(Problem("a Parquet file is truncated or damaged", name, "Parquet", found, do=do)) from error
    repeated = [column for column, count in Counter(table.column_names).items() if count > 1]
    if repeated:
        raise DataError(Problem("columns without a name of their own", name, "every name once", ", ".join(repeated)))
    if table.num_rows == 0:
        raise DataError(Problem(f"0 rows in {name}", name, "at least one row", "a schema without rows"))
    return table
