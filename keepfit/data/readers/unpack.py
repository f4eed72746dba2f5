"""The one file inside a .gz or .zip, and a first look at what the bytes are."""

import gzip
import io
import zipfile
import zlib
from typing import NamedTuple

from keepfit.errors import DataError, Problem

FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


class Content(NamedTuple):
    """Bytes ready to be parsed, and how: csv, jsonl or parquet."""

    data: bytes
    form: str


def unpack(data: bytes, name: str) -> Content:
    """What is inside the file ``name``.

    Raises
    ------
    DataError
        The name says no format we read, or the packing is broken or holds more than one file.
    """
    inner = name.lower()
    if inner.endswith(".gz"):
        data, inner = _gunzip(data, name), inner[:-3]
    elif inner.endswith(".zip"):
        data, inner = _unzip(data, name), inner[:-4]
    for suffix, form in FORMATS.items():
        if inner.endswith(suffix):
            return Content(data, form)
    known = ", ".join(FORMATS)
    raise DataError(Problem("the format of a file is not known", name, f"{known}, plain or .gz or .zip", name))


def _gunzip(data: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(data)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(_broken("gzip", name, error)) from error


def _unzip(data: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                found = f"{len(members)} files"
                raise DataError(Problem("a zip must hold exactly one file", name, "1 file", found))
            return archive.read(members[0])
    except (zipfile.BadZipFile, EOFError, zlib.error, RuntimeError) as error:
        raise DataError(_broken("zip", name, error)) from error


def _broken(kind: str, name: str, error: Exception) -> Problem:
    return Problem(
        f"a {kind} file is truncated or damaged", name, f"a whole {kind} file", str(error), do="fetch the file again"
    )


def as_text(data: bytes, name: str) -> None:
    """See that the bytes are UTF-8 text of a table.

    Raises
    ------
    DataError
        They are not; the offset and a hint at the true encoding are given.
    """
    if not data.strip():
        raise DataError(Problem(f"0 rows in {name}", name, "a header and rows", "an empty file"))
    head = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] == b"<":
        shown = head[:60].decode("utf-8", "replace")
        do = "see whether the download needs a login"
        raise DataError(Problem("looks like an HTML page, not a table", name, "rows of data", shown, do=do))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        utf16 = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
        hint = "UTF-16" if utf16 else "Latin-1 (or Windows-1252)"
        found = f"byte 0x{data[error.start]:02x} at offset {error.start}; it may be {hint}"
        do = "have the file written in UTF-8"
        raise DataError(Problem("text is not UTF-8", name, "UTF-8", found, do=do)) from error
