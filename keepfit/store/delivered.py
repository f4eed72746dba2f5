"""Objects that others put into a bucket of S3 for us to read: sources, not the store."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property, partial
from typing import Any, BinaryIO, NamedTuple

from keepfit.store.attempts import Attempts, Patience
from keepfit.store.client import S3, connect
from keepfit.store.faults import Altered, Asked, failures, told, transient

_STEP = 1 << 20
_MD5 = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Object(NamedTuple):
    """An object; ``tag`` changes whenever it does."""

    key: str
    tag: str
    size: int


class Copy(NamedTuple):
    """The bytes of an object: their SHA-256, and a file at its beginning."""

    digest: str
    file: BinaryIO


class Delivered:
    """The objects of a bucket; nothing is asked of the server before it is used."""

    def __init__(self, bucket: str, patience: Patience | None = None) -> None:
        self._bucket = bucket
        self._patience = patience or Patience()

    def objects(self, prefix: str) -> Iterator[Object]:
        """All whose key begins with ``prefix``, in the order of the server.

        Raises
        ------
        InfrastructureError
            The server refuses, or does not answer in time.
        """
        token: dict[str, str] = {}
        while True:
            request = partial(self._s3.client.list_objects_v2, Bucket=self._bucket, Prefix=prefix, **token)
            attempts = Attempts(self._patience)
            try:
                page = attempts.of(request, transient)
            except failures() as error:
                raise told(error, Asked("list", self._bucket, prefix, self._s3), attempts) from error
            found = (Object(each["Key"], each["ETag"].strip('"'), each["Size"]) for each in page.get("Contents", ()))
            yield from (each for each in found if not each.key.endswith("/"))
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    @contextmanager
    def fetched(self, key: str) -> Iterator[Copy]:
        """A copy of an object, as long as it was promised and, where the server says its MD5, with these bytes.

        Raises
        ------
        Missing
            There is no such key.
        IntegrityError
            Other bytes, or fewer than promised, every time.
        InfrastructureError
            The server refuses, or does not answer in time.
        """
        attempts = Attempts(self._patience)
        try:
            copy = attempts.of(partial(self._copy, key, attempts), transient)
        except failures() as error:
            raise told(error, Asked("read", self._bucket, key, self._s3), attempts) from error
        with copy.file:
            yield copy

    @cached_property
    def _s3(self) -> S3:
        return connect(self._patience)

    def _copy(self, key: str, attempts: Attempts) -> Copy:
        """A file of its own for every attempt: one that is given up may still be writing."""
        answer = self._s3.client.get_object(Bucket=self._bucket, Key=key)
        promised = answer["ContentLength"]
        attempts.expect(promised)
        digest, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        copy = tempfile.TemporaryFile(prefix="keepfit-")  # noqa: SIM115 - closed by who asked for it
        with closing(answer["Body"]) as body:
            while step := body.read(_STEP):
                digest.update(step)
                sha256.update(step)
                copy.write(step)
        if copy.tell() != promised:
            raise Altered(f"{promised:,} bytes", f"{copy.tell():,} bytes")
        expected = _md5(answer)
        if expected and digest.hexdigest() != expected:
            raise Altered(f"md5 {expected}", f"md5 {digest.hexdigest()}")
        copy.seek(0)
        return Copy(sha256.hexdigest(), copy)


def _md5(answer: dict[str, Any]) -> str:
    """The MD5 of an object that was sent in one piece and is not encrypted with a key of its own; else ""."""
    tag = answer.get("ETag", "").strip('"')
    keyed = answer.get("SSECustomerAlgorithm") or str(answer.get("ServerSideEncryption", "")).startswith("aws:kms")
    return tag if _MD5.fullmatch(tag) and not keyed else ""
