"""The last version that was verified here, kept on this machine: what is served when the store cannot be reached.

A folder by store and use case: a `Directory` with the manifest and the files of the version, and a note that says which
version that was. The note is replaced whole; whatever it names is verified again when it is read. Copies are made in a
thread of their own: neither a slow disk nor a slow store holds up who follows the ledger.
"""

import logging
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Condition, Thread

from keepfit.errors import Exists, KeepfitError
from keepfit.records import Manifest, Record, Seat, canonical, parse, sha256
from keepfit.registry.versions import manifest_key
from keepfit.store import Directory, Store, get, object_key

_NOTE = "last.json"
_log = logging.getLogger("keepfit.serving")


class Note(Record, frozen=True, kw_only=True):
    """Where the ledger stood when this machine last followed it; no ``seat`` where nothing served then."""

    use_case: str
    seq: int
    seat: Seat | None
    disabled: bool


class LocalCopy:
    """The copy of one use case of one store; without a folder nothing is kept and nothing found."""

    def __init__(self, caches: Path | None, store: Store, use_case: str) -> None:
        self._use_case = use_case
        self._folder = caches / "serving" / sha256(store.address.encode())[:16] / use_case if caches else None

    def store(self, seat: Seat) -> Store:
        """Where the version of a note is read from."""
        if self._folder is None:
            raise KeepfitError("no folder for caches is set, so there is no local copy")
        return Directory(self._folder / seat.digest)

    def note(self) -> Note | None:
        """The note, if there is one that can be read."""
        if self._folder is None:
            return None
        with suppress(OSError, KeepfitError):
            note = parse((self._folder / _NOTE).read_bytes(), Note, str(self._folder))
            return note if note.use_case == self._use_case else None
        return None

    def keep(self, store: Store, note: Note, manifest: Manifest | None, wanted: Callable[[], bool]) -> bool:
        """Keep a note, and the version of its seat from ``store``; whether that was done.

        Given up between two files when it is not ``wanted`` any more, and left where a worker beside has seen more.

        Raises
        ------
        KeepfitError, OSError
            The store did not give a file, or the disk did not take it; the note is as it was.
        """
        if self._folder is None:
            return False
        before = self.note()
        if before and before.seq > note.seq:
            return False
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if note.seat and manifest and not self._copy(store, note.seat, manifest, wanted):
            if not before or before.seat != note.seat:
                shutil.rmtree(self._folder / note.seat.digest, ignore_errors=True)
            return False
        temporary = self._folder / f".{secrets.token_hex(8)}.tmp"
        temporary.write_bytes(canonical(note))
        temporary.replace(self._folder / _NOTE)
        if before and before.seat and before.seat != note.seat:
            shutil.rmtree(self._folder / before.seat.digest, ignore_errors=True)
        return True

    def _copy(self, store: Store, seat: Seat, manifest: Manifest, wanted: Callable[[], bool]) -> bool:
        target = self.store(seat)
        for digest in manifest.files.values():
            if not wanted():
                return False
            with suppress(Exists):  # from an earlier time that it served
                target.create(object_key(digest), get(store, digest))
        with suppress(Exists):
            target.create(manifest_key(self._use_case, seat.digest), canonical(manifest))
        return True


class Copying:
    """Keeps what it is told in the background; what was told before and is not kept yet is given up for it."""

    def __init__(self, copy: LocalCopy, store: Store) -> None:
        self._copy, self._store = copy, store
        self._changed = Condition()
        self._next: tuple[Note, Manifest | None] | None = None
        self._busy = False

    def keep(self, note: Note, manifest: Manifest | None = None) -> None:
        """Keep a note, and the version of its seat if it has one; returns at once."""
        with self._changed:
            self._next = (note, manifest)
            if not self._busy:
                self._busy = True
                Thread(target=self._run, name="copy", daemon=True).start()

    def settled(self, seconds: float) -> bool:
        """Whether nothing is left to keep, after so many seconds at most."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, seconds)

    def _run(self) -> None:
        while (told := self._taken()) is not None:
            note, manifest = told
            try:
                self._copy.keep(self._store, note, manifest, lambda: self._next is None)
            except (KeepfitError, OSError) as error:
                _log.warning("%s: no copy on this machine: %s", note.use_case, str(error).partition("\n")[0])
            except Exception:  # noqa: BLE001 - a fault of ours must not end the keeping
                _log.exception("%s: no copy on this machine", note.use_case)

    def _taken(self) -> tuple[Note, Manifest | None] | None:
        with self._changed:
            told, self._next = self._next, None
            if told is None:
                self._busy = False
                self._changed.notify_all()
            return told
