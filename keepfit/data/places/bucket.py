"""Objects that others put into a bucket."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from keepfit.data.places.found import Found, R, Read
from keepfit.errors import DataError, Problem
from keepfit.store import Delivered, Object

_WILD = ("*", "?", "[")


class InBucket:
    """The objects that ``s3://bucket/pattern`` matches; ``*`` stays within a folder, ``**`` is any folders."""

    def __init__(self, pattern: str) -> None:
        self._bucket, _, self._pattern = pattern.removeprefix("s3://").partition("/")
        self._delivered = Delivered(self._bucket)

    def found(self) -> list[Found]:
        """The objects that are there, sorted by key; see `keepfit.data.places.Place`."""
        pattern = self._pattern.split("/")
        listed = sorted(self._delivered.objects(_plain(self._pattern)))
        files = [_found(self._bucket, each) for each in listed if matches(each.key.split("/"), pattern)]
        if not files:
            what, where = f"no object matches {self._pattern}", f"s3://{self._bucket}"
            do = "see whether the pattern is right, and whether the upstream system has written anything"
            raise DataError(Problem(what, where, "at least one object", "none", do=do))
        return files

    def reading(self, file: Found, use: Callable[[Read], R]) -> R:
        """Fetch the whole object to a file that is gone afterwards; see `keepfit.data.places.Place`."""
        key = file.path.removeprefix(f"s3://{self._bucket}/")
        with self._delivered.fetched(key) as copy:
            return use(Read(_found(self._bucket, copy.object), copy.digest, copy.file))


def _found(bucket: str, it: Object) -> Found:
    return Found(f"s3://{bucket}/{it.key}", f"{it.tag}-{it.size:x}", 0, it.size)


def matches(key: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the folders and the name of a key are those of a pattern.

    >>> matches(["a", "2013", "x.csv"], ["a", "*", "*.csv"]), matches(["a", "b", "x.csv"], ["a", "*.csv"])
    (True, False)
    >>> matches(["a", "b", "c", "x.csv"], ["a", "**", "*.csv"]), matches(["a", "x.csv"], ["a", "**", "*.csv"])
    (True, True)
    """
    if not pattern or not key:
        return not pattern and not key
    if pattern[0] == "**":
        return matches(key, pattern[1:]) or matches(key[1:], pattern)
    return fnmatchcase(key[0], pattern[0]) and matches(key[1:], pattern[1:])


def _plain(pattern: str) -> str:
    """What all keys that match begin with.

    >>> _plain("flights/day=2013-*/part-0.csv")
    'flights/day=2013-'
    """
    return pattern[: min((at for wild in _WILD if (at := pattern.find(wild)) >= 0), default=len(pattern))]
