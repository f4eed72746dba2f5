"""The one form in which values travel and are stored: frozen structs, canonical JSON, SHA-256.

Canonical means that equal records have equal bytes on every machine: keys sorted, no spaces, times in UTC, floats in
their shortest exact form. JSON has no NaN, so a number that could not be computed is ``None``.
"""

import hashlib
import math
import threading
from typing import Any, TypeVar

import msgspec

from keepfit.errors import IntegrityError, Problem

T = TypeVar("T")

_decoders: dict[type, msgspec.json.Decoder[Any]] = {}
_preparing = threading.Lock()


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything that travels between stages or is kept in the store."""


def sha256(data: bytes) -> str:
    """The digest by which bytes are named.

    >>> sha256(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(data).hexdigest()


def canonical(value: Any) -> bytes:
    """The bytes of a record, or of any tree of plain values.

    >>> canonical({"b": 1, "a": 0.1})
    b'{"a":0.1,"b":1}'
    """
    return msgspec.json.encode(value, order="sorted")


def digest_of(value: Any) -> str:
    """SHA-256 of the canonical bytes."""
    return sha256(canonical(value))


def parse(data: bytes, kind: type[T], where: str = "") -> T:
    """The record in ``data``; ``parse(canonical(r), type(r)) == r``.

    Raises
    ------
    IntegrityError
        The bytes are not a record of this kind.
    """
    try:
        return _decoder(kind).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(Problem(f"not a {kind.__name__} record: {error}", where=where)) from error


def _decoder(kind: type[T]) -> "msgspec.json.Decoder[T]":
    """The decoder of a kind, made by one thread at a time.

    msgspec describes a struct to itself at its first use, in Python, so other threads run meanwhile; one that then
    decodes to the same struct reads half a description, and the process ends with a segmentation fault.
    """
    found = _decoders.get(kind)
    if found is None:
        with _preparing:
            found = _decoders.setdefault(kind, msgspec.json.Decoder(kind))
    return found


def finite(value: float) -> float | None:
    """A plain float, or None for what JSON cannot say.

    >>> finite(0.5), finite(float("nan"))
    (0.5, None)
    """
    number = float(value)
    return number + 0.0 if math.isfinite(number) else None  # + 0.0: there is no minus zero
