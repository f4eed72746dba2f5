"""A store in a bucket of S3, or of a server that speaks its language.

Guarantees: a key is created by one conditional request, so of many writers one wins; a create whose answer was lost is
recognised as our own by a mark that only it carries; what is read is what was written, or it is fetched again and
then refused; every operation ends in time. A server that does not keep create-only writes is refused by a probe
before the first of them.

A list carries no checksum: bits that flip in one are for TLS to see. A wrong list can make a reader miss a key, or ask
for one that is not there; it cannot make two writers win.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cached_property, partial
from threading import Lock
from typing import TypeVar

from keepfit.errors import Exists, InfrastructureError, Missing, Problem
from keepfit.records import sha256
from keepfit.store.attempts import Attempts, Patience
from keepfit.store.client import S3, connect
from keepfit.store.faults import Altered, Asked, answered, failures, status
from keepfit.store.keys import digest_in, object_key, see_that_key, see_that_prefix
from keepfit.store.listing import PAGE, listed
from keepfit.store.probe import probe
from keepfit.store.upload import at_once, in_parts

T = TypeVar("T")
Marks = dict[str, str]

PARTS_FROM = 16 * 1024 * 1024  # bytes; objects from this size on are sent in parts
_SEEN_FIRST = 256 * 1024  # bytes; from here on it is cheaper to ask first than to send what is there already


class Bucket:
    """Create-only bytes by key below ``prefix`` of a bucket; nothing is asked of the server before it is used."""

    def __init__(self, bucket: str, prefix: str = "", patience: Patience | None = None) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._patience = patience or Patience()
        self._lock = Lock()
        self._probed = False
        self.address = f"s3://{bucket}/{prefix}".rstrip("/")

    def read(self, key: str) -> bytes:
        """The bytes of ``key``, as they were written.

        Raises
        ------
        Missing
            There is no such key.
        IntegrityError
            Other bytes, or fewer than promised, every time.
        InfrastructureError
            The server refuses, or does not answer in time.
        """
        name = self._prefix + see_that_key(key)
        digest = digest_in(key)
        attempts = Attempts(self._patience)
        return self._ask("read", name, partial(self._fetched, name, digest, attempts), attempts)

    def read_object(self, digest: str) -> bytes:
        """The object of this digest; fails as ``read`` does."""
        return self.read(object_key(digest))

    def create(self, key: str, data: bytes) -> None:
        """Publish ``data`` under ``key``, all of it or nothing.

        Raises
        ------
        Exists
            The key was there before; it is unchanged.
        InfrastructureError
            The server refuses, does not answer in time, or does not keep create-only writes.
        """
        name = self._prefix + see_that_key(key)
        self._probe()
        attempts = Attempts(self._patience, len(data))
        seen = len(data) >= _SEEN_FIRST and self._marks(name, attempts) is not None
        if seen or not self._created(name, data, attempts):
            where = f"{self.address}/{key}"
            raise Exists(Problem("a key is in the store already", where=where, did="left what is there unchanged"))

    def list(self, prefix: str, limit: int | None = None) -> "list[str]":
        """The keys that begin with ``prefix``, in the order of their bytes, at most ``limit`` of them.

        Raises
        ------
        InfrastructureError
            The server refuses, or does not answer in time.
        """
        start = see_that_prefix(prefix)
        found: list[str] = []
        for key in self._keys(start, limit):
            # SeaweedFS lists folder by folder: a/x before a-b. That is the order of bytes until a folder has come.
            if limit is not None and "/" in key[len(start) :]:
                return sorted(self._keys(start, None))[:limit]
            found.append(key)
            if len(found) == limit:
                break
        return sorted(found)

    @cached_property
    def _s3(self) -> S3:
        return connect(self._patience)

    def _ask(self, verb: str, name: str, call: Callable[[], T], attempts: Attempts) -> T:
        return answered(Asked(verb, self._bucket, name, self._s3), call, attempts)

    def _fetched(self, name: str, digest: str, attempts: Attempts) -> bytes:
        answer = self._s3.client.get_object(Bucket=self._bucket, Key=name)
        attempts.expect(answer["ContentLength"])
        with closing(answer["Body"]) as body:
            data: bytes = body.read()
        expected = digest or answer["Metadata"].get("sha256")  # no mark: somebody else put it there
        if expected and sha256(data) != expected:
            raise Altered(f"sha256 {expected}", f"sha256 {sha256(data)}")
        return data

    def _created(self, name: str, data: bytes, attempts: Attempts) -> bool:
        """Whether it was this very call that created the key."""
        marks = {"sha256": sha256(data), "writer": secrets.token_hex(8)}
        send = (
            self._in_parts
            if len(data) >= PARTS_FROM and name == self._prefix + object_key(marks["sha256"])
            else self._put
        )
        for _ in range(2):
            if send(name, data, marks, attempts):
                return True
            found = self._marks(name, attempts)
            if found is not None:
                return found.get("writer") == marks["writer"]
        raise InfrastructureError(
            Problem(
                "S3 says of one key that it is there and that it is not",
                where=f"s3://{self._bucket}/{name}",
                found="412 to a create, 404 to a read (SeaweedFS says so of the folder of another key)",
                did="wrote nothing",
            )
        )

    def _put(self, name: str, data: bytes, marks: Marks, attempts: Attempts) -> bool:
        """Whether a request to create the key was answered with yes; no may mean that an earlier yes was lost."""
        request = partial(at_once, self._s3.client, self._bucket, name, data, marks)
        return self._ask("write", name, request, attempts)

    def _in_parts(self, name: str, data: bytes, marks: Marks, attempts: Attempts) -> bool:
        """The same, for what is named by its content.

        Nothing else goes in parts: SeaweedFS lets several writers complete uploads of one key at once, which is one too
        many unless all bring the same bytes.
        """

        def ask(request: Callable[[], T]) -> T:
            return self._ask("write", name, request, attempts)

        return in_parts(self._s3.client, self._bucket, name, data, marks, ask)

    def _marks(self, name: str, attempts: Attempts) -> Marks | None:
        """What its writer said of a key; None where there is none."""

        def request() -> Marks | None:
            try:
                marks: Marks = self._s3.client.head_object(Bucket=self._bucket, Key=name)["Metadata"]
            except failures() as error:
                if status(error) == 404:
                    return None
                raise
            return marks

        return self._ask("write", name, request, attempts)

    def _probe(self) -> None:
        def there(name: str) -> bool:
            try:
                self._ask("read", name, lambda: self._fetched(name, "", budget()), budget())
            except Missing:
                return False
            return True

        def put(name: str, data: bytes) -> bool:
            return self._put(name, data, {}, budget())

        def created(name: str, data: bytes) -> bool:
            return self._created(name, data, budget())

        def budget() -> Attempts:
            return Attempts(self._patience)

        with self._lock:
            if not self._probed:
                probe(self.address, f"{self._prefix}.probe", there, put, created)
                self._probed = True

    def _keys(self, prefix: str, limit: int | None) -> Iterator[str]:
        """Keys in the order of the server, which may be a few more than ``limit``."""
        if limit == 0:
            return
        size = PAGE if limit is None else min(limit, PAGE)
        for found in listed(self._s3, self._bucket, self._prefix + prefix, self._patience, size):
            name = found["Key"].removeprefix(self._prefix)
            if _is_key(name):
                yield name


def _is_key(name: str) -> bool:
    """Whether a name can be a key: not the probe's, not the markers that consoles make for folders."""
    return not name.endswith("/") and not any(part.startswith(".") for part in name.split("/"))
