"""Stores to test with: one that counts requests, and ones whose client dies at a named point of a write.

A point is told from the key and its place in the story: ``before ledger 3``, ``after memo position``, ``after object
7`` (the seventh object that this client writes); in a `DyingDirectory` what lies inside a write: ``object 7 half
written``, ``… written``, ``… linked``, ``… synced``. A dead client does nothing more, as a process that was killed.
"""

import json
import os
from collections import Counter
from pathlib import Path

from keepfit.store import Directory, Store
from keepfit.store.directory import _sync

TOP = 10**12


class Crash(BaseException):
    """The end of a process, as far as the code in it can tell."""


class Counting:
    """A store that notes what it is asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        return self._store.address

    def read(self, key: str) -> bytes:
        self.asked.append(("read", key))
        return self._store.read(key)

    def create(self, key: str, data: bytes) -> None:
        self.asked.append(("create", key))
        self._store.create(key, data)

    def list(self, prefix: str, limit: int | None = None) -> list[str]:
        self.asked.append(("list", prefix))
        return self._store.list(prefix, limit)


class Points:
    """The points that a client has reached; at one of them, counted from 0, it dies."""

    def __init__(self, at: int | None = None) -> None:
        self.names: list[str] = []
        self.dead = False
        self._at = at
        self._kinds: Counter[str] = Counter()

    def reach(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) - 1 == self._at:
            self.dead = True
        self.live()

    def live(self) -> None:
        if self.dead:
            raise Crash(self.names[-1])

    def name(self, key: str, data: bytes) -> str:
        """What a write is called."""
        *_, kind, file = key.split("/")
        if kind in {"ledger", "quarantine"}:
            return f"{kind} {TOP - int(file.removesuffix('.json'))}"
        if kind == "runs":
            return f"memo {json.loads(data)['stage']}"
        kind = {"objects": "object", "versions": "manifest", "verdicts": "verdict", "snapshots": "snapshot"}[kind]
        self._kinds[kind] += 1
        return f"{kind} {self._kinds[kind]}"


class Dying:
    """Any store, whose client dies before or after a write."""

    def __init__(self, store: Store, points: Points) -> None:
        self._store = store
        self.points = points

    @property
    def address(self) -> str:
        return self._store.address

    def read(self, key: str) -> bytes:
        self.points.live()
        return self._store.read(key)

    def create(self, key: str, data: bytes) -> None:
        self.points.live()
        name = self.points.name(key, data)
        self.points.reach(f"before {name}")
        self._store.create(key, data)
        self.points.reach(f"after {name}")

    def list(self, prefix: str, limit: int | None = None) -> list[str]:
        self.points.live()
        return self._store.list(prefix, limit)


class DyingDirectory(Directory):
    """A directory whose client dies inside a write; what a killed process cannot clean up stays there."""

    def __init__(self, root: Path, points: Points) -> None:
        super().__init__(root)
        self.points = points
        self.writing = ""

    def create(self, key: str, data: bytes) -> None:
        self.writing = self.points.name(key, data)
        super().create(key, data)

    def _publish(self, temporary: Path, path: Path) -> None:
        self._leave(temporary, path, share=2)
        self.points.reach(f"{self.writing} half written")
        self._leave(temporary, path, share=1)
        self.points.reach(f"{self.writing} written")
        os.link(temporary, path)
        self.points.reach(f"{self.writing} linked")
        _sync(path.parent)
        self.points.reach(f"{self.writing} synced")

    def _leave(self, temporary: Path, path: Path, share: int) -> None:
        data = temporary.read_bytes()
        path.with_name(f".{path.name[:9]}.tmp").write_bytes(data[: len(data) // share])
