"""The quick way from a body to records: decoded at once into structs that are made from the signature.

It never refuses: whatever it does not take goes to `keepfit.serving.closer_look`, which says why, or takes it too.
"""

import re
from datetime import datetime
from functools import partial
from itertools import compress
from math import ceil, floor
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import astuple

from keepfit.records import Signature, SignedColumn
from keepfit.serving import closer_look
from keepfit.serving.closer_look import MOST_ROWS, Row
from keepfit.serving.values import LARGEST, SMALLEST, in_zone

_MANY = re.compile(rb'\s*\{\s*"records"\s*:\s*\[')
_NOT_TAKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_AS_TEXT = {"category", "text", "time"}


class Rows:
    """Reads bodies of requests to versions with one signature."""

    def __init__(self, signature: Signature) -> None:
        columns = signature.columns
        self.columns = {column.name: column for column in columns}
        self.zone = ZoneInfo(signature.timezone)
        self.names = tuple(self.columns)
        self._times = _places(column.type == "time" for column in columns)
        self._careful = any(column.matches for column in columns)
        # A record has a text for each of its names and each of its values that are texts: those always, and those not.
        self._always = sum(not column.nullable for column in columns)
        self._always += sum(not column.nullable and column.type in _AS_TEXT for column in columns)
        self._perhaps = _places(column.nullable for column in columns)
        kind = msgspec.defstruct(
            "Record", [(f"f{place}", *_field(column)) for place, column in enumerate(columns)],
            kw_only=True, forbid_unknown_fields=True, gc=False,
        )  # fmt: skip
        # Without `Annotated`: what is made of it, typing keeps, and with it the classes of a hundred versions before.
        records: Any = list[kind]  # type: ignore[valid-type]
        many = msgspec.defstruct("Records", [("records", records)], forbid_unknown_fields=True)
        self._one = msgspec.json.Decoder(kind)
        self._many: msgspec.json.Decoder[Any] = msgspec.json.Decoder(many)

    def read(self, body: bytes) -> list[Row]:
        """The records of a body.

        Raises
        ------
        HttpProblem
            400, 413, 422, as `closer_look.rows_of`.
        """
        values = None if self._careful or b"\\" in body else self._quick(body)
        return closer_look.rows_of(self.columns, self.zone, body) if values is None else self._named(values)

    def checked(self, rows: Any, above: tuple[str | int, ...]) -> list[Row]:
        """Records that came in another form than our own, held to the same."""
        return closer_look.checked(self.columns, self.zone, rows, above)

    def _quick(self, body: bytes) -> list[tuple[Any, ...]] | None:
        """The values of each record; None for a closer look.

        Of a name that stands twice msgspec takes the last without a word. But where no text is escaped, every quote
        begins or ends a text, so there are more of them than names and texts account for.
        """
        try:
            many = _MANY.match(body) is not None
            rows = self._many.decode(body).records if many else [self._one.decode(body)]
        except _NOT_TAKEN:
            return None
        if not 1 <= len(rows) <= MOST_ROWS:
            return None
        values = list(map(astuple, rows))
        texts = many + len(values) * self._always
        if self._perhaps:
            texts += sum(map(self._texts, values))
        return values if 2 * texts == body.count(b'"') else None

    def _texts(self, values: tuple[Any, ...]) -> int:
        """Of columns that may be missing: how many are named, and how many of these are texts."""
        count = 0
        for place in self._perhaps:
            value = values[place]
            if value is not UNSET:
                count += 2 if isinstance(value, str | datetime) else 1
        return count

    def _named(self, rows: list[tuple[Any, ...]]) -> list[Row]:
        if self._times:
            rows = list(map(self._in_zone, rows))
        if self._perhaps:
            return [{name: value for name, value in zip(self.names, row, strict=True) if value is not UNSET}
                    for row in rows]  # fmt: skip
        return list(map(dict, map(partial(zip, self.names), rows)))

    def _in_zone(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for place in self._times:
            if isinstance(values[place], datetime):
                values[place] = in_zone(values[place], self.zone)
        return tuple(values)


def _places(chosen: Any) -> tuple[int, ...]:
    marks = list(chosen)
    return tuple(compress(range(len(marks)), marks))


def _field(column: SignedColumn) -> tuple[Any, Any]:
    kind = _type(column)
    if not column.nullable:
        return kind, msgspec.field(name=column.name)
    return kind | None | UnsetType, msgspec.field(name=column.name, default=UNSET)


def _type(column: SignedColumn) -> Any:
    """A type no wider than what `values.taken` lets pass unchanged."""
    match column.type:
        case "float":
            return Annotated[float, Meta(ge=column.min, le=column.max)]
        case "int":
            low = SMALLEST if column.min is None else max(SMALLEST, ceil(column.min))
            high = LARGEST if column.max is None else min(LARGEST, floor(column.max))
            return Annotated[int, Meta(ge=low, le=high)]
        case "bool":
            return bool
        case "time":
            return datetime
    return _text_type(column)


def _text_type(column: SignedColumn) -> Any:
    short, long = column.min_length, column.max_length
    if column.values is None or column.unseen_kept:
        return Annotated[str, Meta(min_length=short, max_length=long)]
    fitting = [each for each in column.values if (short or 0) <= len(each) and (long is None or len(each) <= long)]
    return Literal[tuple(fitting)] if fitting else str
