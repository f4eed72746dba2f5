"""The bytes of a file as a reader may take them: a failing disk is told as such, and a bomb ends in an error."""

import io
import struct
import zipfile
import zlib
from typing import IO, Any, BinaryIO

from keepfit.errors import DataError, InfrastructureError, Problem

FREE = 64 << 20  # unpacked bytes for which no ratio is asked
RATIO = 500  # unpacked bytes to each packed one; real tables are below 100
MOST = 64 << 30  # unpacked bytes at most
STEP = 1 << 20  # bytes of one read at most, inside of a zip

# What zipfile and gzip raise on damaged bytes; a failing disk is told apart by `Packed`.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class Packed(io.RawIOBase):
    """The file as it lies there; counts what was read of it."""

    def __init__(self, file: BinaryIO, name: str, longest: int | None = None) -> None:
        """``longest`` bounds one read: zipfile takes a directory of any size at once."""
        super().__init__()
        self._file, self._name, self._longest = file, name, longest
        self.taken = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """As the file is."""
        return self._file.seekable()

    def read(self, size: int | None = -1) -> bytes:
        """At most ``size`` bytes."""
        if self._longest is not None and size is not None and size > self._longest:
            raise zipfile.BadZipFile(f"a directory of {size:,} bytes")
        try:
            data = self._file.read(-1 if size is None else size)
        except OSError as error:
            raise _unreadable(self._name, error) from error
        self.taken += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """As many bytes as fit the buffer, or fewer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of any file."""
        try:
            return self._file.seek(offset, whence)
        except OSError as error:
            raise _unreadable(self._name, error) from error

    def tell(self) -> int:
        """As of any file."""
        return self._file.tell()


class Unpacked(io.RawIOBase):
    """What is inside, as far as it is sound and of a size that its packed form can honestly have."""

    def __init__(self, inner: IO[bytes], packed: Packed, name: str, kind: str) -> None:
        super().__init__()
        self._inner, self._packed, self._name, self._kind = inner, packed, name, kind
        self._given = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """At most ``size`` bytes, and no more than ``STEP``."""
        try:
            data = self._inner.read(STEP if size is None or size < 0 else min(size, STEP))
        except BROKEN as error:
            raise broken(self._kind, self._name, error) from error
        self._given += len(data)
        if self._given > MOST or (self._given > FREE and self._given > RATIO * self._packed.taken):
            raise self._bomb()
        return data

    def readinto(self, buffer: Any) -> int:
        """As many bytes as fit the buffer, or fewer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _bomb(self) -> DataError:
        expected = f"at most {MOST >> 30} GB, and beyond {FREE >> 20} MB at most {RATIO} bytes for each packed one"
        found = f"{self._given:,} bytes from {self._packed.taken:,}"
        do = "unpack it by hand if it is to be trusted"
        return DataError(Problem(f"a {self._kind} file unpacks to too much", self._name, expected, found, do=do))


def broken(kind: str, name: str, error: Exception) -> DataError:
    """The error for packing that is damaged."""
    found = str(error) or type(error).__name__
    do = "fetch the file again"
    return DataError(Problem(f"a {kind} file is truncated or damaged", name, f"a whole {kind} file", found, do=do))


def _unreadable(name: str, error: OSError) -> InfrastructureError:
    return InfrastructureError(Problem("a file cannot be read", name, found=error.strerror or str(error)))
