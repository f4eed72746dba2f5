"""The last version that was verified here, kept on this machine: what is served when the store cannot be reached.

A folder by store and use case: a `Directory` with the manifest and the files of the version, and a note that says which
version that was. The note is replaced whole; whatever it names is verified again when it is read.
"""

import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from keepfit.errors import Exists, KeepfitError
from keepfit.records import Record, Seat, canonical, parse, sha256
from keepfit.registry.versions import manifest_key
from keepfit.serving.version import Live
from keepfit.store import Directory, Store, get, object_key

_NOTE = "last.json"


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

    def keep(self, store: Store, note: Note, live: Live | None) -> bool:
        """Keep a version that has just been loaded from ``store``; whether that was possible."""
        if self._folder is None:
            return False
        before = self.note()
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if live is not None:
                self._copy(store, live)
            temporary = self._folder / f".{secrets.token_hex(8)}.tmp"
            temporary.write_bytes(canonical(note))
            temporary.replace(self._folder / _NOTE)
        except (OSError, KeepfitError):
            return False
        if before and before.seat and before.seat != note.seat:
            shutil.rmtree(self._folder / before.seat.digest, ignore_errors=True)
        return True

    def _copy(self, store: Store, live: Live) -> None:
        target = self.store(live.seat)
        files = {object_key(digest): get(store, digest) for digest in live.manifest.files.values()}
        files[manifest_key(self._use_case, live.seat.digest)] = canonical(live.manifest)
        for key, data in files.items():
            with suppress(Exists):  # from an earlier time that it served
                target.create(key, data)
