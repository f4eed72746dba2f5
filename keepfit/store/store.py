"""What every store can do, and all that the rest of Keepfit may ask of one."""

from typing import Protocol, runtime_checkable


class Store(Protocol):
    """Create-only bytes by key; ``tests/unit/store_conformance.py`` is the promise in full."""

    @property
    def address(self) -> str:
        """What ``open_store`` takes to come here again."""

    def read(self, key: str) -> bytes:
        """The bytes of ``key``.

        Raises
        ------
        Missing
            There is no such key.
        InfrastructureError
            The store did not answer, or not in time.
        """

    def create(self, key: str, data: bytes) -> None:
        """Publish ``data`` under ``key``, all of it or nothing; when this returns it is durable.

        Raises
        ------
        Exists
            The key was there before; it is unchanged.
        InfrastructureError
            It could not be written; the store is unchanged.
        """

    def list(self, prefix: str, limit: int | None = None) -> "list[str]":
        """The keys that begin with ``prefix``, in the order of their bytes, at most ``limit`` of them.

        Raises
        ------
        InfrastructureError
            The store did not answer, or not in time.
        """


@runtime_checkable
class HashesObjects(Protocol):
    """A store that hashes an object while it reads it, so that nobody has to do it again."""

    def read_object(self, digest: str) -> bytes:
        """The object of this digest, never other bytes.

        Raises
        ------
        Missing
            There is no such object.
        IntegrityError
            The bytes under its name are other ones.
        InfrastructureError
            The store did not answer, or not in time.
        """
