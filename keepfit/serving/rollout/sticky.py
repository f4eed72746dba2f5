"""Which requests a canary answers: by a hash, so that the same key meets the same version everywhere and always."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from keepfit.serving.log.join import key_text

_WHOLE = 2.0**64


def chosen(record: Mapping[str, Any], key: Sequence[str], digest: str, share: float) -> bool:
    """Whether the version with this digest answers the record.

    By the values of the key (7, "7" and 7.0 are the same), or by the whole record where one of them is missing.

    >>> chosen({"id": 7, "x": 1}, ["id"], "d", 0.5) == chosen({"id": "7", "x": 2}, ["id"], "d", 0.5)
    True
    >>> chosen({"id": 7}, ["id"], "d", 1.0), chosen({"id": 7}, ["id"], "d", 0.0)
    (True, False)
    """
    named = key_text(record, key) if key else None
    whose = named.encode() if named is not None else msgspec.json.encode(record, order="sorted")
    place = int.from_bytes(blake2b(digest.encode() + b"\n" + whose, digest_size=8).digest())
    return place < share * _WHOLE
