"""skops files made canonical, and read with suspicion.

skops names arrays and nodes by memory address and stamps members with the time of day. ``dump`` replaces both: arrays
are named by their content, nodes numbered in order, time stamps fixed, so a model's digest says what the model is.
Trees are arrays of C structs, between whose fields lies whatever was in memory: that becomes zeros.
``load`` checks sizes and every type name before skops builds anything.
"""

import io
import json
from collections.abc import Iterator
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from keepfit.errors import IntegrityError, Problem
from keepfit.export.allowed import ALLOWED, TRUSTED
from keepfit.records import sha256

SCHEMA = "schema.json"
MOST_MEMBERS = 20_000
MOST_BYTES = 1 << 30


def dump(estimator: Any) -> bytes:
    """The bytes of a fitted estimator; equal fits give equal bytes in every process."""
    import skops.io

    with ZipFile(io.BytesIO(skops.io.dumps(estimator))) as archive:
        schema = json.loads(archive.read(SCHEMA))
        content = {name: _without_gaps(archive.read(name)) for name in archive.namelist() if name != SCHEMA}
    named = {name: f"{sha256(data)[:32]}.npy" for name, data in content.items()}
    _number_nodes(schema, named)
    members = {named[name]: data for name, data in content.items()}
    members[SCHEMA] = json.dumps(schema, sort_keys=True, separators=(",", ":")).encode()
    return _zip(members)


def _without_gaps(data: bytes) -> bytes:
    """The bytes of an array file; where its rows are structs, with zeros between their fields."""
    import numpy as np

    if not data.startswith(np.lib.format.MAGIC_PREFIX):
        return data
    array = np.load(io.BytesIO(data), allow_pickle=False)
    if array.dtype.names is None:
        return data
    clean = np.zeros(array.shape, array.dtype)
    for name in array.dtype.names:
        clean[name] = array[name]
    buffer = io.BytesIO()
    np.save(buffer, clean, allow_pickle=False)
    return buffer.getvalue()


def _number_nodes(schema: dict[str, Any], named: dict[str, str]) -> None:
    """Replace addresses by numbers in reading order.

    Plain values get a number each: whether two equal texts are one object in memory is chance.
    """
    numbers: dict[Any, int] = {}
    for count, node in enumerate(_nodes(schema)):
        if "file" in node:
            node["file"] = named[node["file"]]
        if "__id__" in node:
            shared = node.get("__loader__") != "JsonNode"
            node["__id__"] = numbers.setdefault(node["__id__"] if shared else ("plain", count), len(numbers) + 1)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON tree, parents first, without recursion: a file may be nested as deep as it likes."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node[name] for name in sorted(node, reverse=True))
        elif isinstance(node, list):
            waiting.extend(reversed(node))


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name in sorted(members):
            archive.writestr(ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), members[name])
    return buffer.getvalue()


def load(data: bytes, where: str = "") -> Any:
    """The estimator in ``data``, whose digest the caller has checked.

    Raises
    ------
    IntegrityError
        Not a model file, too large, or it names a type that is not on the list.
    """
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        _inspect(data, where)
        return skops.io.loads(data, trusted=list(TRUSTED))
    except (BadZipFile, KeyError, ValueError, TypeError, RecursionError, UntrustedTypesFoundException) as error:
        raise IntegrityError(Problem("this is not a model file of ours", where, found=str(error)[:300])) from error


def _inspect(data: bytes, where: str) -> None:
    with ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        size = sum(member.file_size for member in members)
        if len(members) > MOST_MEMBERS or size > MOST_BYTES:
            raise IntegrityError(
                Problem(
                    "the model file is too large to be opened",
                    where,
                    expected=f"at most {MOST_MEMBERS:,} members and {MOST_BYTES:,} bytes",
                    found=f"{len(members):,} members, {size:,} bytes",
                )
            )
        schema = json.loads(archive.read(SCHEMA))
    strange = sorted(_types(schema) - ALLOWED)
    if strange:
        raise IntegrityError(
            Problem(
                "the model file names types that Keepfit does not load",
                where,
                expected="only what its own estimators consist of",
                found=", ".join(strange[:5]),
                did="nothing of it was built",
            )
        )


def _types(schema: Any) -> set[str]:
    return {f"{node.get('__module__')}.{node['__class__']}" for node in _nodes(schema) if "__class__" in node}
