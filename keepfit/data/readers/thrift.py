"""Structs of Thrift's compact protocol, in which Parquet writes its footer and the headers of its pages.

PyArrow shows what a footer says, but ends the whole process where a chunk of a column in it is damaged.
"""

from typing import Any

Struct = dict[int, Any]  # values by the number of the field

_LONGEST = 63  # bits of a number before its last byte
_STRUCT = 12


def struct(data: bytes, at: int) -> tuple[Struct, int]:
    """The struct that begins at an offset, and where it ends; a truth value counts as None.

    Raises
    ------
    IndexError
        The data end within it.
    ValueError
        It is no struct.
    RecursionError
        It has more levels than anything in Parquet.

    >>> struct(bytes([0x15, 0x04, 0x19, 0x25, 0x02, 0x01, 0x18, 0x01, 0x61, 0x00]), 0)
    ({1: 2, 2: [1, -1], 3: b'a'}, 10)
    """
    fields: Struct = {}
    number = 0
    while head := data[at]:
        at += 1
        if step := head >> 4:
            number += step
        else:
            number, at = _whole(data, at)
        fields[number], at = (None, at) if head & 15 in {1, 2} else _value(data, at, head & 15)
    return fields, at + 1


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in {4, 5, 6}:
        return _whole(data, at)
    if kind == 8:
        length, at = _varint(data, at)
        return data[at : at + length], at + length
    if kind == _STRUCT:
        return struct(data, at)
    if kind in {9, 10}:
        return _list(data, at)
    if kind in {1, 2, 3}:
        return None, at + 1
    raise ValueError(f"a value of kind {kind}")  # Parquet has no floats and no maps in its structs


def _list(data: bytes, at: int) -> tuple[list[Any], int]:
    kind, count, at = data[at] & 15, data[at] >> 4, at + 1
    if count == 15:
        count, at = _varint(data, at)
    values = []
    for _ in range(count):
        value, at = _value(data, at, kind)
        values.append(value)
    return values, at


def _whole(data: bytes, at: int) -> tuple[int, int]:
    number, at = _varint(data, at)
    return (number >> 1) ^ -(number & 1), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while (byte := data[at]) > 127:
        number |= (byte & 127) << shift
        shift += 7
        at += 1
        if shift > _LONGEST:
            raise ValueError("a number of more than 64 bits")
    return number | byte << shift, at + 1
