"""What a key may look like: the same in every store, so that a store can be copied to any other."""

import re

from keepfit.errors import ConfigError, Problem

LONGEST = 800  # S3 allows 1,024 bytes, of which the prefix of a store takes some; a file system allows more

_PART = r"[a-z0-9_-][a-z0-9_.-]{0,199}"
_KEY = re.compile(rf"{_PART}(/{_PART}){{0,15}}", re.ASCII)
_PREFIX = re.compile(rf"({_KEY.pattern}/?)?", re.ASCII)


def see_that_key(key: str) -> str:
    """The key itself.

    Raises
    ------
    ConfigError
        It cannot be one.
    """
    return _seen(_KEY, key)


def see_that_prefix(prefix: str) -> str:
    """The prefix itself: of keys, or empty.

    Raises
    ------
    ConfigError
        No key can begin like this.
    """
    return _seen(_PREFIX, prefix)


def object_key(digest: str) -> str:
    """Where the object lies.

    >>> object_key("e3b0c442")
    'objects/e3b0c442'
    """
    return f"objects/{digest}"


def digest_in(key: str) -> str:
    """The digest in the key of an object; "" for other keys.

    >>> digest_in("objects/e3b0c442"), digest_in("flights/ledger/1.json")
    ('e3b0c442', '')
    """
    return key.removeprefix("objects/") if key.startswith("objects/") else ""


def _seen(pattern: re.Pattern[str], text: str) -> str:
    if len(text) > LONGEST or not pattern.fullmatch(text):
        raise ConfigError(
            Problem(
                "this cannot be a key of the store",
                where=repr(text[:80]),
                expected=f"parts of a-z, 0-9, _, - and . (not first), joined by /, at most {LONGEST} characters",
                did="touched no file",
            )
        )
    return text
