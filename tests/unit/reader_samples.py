"""Files of all formats in memory, read part by part."""

import gzip
import io
import zipfile
from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keepfit.data.readers import Form, parts
from keepfit.data.tables import PART
from keepfit.errors import DataError, Problem

PLAIN = Form()


class Read(NamedTuple):
    """Rows by number (without ``_row``), refused rows by number as (reason, text), and the parts as they came."""

    rows: dict[int, dict[str, Any]]
    refused: dict[int, tuple[str, str]]
    tables: list[pa.Table]


def read(data: bytes | str, name: str = "a.csv", form: Form = PLAIN, direct: Mapping[str, Any] | None = None) -> Read:
    rows, refused, tables = {}, {}, []
    for raw in parts(io.BytesIO(data.encode() if isinstance(data, str) else data), name, form, direct or {}):
        assert raw.table.num_rows <= PART
        assert raw.refused.num_rows <= PART
        tables.append(raw.table)
        rows |= {row.pop("_row"): row for row in raw.table.to_pylist()}
        refused |= {row["_row"]: (row["_reasons"][0], row["_raw"]) for row in raw.refused.to_pylist()}
    assert sorted([*rows, *refused]) == list(range(1, len(rows) + len(refused) + 1)), "a row is lost or counted twice"
    return Read(rows, refused, tables)


def problem(data: bytes | str, name: str = "a.csv", form: Form = PLAIN) -> Problem:
    """What is said of a file that is no table."""
    with pytest.raises(DataError) as caught:
        read(data, name, form)
    assert caught.value.exit_code == 3
    (found,) = caught.value.problems
    assert found.where.startswith(name)
    return found


def cells(found: Read) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in found.rows.values()]


def parquet(table: pa.Table, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()


def zipped(*bodies: bytes, method: int = zipfile.ZIP_DEFLATED, name: str = "../../{}.exe") -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for number, body in enumerate(bodies):
            archive.writestr(name.format(number), body)
    return sink.getvalue()


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
