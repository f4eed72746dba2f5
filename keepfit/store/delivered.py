"""Objects that others put into a bucket of S3 for us to read: sources, not the store."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property, partial
from typing import Any, BinaryIO, NamedTuple

from keepfit.errors import InfrastructureError, Missing, Problem
from keepfit.store.attempts import Attempts, Patience
from keepfit.store.client import S3, connect
from keepfit.store.faults import Altered, Asked, answered
from keepfit.store.listing import listed

_STEP = 1 << 20
_MD5 = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Object(NamedTuple):
    """An object; ``tag`` changes whenever it does."""

    key: str
    tag: str
    size: int


class Copy(NamedTuple):
    """The bytes of an object, as it was when they came: their SHA-256, and a file at its beginning."""

    object: Object
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
        IntegrityError
            The list does not say how it goes on.
        InfrastructureError
            The server refuses, or does not answer in time.
        """
        for found in listed(self._s3, self._bucket, prefix, self._patience):
            if not found["Key"].endswith("/"):
                yield Object(found["Key"], _tag(found), found["Size"])

    @contextmanager
    def fetched(self, key: str) -> Iterator[Copy]:
        """A copy of an object, as long as it was promised and, where the server says its MD5, with these bytes.

        Raises
        ------
        IntegrityError
            Other bytes, or fewer than promised, every time.
        InfrastructureError
            It is gone, or the server refuses, or does not answer in time.
        """
        attempts = Attempts(self._patience)
        asked = Asked("read", self._bucket, key, self._s3)
        try:
            copy = answered(asked, partial(self._copy, key, attempts), attempts)
        except Missing as error:
            raise _gone(asked) from error
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
        with ExitStack() as unless_whole:
            copy = unless_whole.enter_context(tempfile.TemporaryFile(prefix="keepfit-"))
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
            if not attempts.left:
                raise TimeoutError  # nobody waits for it any more, so nobody would close it
            copy.seek(0)
            unless_whole.pop_all()  # closed by who asked for it
        return Copy(Object(key, _tag(answer), promised), sha256.hexdigest(), copy)


def _gone(asked: Asked) -> InfrastructureError:
    return InfrastructureError(
        Problem(
            "a file is gone since the bucket was listed",
            where=asked.where,
            expected="the object that was there",
            found="nothing",
            did="used nothing of this run's data",
            do="run the same command again, when nobody removes what it reads",
        )
    )


def _tag(said: dict[str, Any]) -> str:
    return str(said.get("ETag", "")).strip('"')


def _md5(answer: dict[str, Any]) -> str:
    """The MD5 of an object that was sent in one piece and is not encrypted with a key of its own; else ""."""
    tag = _tag(answer)
    keyed = answer.get("SSECustomerAlgorithm") or str(answer.get("ServerSideEncryption", "")).startswith("aws:kms")
    return tag if _MD5.fullmatch(tag) and not keyed else ""
