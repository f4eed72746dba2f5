"""Predictions and labels as Arrow tables: the one form in which they lie in the store."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from keepfit.errors import IntegrityError, Problem
from keepfit.serving.log.prediction import Prediction, Received
from keepfit.store import owned

if TYPE_CHECKING:
    import pyarrow as pa

SEGMENT = b"keepfit.segment"  # in a file's metadata: the SHA-256 of the segment that it was made of

_json = msgspec.json.Encoder(order="deterministic").encode


def predictions_schema() -> "pa.Schema":
    """Of predictions: ``record`` is JSON, because its columns are those of its version."""
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.string()),
            ("at", pa.timestamp("us", tz="UTC")),
            ("use_case", pa.string()),
            ("version", pa.int64()),
            ("digest", pa.string()),
            ("role", pa.string()),
            ("record", pa.string()),
            ("score", pa.list_(pa.float64())),
            ("decision", pa.string()),
            ("warnings", pa.list_(pa.string())),
            ("latency_ms", pa.float64()),
            ("explained", pa.bool_()),
        ]
    )


def labels_schema() -> "pa.Schema":
    """Of labels: ``key`` and ``value`` are JSON."""
    import pyarrow as pa

    moment = pa.timestamp("us", tz="UTC")
    return pa.schema(
        [("id", pa.string()), ("key", pa.string()), ("value", pa.string()), ("at", moment), ("received", moment)]
    )


def predictions_table(rows: Sequence[Prediction]) -> "pa.Table":
    """Predictions, a row each, in their order."""
    import pyarrow as pa

    schema = predictions_schema()
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in schema.names}
    columns["record"] = [_json(row.record).decode() for row in rows]
    return pa.table(columns, schema)


def labels_table(rows: Sequence[Received]) -> "pa.Table":
    """Labels, a row each, in their order."""
    import pyarrow as pa

    columns = {
        "id": [row.label.id for row in rows],
        "key": [None if row.label.key is None else _json(row.label.key).decode() for row in rows],
        "value": [_json(row.label.value).decode() for row in rows],
        "at": [row.label.at for row in rows],
        "received": [row.received for row in rows],
    }
    return pa.table(columns, labels_schema())


def parquet(table: "pa.Table", segment: str) -> bytes:
    """The table as a file that says of which segment it was made; every page has a checksum."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    told = table.replace_schema_metadata({SEGMENT: segment.encode()})
    pq.write_table(told, sink, compression="zstd", compression_level=3, write_page_checksum=True)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def segment_of(data: bytes, where: str) -> str:
    """The segment that such a file was made of.

    Raises
    ------
    IntegrityError
        It is no such file.
    """
    schema = opened(data, where).schema_arrow
    metadata: dict[bytes, bytes] = schema.metadata or {}
    return metadata.get(SEGMENT, b"").decode()


def opened(data: bytes, where: str) -> Any:
    """The file, a reader that checks every page.

    Raises
    ------
    IntegrityError
        It is no Parquet.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(owned.reader(data), page_checksum_verification=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise unreadable(where, error) from error


def unreadable(where: str, error: Exception) -> IntegrityError:
    """The error for a file that is not what was written."""
    return IntegrityError(Problem("a file of the prediction log was altered", where, "what was written", str(error)))
