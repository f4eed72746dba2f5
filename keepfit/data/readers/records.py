"""Where the records of CSV end, exactly.

The grammar is that of RFC 4180 with two liberties: a line ends in LF, CR LF or CR, also mixed, and a quote within a
field that does not begin with one is a plain character. Lines without any character are no records. After a closing
quote only a delimiter or a line end can follow: by this a quote that was never closed is found.
"""

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from keepfit.data.readers.blocks import ODD, Block
from keepfit.data.readers.form import Form

_LINE_END = re.compile(rb"[\r\n]")
_BLANK = re.compile(rb"[\r\n]*+")
_OPEN = "a quote is opened and not closed"


class Records:
    """The grammar for one delimiter and one quote."""

    def __init__(self, form: Form) -> None:
        quote, delimiter = re.escape(form.quote.encode()), re.escape(form.delimiter.encode())
        quoted = rb"%b[^%b]*+(?:%b%b[^%b]*+)*+%b" % ((quote,) * 6)
        field = rb"(?:%b|(?!%b)[^%b\r\n]*+)" % (quoted, quote, delimiter)
        self._quote = form.quote.encode()
        self._quoted = re.compile(quoted)
        self._field = re.compile(field)
        self._fields = re.compile(rb"(?:%b%b)*+" % (field, delimiter))
        # Text without quotes, quotes within a plain field, whole quoted fields: the short way to the end of a record.
        record = rb"(?:[^%b\r\n]++|(?<=[^%b\r\n])%b|%b(?=[%b\r\n]%b))*+"
        inner, last = (record % (quote, delimiter, quote, quoted, delimiter, end) for end in (b"", rb"|\Z"))
        whole = rb"(?:%b[\r\n]++)*+" % inner
        self._records = re.compile(whole), re.compile(rb"%b(?:%b\Z)?+" % (whole, last))
        self._neighbours = np.zeros(256, dtype=bool)
        self._neighbours[list(b"\r\n" + self._quote + form.delimiter.encode())] = True

    def cut(self, buffer: bytes, final: bool) -> tuple[Block, int]:
        """The block that ends at the last line end outside quotes, or all of the buffer where the text ends with it."""
        if self._quote not in buffer:
            end = len(buffer) if final else _line_end(buffer, len(buffer))
            return Block(buffer[:end], cut_off=final and not buffer.endswith((b"\r", b"\n"))), end
        quotes = np.flatnonzero(np.frombuffer(buffer, dtype=np.uint8) == self._quote[0])
        if not self._regular(buffer, quotes) or (final and len(quotes) % 2):
            return self._scan(buffer, final)
        end = len(buffer) if final else _outside(buffer, quotes)
        return Block(buffer[:end], quoted=True, cut_off=final and not buffer.endswith((b"\r", b"\n"))), end

    def first(self, data: bytes) -> tuple[list[str], int] | None:
        """The fields of the first record, and where it ends; None where there is no record."""
        start = _end(_BLANK.match(data))
        if start == len(data):
            return None
        fields = []
        while True:
            end = _end(self._field.match(data, start))
            fields.append(self._unquoted(data[start:end]).decode())
            if data[end : end + 1] in {b"", b"\r", b"\n"}:
                return fields, end
            start = end + 1

    def _unquoted(self, field: bytes) -> bytes:
        return field[1:-1].replace(self._quote * 2, self._quote) if field.startswith(self._quote) else field

    def _regular(self, buffer: bytes, quotes: npt.NDArray[Any]) -> bool:
        """Whether every quote opens or closes a field or is doubled within one, so that they go in pairs.

        An opening one then follows a line end, a delimiter or (doubled) a quote; a closing one is followed by such.
        """
        data = np.frombuffer(buffer, dtype=np.uint8)
        opening, closing = quotes[0::2], quotes[1::2]
        before = data[opening[opening > 0] - 1]
        after = data[closing[closing < len(data) - 1] + 1]
        return bool(self._neighbours[before].all() and self._neighbours[after].all())

    def _scan(self, buffer: bytes, final: bool) -> tuple[Block, int]:
        """From one record with irregular quotes to the next, where quotes do not go in pairs."""
        odd: list[bytes] = []
        pieces: list[bytes] = []
        position, stop = 0, ""
        while True:
            begun, position = position, _end(self._records[final].match(buffer, position))
            pieces.append(buffer[begun:position])
            if position == len(buffer):
                break
            stop, end = self._irregular(buffer, position, final)
            if not end:
                break
            odd.append(buffer[position:end])
            pieces.append(ODD)
            position = end
        data = b"".join(pieces)
        cut_off = final and not stop and not data.endswith((b"\r", b"\n", ODD))
        return Block(data, tuple(odd), quoted=True, stop=stop, cut_off=cut_off), position

    def _irregular(self, buffer: bytes, start: int, final: bool) -> tuple[str, int]:
        """Of what is no whole record: why it stops the reading, or where its line ends (0: more text is needed)."""
        field = _end(self._fields.match(buffer, start))
        quoted = self._quoted.match(buffer, field)
        if quoted is None:
            return (_OPEN if final and buffer.startswith(self._quote, field) else ""), 0
        if _LINE_END.search(buffer, field, quoted.end()):
            return ("" if quoted.end() == len(buffer) else _OPEN), 0
        end = _LINE_END.search(buffer, quoted.end())
        return "", end.start() if end else len(buffer) * final


def _end(match: re.Match[bytes] | None) -> int:
    return match.end() if match else 0


def _line_end(buffer: bytes, until: int) -> int:
    """Where the last line that ends before ``until`` ends (0: none does)."""
    return max(buffer.rfind(b"\n", 0, until), buffer.rfind(b"\r", 0, until)) + 1


def _outside(buffer: bytes, quotes: npt.NDArray[Any]) -> int:
    """Where the last line ends that does so outside quotes, which go in pairs."""
    end = _line_end(buffer, len(buffer))
    while (before := int(np.searchsorted(quotes, end))) % 2:
        end = _line_end(buffer, int(quotes[before - 1]))
    return end
