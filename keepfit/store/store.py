"""What every store can do, and all that the rest of Keepfit may ask of one."""

from typing import Protocol


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
