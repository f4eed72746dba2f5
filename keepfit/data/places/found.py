"""What a place says of its files."""

from collections.abc import Callable
from typing import BinaryIO, NamedTuple, Protocol, TypeVar

R = TypeVar("R")


class Found(NamedTuple):
    """A file that is there.

    ``signature`` changes whenever the file does (it says nothing about what is in it); ``changed`` is when it last did,
    in nanoseconds since 1970, or 0 where a change can never go unseen.
    """

    path: str
    signature: str
    changed: int
    size: int


class Read(NamedTuple):
    """A file while it is open: how it was found just now, the digest of its bytes, and a handle at its beginning.

    It may be another one than was found when the place was looked at; what is remembered of it is what was read.
    """

    found: Found
    digest: str
    file: BinaryIO


class Place(Protocol):
    """Where the files of a source lie."""

    def found(self) -> list[Found]:
        """The files that the source's pattern matches, sorted by path.

        Raises
        ------
        DataError
            There is none.
        """

    def reading(self, file: Found, use: Callable[[Read], R]) -> R:
        """What ``use`` makes of a file that stayed as it was while it was used.

        Raises
        ------
        InfrastructureError
            It cannot be read.
        DataError
            It changes again and again.
        """
