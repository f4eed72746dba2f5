"""From the address that a person gives to a store."""

import os
import re
from pathlib import Path

from keepfit.errors import ConfigError, Problem
from keepfit.store.bucket import Bucket
from keepfit.store.cache import Cached, cache_folder
from keepfit.store.directory import Directory
from keepfit.store.store import Store

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_PREFIX = re.compile(r"([A-Za-z0-9_=-][A-Za-z0-9_.=-]*(/[A-Za-z0-9_=-][A-Za-z0-9_.=-]*)*)?", re.ASCII)
_LONGEST_PREFIX = 200


def open_store(address: str) -> Store:
    """The store at ``address``: a path, or ``s3://bucket/prefix``; nothing is made there before the first ``create``.

    Endpoint, region and credentials of a bucket are found where boto3 finds them; its objects are kept on this machine
    in ``KEEPFIT_CACHE`` or the platform's folder for caches.

    Raises
    ------
    ConfigError
        The address is empty, names something that is not a folder, or is a URL of another kind.
    """
    scheme, found, rest = address.strip().partition("://")
    if found:
        return _bucket(scheme, rest)
    root = Path(address).expanduser().absolute()
    if not address.strip() or (root.exists() and not root.is_dir()):
        raise _refused(
            "the store address is not a directory",
            where=f"store address {address!r}",
            expected="the path of a directory (it may not exist yet), or s3://bucket/prefix",
            found="nothing" if not address.strip() else "a file",
        )
    return Directory(root)


def _bucket(scheme: str, rest: str) -> Store:
    # What was given is not repeated: somebody may have written a password into it.
    expected = "a path, or s3://bucket/prefix (letters, digits, - _ . and = in the parts of the prefix)"
    if scheme != "s3":
        raise _refused(f"a store is a directory or a bucket of S3, not {scheme[:20]}://", "store address", expected)
    name, _, prefix = rest.partition("/")
    prefix = prefix.rstrip("/")
    if "@" in name:
        found = "something before an @"
        raise _refused("credentials do not belong into the address of a store", "store address", expected, found)
    if not _BUCKET.fullmatch(name) or not _PREFIX.fullmatch(prefix) or len(prefix) > _LONGEST_PREFIX:
        raise _refused("the store address names no bucket and prefix", f"store address s3://{rest[:80]}", expected)
    if name.endswith("--x-s3"):
        why = "a directory bucket does not list its keys in order, so the newest entry of a ledger is not found"
        raise _refused(why, f"store address s3://{name}", "a general purpose bucket")
    folder = cache_folder(os.environ)
    bucket = Bucket(name, prefix)
    return Cached(bucket, folder) if folder else bucket


def _refused(what: str, where: str, expected: str, found: str = "") -> ConfigError:
    do = "give a directory or s3://bucket/prefix with --store or KEEPFIT_STORE"
    return ConfigError(Problem(what, where=where, expected=expected, found=found, do=do))
