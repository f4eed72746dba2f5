"""The one file inside a .gz or .zip, unpacked as it is read; the name alone says which format it has."""

import gzip
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, BinaryIO, NamedTuple, cast

from keepfit.data.readers.stream import BROKEN, STEP, Packed, Unpacked, broken
from keepfit.errors import DataError, InfrastructureError, Problem

FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # of the others, Python unpacks a bomb in one go


class Content(NamedTuple):
    """Bytes ready to be parsed, and how: csv, jsonl or parquet (then the stream can seek)."""

    stream: BinaryIO
    format: str


@contextmanager
def unpacked(file: BinaryIO, name: str) -> Iterator[Content]:
    """What is inside the file ``name``; names inside an archive mean nothing.

    Raises
    ------
    DataError
        The name says no format we read; the packing is damaged, encrypted, a bomb, or holds not exactly one file.
    InfrastructureError
        The file cannot be read, or what is unpacked cannot be laid down.
    """
    lower = name.lower()
    packing = next((suffix for suffix in (".gz", ".zip") if lower.endswith(suffix)), "")
    form = _format(lower.removesuffix(packing), name)
    with ExitStack() as stack:
        stream = _buffered(Packed(file, name))
        if packing == ".gz":
            stream = _gunzip(file, name)
        elif packing == ".zip":
            stream = _unzip(_seekable(stream, name, stack), name, stack)
        if form == "parquet":
            stream = _seekable(stream, name, stack)
        yield Content(stream, form)


def _format(lower: str, name: str) -> str:
    for suffix, form in FORMATS.items():
        if lower.endswith(suffix):
            return form
    known = ", ".join(FORMATS)
    expected, do = f"{known}, plain or .gz or .zip", "have it written so, or let the source's `path` not match it"
    raise DataError(Problem("the format of a file is not known", name, expected, name.rpartition("/")[2], do=do))


def _gunzip(file: BinaryIO, name: str) -> BinaryIO:
    """Members that follow each other are one file, as gzip itself has it."""
    packed = Packed(file, name)
    return _buffered(Unpacked(_stream(gzip.GzipFile(fileobj=_stream(packed))), packed, name, "gzip"))


def _unzip(file: BinaryIO, name: str, stack: ExitStack) -> BinaryIO:
    packed = Packed(file, name, longest=STEP)
    try:
        archive = stack.enter_context(zipfile.ZipFile(_stream(packed)))
        member = _only_member(archive, name)
        inner = stack.enter_context(archive.open(member))
    except BROKEN as error:
        raise broken("zip", name, error) from error
    return _buffered(Unpacked(inner, packed, name, "zip"))


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) != 1:
        do = "have every table packed alone"
        raise DataError(Problem("a zip must hold exactly one file", name, "1 file", f"{len(members)} files", do=do))
    (member,) = members
    if member.flag_bits & 1:
        raise DataError(Problem("a zip is encrypted", name, "a file without a password", "an encrypted one"))
    if member.compress_type not in _METHODS:
        found = f"method {member.compress_type}"
        raise DataError(Problem("a zip is packed in a way that is not read", name, "deflate (8) or stored (0)", found))
    return member


def _seekable(stream: BinaryIO, name: str, stack: ExitStack) -> BinaryIO:
    """A stream that can only be read forward as one that can seek; what is large lies on disk meanwhile."""
    if stream.seekable():
        return stream
    try:
        spool = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        shutil.copyfileobj(stream, spool, STEP)
        spool.seek(0)
    except OSError as error:
        what = "a file cannot be unpacked to a temporary one"
        raise InfrastructureError(Problem(what, name, found=error.strerror or str(error))) from error
    return _buffered(Packed(cast("BinaryIO", spool), name))


def _stream(raw: io.IOBase) -> BinaryIO:
    return cast("BinaryIO", raw)


def _buffered(raw: io.RawIOBase) -> BinaryIO:
    inner: IO[bytes] = io.BufferedReader(raw, STEP)
    return cast("BinaryIO", inner)
