"""Bytes of a file → its rows, part by part in bounded memory, and the rows that are not of its shape.

A file that is no table is refused whole (DataError: file, row, expected, found). A row of a wrong shape is refused
alone: it keeps its number and its text, and says what was expected and found. Rows and refused rows together are all
rows of the file, whatever stands in it. Nothing but DataError and InfrastructureError leaves a reader.
"""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from keepfit.config.values import ColumnType
from keepfit.data.readers.csv import csv_parts
from keepfit.data.readers.form import Form, Raw
from keepfit.data.readers.jsonl import jsonl_parts
from keepfit.data.readers.parquet import parquet_parts
from keepfit.data.readers.unpack import unpacked

__all__ = ["Form", "Raw", "parts"]


def parts(file: BinaryIO, name: str, form: Form, direct: Mapping[str, ColumnType]) -> Iterator[Raw]:
    """Read one file, in its order, block by block.

    Parameters
    ----------
    name
        Of the file, by whose end its format is known: .csv, .jsonl, .ndjson or .parquet, plain, .gz or .zip.
    direct
        Columns that may come already as the type of the contract, where *every* cell of a part plainly fits it, which
        is faster; where one does not, the column of that part is text. Parquet has types of its own.

    Raises
    ------
    DataError
        The file cannot be read as a table; also when some of its parts were given already.
    InfrastructureError
        The file cannot be read at all.
    """
    with unpacked(file, name) as content:
        if content.format == "csv":
            yield from csv_parts(content.stream, name, form, direct)
        elif content.format == "jsonl":
            yield from jsonl_parts(content.stream, name, form, direct)
        else:
            yield from parquet_parts(content.stream, name)
