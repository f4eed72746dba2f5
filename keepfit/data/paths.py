"""Columns that stand in the path of a file and not in the file: ``day=2013-07-01/part-0.parquet``."""

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from keepfit.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=.*[*?\[]")


def columns_in(pattern: str) -> list[str]:
    """The columns that a pattern asks for.

    >>> columns_in("flights/day=*/*.parquet")
    ['day']
    """
    return [named[1] for folder in pattern.split("/")[:-1] if (named := _NAMED.match(folder))]


def in_path(pattern: str, path: str) -> dict[str, str]:
    """The columns that a pattern asks for by folders such as ``day=*``, with the texts that the path has there.

    >>> in_path("s3://bucket/flights/day=*/*.parquet", "s3://bucket/flights/day=2013-07-01/part-0.parquet")
    {'day': '2013-07-01'}
    >>> in_path("data/*.csv", "data/a=1.csv")
    {}
    """
    names = columns_in(pattern)
    parts = (folder.partition("=") for folder in path.split("/")[:-1])
    return {name: unquote(value) for name, _, value in parts if name in names}


def with_path(table: "pa.Table", columns: dict[str, str], path: str) -> "pa.Table":
    """The table with the columns of its path.

    Raises
    ------
    DataError
        The file has one of them too.
    """
    import pyarrow as pa

    twice = [name for name in columns if name in table.column_names]
    if twice:
        expected = "each column in the path or in the file"
        raise DataError(Problem("a column stands in the path and in the file", path, expected, ", ".join(twice)))
    for name, value in columns.items():
        table = table.append_column(name, pa.repeat(value, table.num_rows))
    return table
