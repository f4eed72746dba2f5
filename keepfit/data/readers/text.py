"""Bytes of a text file as UTF-8, piece by piece; what is no text is refused with its offset."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from keepfit.errors import DataError, Problem

CHUNK = 4 << 20

_CODECS = {"utf-8": "utf-8", "latin-1": "latin-1", "windows-1252": "cp1252", "utf-16": "utf-16"}
_OTHERS = {
    b"PAR1\x15": "a Parquet file",
    b"PK\x03\x04": "a zip file or a spreadsheet",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"\x1f\x8b": "a gzip file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"%PDF-": "a PDF document",
}
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def text(stream: BinaryIO, name: str, encoding: str) -> Iterator[bytes]:
    """The text in pieces of some megabytes, in UTF-8, without a byte order mark; a character may be cut in two.

    Raises
    ------
    DataError
        A byte is not of the encoding, or is NUL; names its offset and what the encoding may be.
    """
    chunk = stream.read(CHUNK)
    _see_text(chunk, name)
    mark = _mark(chunk, name, encoding)
    chunk = chunk[len(mark) :] if encoding == "utf-8" else chunk
    source = _Source(name, encoding, len(mark) if encoding == "utf-8" else 0)
    while chunk:
        yield source.utf8(chunk)
        chunk = stream.read(CHUNK)
    source.end()


def _see_text(head: bytes, name: str) -> None:
    """See that a file does not begin as one of another format does, which the name does not say."""
    kind = next((kind for magic, kind in _OTHERS.items() if head.startswith(magic)), None)
    if kind is not None:
        do = "have it written, or named, as what it is"
        raise DataError(
            Problem(f"looks like {kind}, not text", name, "text", _hex(head), did="read nothing of it", do=do)
        )


class _Source:
    """Decodes piece after piece and knows how far it is."""

    def __init__(self, name: str, encoding: str, offset: int) -> None:
        self._name, self._encoding, self._offset = name, encoding, offset
        self._decoder = codecs.getincrementaldecoder(_CODECS[encoding])()

    def utf8(self, chunk: bytes) -> bytes:
        """The piece in UTF-8."""
        whole = not self._decoder.getstate()[0]
        plain = self._encoding == "utf-8" and whole and chunk.isascii()
        data = chunk if plain else self._decoded(chunk, final=False)
        at = data.find(b"\0")
        if at >= 0:
            raise _nul(self._name, self._encoding, data, self._offset + at if data is chunk else None)
        self._offset += len(chunk)
        return data

    def end(self) -> None:
        """See that no character is left half read."""
        self._decoded(b"", final=True)

    def _decoded(self, chunk: bytes, *, final: bool) -> bytes:
        pending = self._decoder.getstate()[0]
        try:
            decoded = self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            at = self._offset - len(pending) + error.start
            raise _undecodable(self._name, self._encoding, error, at) from error
        return chunk if self._encoding == "utf-8" else decoded.encode()


def _mark(head: bytes, name: str, encoding: str) -> bytes:
    """The byte order mark at the head of a file, which must not speak against the encoding that is declared."""
    mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
    said = _MARKS.get(mark)
    do = "declare `dialect.encoding` of the source as the file is written"
    if encoding == "utf-16" and said != encoding:
        found = f"{said or 'no'} mark, {_hex(head)}"
        raise DataError(Problem("text is not UTF-16", name, "a UTF-16 byte order mark at its head", found, do=do))
    if encoding not in {"utf-8", "utf-16"} and said is not None:
        found = f"the byte order mark of {said.upper()}, {_hex(head)}"
        raise DataError(Problem(f"text is not {_shown(encoding)}", name, _shown(encoding), found, do=do))
    return mark if said == encoding else b""


def _undecodable(name: str, encoding: str, error: UnicodeDecodeError, offset: int) -> DataError:
    if (error.end == len(error.object) and "end of data" in error.reason) or error.reason == "truncated data":
        found = f"the text ends within a character, at offset {offset}: a truncated file?"
        return DataError(Problem("the last character is not whole", name, _shown(encoding), found, do="fetch it again"))
    hint = _hint(error.object) if encoding == "utf-8" else ""
    found = f"byte 0x{error.object[error.start]:02x} at offset {offset}{hint}"
    do = "declare `dialect.encoding` of the source as the file is written, or have it written in UTF-8"
    return DataError(Problem(f"text is not {_shown(encoding)}", name, _shown(encoding), found, do=do))


def _nul(name: str, encoding: str, data: bytes, offset: int | None) -> DataError:
    """Of text that was decoded no offset is told: it would be one of the UTF-8."""
    where = "" if offset is None else f" at offset {offset}"
    zeros = data[:200].count(0)
    utf16 = encoding == "utf-8" and zeros >= 0.25 * len(data[:200])
    found = f"byte 0x00{where}" + ("; it may be UTF-16 without a byte order mark" if utf16 else "")
    do = "have it written again: zeros are left behind where a write was interrupted"
    do = "have it written in UTF-8, or with a mark and `dialect.encoding: utf-16` declared" if utf16 else do
    return DataError(Problem("a NUL byte in a text file", name, "text", found, do=do))


def _hint(data: bytes) -> str:
    if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return "; it may be UTF-16"
    return "; it may be Latin-1 (or Windows-1252)"


def _shown(encoding: str) -> str:
    return {"utf-8": "UTF-8", "utf-16": "UTF-16", "latin-1": "Latin-1", "windows-1252": "Windows-1252"}[encoding]


def _hex(head: bytes) -> str:
    return f"the file begins with {head[:4].hex(' ') or 'nothing'}"
