"""Records in a file: each frame is its length, its CRC-32 and its bytes, so that what was cut off is seen.

A frame is one call of the log: the rows of a request are there together or not at all. The file begins with the number
of its format; a reader refuses one that it does not know.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from struct import Struct
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
from msgspec.structs import replace

from keepfit.errors import IntegrityError, Problem
from keepfit.serving.log.prediction import Prediction, Received

MAGIC = b"keepfit predictions 1\n"
_HEAD = Struct("<II")
_PREDICTIONS, _LABELS = b"P", b"L"

_encode = msgspec.msgpack.Encoder().encode
_predictions = msgspec.msgpack.Decoder(list[Prediction])
_labels = msgspec.msgpack.Decoder(list[Received])


class Found(NamedTuple):
    """The whole frames at the beginning of a segment.

    ``good`` bytes hold them, ``torn`` bytes follow that are no frame. ``damaged``: those are not the end of a write
    that was cut off, so that a person should look.
    """

    payloads: tuple[memoryview, ...]
    good: int
    torn: int
    damaged: bool


def framed(payload: bytes) -> bytes:
    """One frame.

    >>> len(framed(b"abc"))
    11
    """
    return _HEAD.pack(len(payload), crc32(payload)) + payload


def of_predictions(rows: Any) -> bytes:
    """The frame of some predictions."""
    try:
        return framed(_PREDICTIONS + _encode(rows))
    except OverflowError:  # a time that is none in UTC, such as 0001-01-01T00:00+01:00
        return framed(_PREDICTIONS + _encode([replace(row, record=_as_text(row.record)) for row in rows]))


def _as_text(record: dict[str, Any]) -> dict[str, Any]:
    """With times as JSON has them."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in record.items()}


def of_labels(rows: Any) -> bytes:
    """The frame of some labels."""
    return framed(_LABELS + _encode(rows))


def found_in(data: bytes) -> Found:
    """What a segment holds, up to the first byte that is no frame.

    >>> found_in(MAGIC + framed(b"one") + framed(b"two")[:-1])[1:]
    (33, 10, False)
    """
    if not data.startswith(MAGIC):
        return Found((), 0, len(data), damaged=not MAGIC.startswith(data))
    view, at, payloads = memoryview(data), len(MAGIC), []
    while (payload := _frame(view, at)) is not None:
        payloads.append(payload)
        at += _HEAD.size + len(payload)
    return Found(tuple(payloads), at, len(data) - at, damaged=_damaged(view, at))


def _frame(view: memoryview, at: int) -> memoryview | None:
    """The payload of the frame at a place; None where there is no whole one."""
    if at + _HEAD.size > len(view):
        return None
    size, check = _HEAD.unpack_from(view, at)
    payload = view[at + _HEAD.size : at + _HEAD.size + size]
    return payload if size and len(payload) == size and crc32(payload) == check else None


def _damaged(view: memoryview, at: int) -> bool:
    """Whether what follows is more than a write that was cut off (short, or zeros after a power cut)."""
    if at + _HEAD.size > len(view):
        return False
    size, _ = _HEAD.unpack_from(view, at)
    return at + _HEAD.size + size <= len(view) and any(view[at:])


class Rows(NamedTuple):
    """The records of one segment."""

    predictions: list[Prediction]
    labels: list[Received]


def rows_of(payloads: Iterator[memoryview] | tuple[memoryview, ...], where: str) -> Rows:
    """What the frames say; times in UTC.

    Raises
    ------
    IntegrityError
        The bytes are those that were written, but no records of ours.
    """
    rows = Rows([], [])
    for payload in payloads:
        try:
            _decode(payload, rows)
        except msgspec.MsgspecError as error:
            raise IntegrityError(
                Problem("a record of the prediction log cannot be read", where, found=str(error))
            ) from error
    return rows


def _decode(payload: memoryview, rows: Rows) -> None:
    if payload[:1] == _PREDICTIONS:
        rows.predictions.extend(_predictions.decode(payload[1:]))
    elif payload[:1] == _LABELS:
        rows.labels.extend(_labels.decode(payload[1:]))
    else:
        raise msgspec.ValidationError(f"a frame of kind {bytes(payload[:1])!r}")


def day_of(at: datetime) -> str:
    """The day in UTC.

    >>> from datetime import timedelta, timezone
    >>> day_of(datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-4))))
    '2026-03-02'
    """
    return at.astimezone(UTC).date().isoformat()
