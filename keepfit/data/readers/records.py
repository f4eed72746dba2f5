"""Where the records of CSV end, exactly.

The grammar is that of RFC 4180 with two liberties: a line ends in LF, CR LF or CR, also mixed, and a quote within a
field that does not begin with one is a plain character. Lines without any character are no records. After a closing
quote only a delimiter or a line end can follow: by this a quote that was never closed is found.
"""

import re

import numpy as np
import numpy.typing as npt

from keepfit.data.readers.blocks import ODD, Block
from keepfit.data.readers.form import Form

_LINE_END = re.compile(rb"[\r\n]")
_BLANK = re.compile(rb"[\r\n]*+")
_OPEN = "a quote is opened and not closed"
_AT_ONCE = 16  # records that are read by the grammar from one with an irregular quote on: others are often near


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
        whole = rb"(?:%b[\r\n]++){0,%d}+" % (inner, _AT_ONCE)
        self._records = re.compile(whole), re.compile(rb"%b(?:%b\Z)?+" % (whole, last))
        self._neighbours = np.zeros(256, dtype=bool)
        self._neighbours[list(b"\r\n" + self._quote + form.delimiter.encode())] = True

    def cut(self, buffer: bytes, final: bool) -> tuple[Block, int]:
        """The block that ends at the last line end outside quotes, or all of the buffer where the text ends with it."""
        if self._quote not in buffer:
            end = len(buffer) if final else _line_end(buffer, 0, len(buffer))
            return Block(buffer[:end], cut_off=final and not buffer.endswith((b"\r", b"\n"))), end
        quotes = _Quotes(buffer, self._quote, self._neighbours, final)
        pieces: list[bytes] = []
        odd: list[bytes] = []
        stop, position, copied = "", 0, 0
        while (begun := quotes.irregular(position)) is not None:
            position = _end(self._records[final].match(buffer, begun))
            if position > begun:
                continue
            stop, end = self._irregular(buffer, begun, final)
            if not end:
                break
            odd.append(buffer[begun:end])
            pieces += [buffer[copied:begun], ODD]
            copied = position = end
        else:
            position = len(buffer) if final else quotes.outside(position, len(buffer))
        data = b"".join([*pieces, buffer[copied:position]])
        cut_off = final and not stop and not data.endswith((b"\r", b"\n", ODD))
        return Block(data, tuple(odd), quoted=True, stop=stop, cut_off=cut_off), position

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


def _line_end(buffer: bytes, start: int, until: int) -> int:
    """Where the last line that ends between two places ends (``start``: none does)."""
    end = buffer.rfind(b"\n", start, until)
    return max(start - 1, end, buffer.rfind(b"\r", max(start, end), until)) + 1


class _Quotes:
    """The quotes of a buffer: each is told by its neighbours, so that only records with an irregular one are read.

    From the beginning of a record on they go in pairs. The first of a pair begins a field or goes on after a doubled
    quote, so it follows a line end, a delimiter or a quote; the second is followed by such.
    """

    def __init__(self, buffer: bytes, quote: bytes, neighbours: npt.NDArray[np.bool_], final: bool) -> None:
        self._buffer, self._neighbours, self._final = buffer, neighbours, final
        self._bytes = np.frombuffer(buffer, dtype=np.uint8)
        self._quotes = np.flatnonzero(self._bytes == quote[0])
        self._wrong: dict[int, npt.NDArray[np.intp]] = {}

    def irregular(self, start: int) -> int | None:
        """Where the first record begins, from the one at ``start`` on, with a quote that is not of such a pair."""
        first = self._before(start)
        wrong = self._irregular(first % 2)
        place = int(wrong.searchsorted(first))
        return self.outside(start, int(self._quotes[wrong[place]])) if place < len(wrong) else None

    def outside(self, start: int, until: int) -> int:
        """Where the last line ends that does so outside quotes, between the beginning of a record and a place."""
        first, end = self._before(start), _line_end(self._buffer, start, until)
        while ((before := self._before(end)) - first) % 2:
            end = _line_end(self._buffer, start, int(self._quotes[before - 1]))
        return end

    def _before(self, place: int) -> int:
        return int(self._quotes.searchsorted(place))

    def _irregular(self, first: int) -> npt.NDArray[np.intp]:
        """The numbers of the irregular quotes where pairs begin at the first (0) or the second one (1)."""
        if first not in self._wrong:
            wrong = np.zeros(len(self._quotes), dtype=bool)
            wrong[first::2] = self._not_beside(first, -1)
            wrong[first + 1 :: 2] = self._not_beside(first + 1, 1)
            if self._final and (len(wrong) - first) % 2:
                wrong[-1] = True  # opened and not closed
            self._wrong[first] = np.flatnonzero(wrong)
        return self._wrong[first]

    def _not_beside(self, first: int, step: int) -> npt.NDArray[np.bool_]:
        """Whether every second quote has none of the characters beside it between which quotes may stand."""
        # Beyond the ends of the buffer there is the quote itself, which is such a character.
        beside = self._bytes.take(self._quotes[first::2] + step, mode="clip")
        return ~self._neighbours[beside]
