"""Objects: bytes whose name is their digest, and records under a name that others may have published before."""

from collections.abc import Iterable, Iterator
from functools import partial

from keepfit.errors import Exists, IntegrityError, Problem
from keepfit.records import sha256
from keepfit.store.ahead import AHEAD, ahead
from keepfit.store.keys import object_key
from keepfit.store.store import HashesObjects, Store


def put(store: Store, data: bytes) -> str:
    """Keep ``data`` and say by which digest it is found again; keeping it twice is keeping it once."""
    digest = sha256(data)
    try:
        store.create(object_key(digest), data)
    except Exists:
        return digest
    return digest


def get(store: Store, digest: str) -> bytes:
    """The object, re-hashed before anybody parses it.

    Raises
    ------
    Missing
        There is no such object.
    IntegrityError
        The bytes are not those that were put.
    """
    if isinstance(store, HashesObjects):
        return store.read_object(digest)
    key = object_key(digest)
    data = store.read(key)
    found = sha256(data)
    if found != digest:
        raise IntegrityError(
            Problem(
                "an object in the store was altered",
                where=f"{store.address}/{key}",
                expected=f"sha256 {digest}",
                found=f"sha256 {found}",
                did="did not use it",
                do="restore this file from a backup, or run `keepfit verify` to see what else is affected",
            )
        )
    return data


def get_many(store: Store, digests: Iterable[str], at_once: int = AHEAD) -> Iterator[bytes]:
    """The objects in order, each re-hashed, fetched by threads of which no more than ``at_once`` hold one at a time.

    Raises
    ------
    Missing, IntegrityError
        As `get`, when the iteration comes to the object.
    """
    return ahead(partial(get, store), digests, at_once)


def publish(store: Store, key: str, data: bytes) -> None:
    """Create ``key``, or see that it holds these very bytes already.

    Raises
    ------
    IntegrityError
        The key holds other bytes.
    """
    try:
        store.create(key, data)
    except Exists as error:
        found = sha256(store.read(key))
        if found != sha256(data):
            raise IntegrityError(
                Problem(
                    "a file in the store is not what its name says",
                    where=f"{store.address}/{key}",
                    expected=f"sha256 {sha256(data)}",
                    found=f"sha256 {found}",
                    did="changed nothing",
                    do="run `keepfit verify`",
                )
            ) from error
