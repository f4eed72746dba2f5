"""Closed segments → Parquet in the store, each exactly once; a process of its own, which ends when it is done.

``python -m keepfit.serving.log.ship FOLDER STORE USE_CASE WORKER`` prints what it did as JSON. A segment is removed
when all that it holds is in the store. A process that was killed in between does it again: the keys are taken then, by
files that say of which segment they are. Segments of workers whose lock nobody holds are taken along.
"""

import os
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from keepfit.errors import Exists, IntegrityError, KeepfitError, Problem
from keepfit.records import sha256
from keepfit.serving.log.frames import MAGIC, Rows, day_of, found_in, rows_of
from keepfit.serving.log.segment import CLOSED, DAMAGED, clear_up, lock
from keepfit.serving.log.table import labels_table, parquet, predictions_table, segment_of
from keepfit.store import Store, open_store

_TOLD, _LONG = 20, 500  # problems and characters of each: all of it fits a pipe


class Shipped(msgspec.Struct):
    """What one such process did.

    ``killed`` workers were found of which the newest records may be missing; ``problems`` are of segments that stay
    where they are.
    """

    shipped: int = 0
    torn_bytes: int = 0
    damaged: int = 0
    killed: int = 0
    problems: list[str] = msgspec.field(default_factory=list)


def ship(folder: Path, store: Store, use_case: str, worker: str | None) -> Shipped:
    """Ship what a worker closed, and all that workers left who are gone; ``worker`` None: only those.

    Raises
    ------
    OSError
        The folder cannot be read.
    """
    done = Shipped()
    for place in _folders(folder / use_case):
        if place.name != worker and not _adopted(place, done):
            continue
        for path in sorted(place.glob(f"*{CLOSED}")):
            try:
                _ship(store, use_case, place.name, path, done)
            except FileNotFoundError:  # another process shipped it
                continue
            except (KeepfitError, OSError) as error:
                done.problems += [f"{path.name}: {error}"[:_LONG]] if len(done.problems) < _TOLD else []
    return done


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _adopted(place: Path, done: Shipped) -> bool:
    """Close the segments of a worker that is gone; False where it lives.

    To ship them needs no lock: whoever else does it does the same.
    """
    held = lock(place)
    if held is None:
        return False
    try:
        done.killed += clear_up(place)
    finally:
        os.close(held)
    return True


def _ship(store: Store, use_case: str, worker: str, path: Path, done: Shipped) -> None:
    """Publish one segment, then remove it."""
    found = found_in(path.read_bytes())
    rows = rows_of(found.payloads, str(path))
    digest = sha256(MAGIC + b"".join(found.payloads))
    for key, data in _files(use_case, f"{worker}-{path.stem}", rows, digest):
        _publish(store, key, data, digest)
    if found.damaged:
        path.rename(path.with_suffix(DAMAGED))
    else:
        path.unlink()
    done.shipped += len(rows.predictions) + len(rows.labels)
    done.torn_bytes += found.torn
    done.damaged += found.damaged


def _files(use_case: str, name: str, rows: Rows, digest: str) -> Iterator[tuple[str, bytes]]:
    """The files of a segment by key: one for every day of its predictions, and of its labels."""
    for day, some in groupby(sorted(rows.predictions, key=lambda row: row.at), key=lambda row: day_of(row.at)):
        yield f"{use_case}/predictions/{day}/{name}.parquet", parquet(predictions_table(list(some)), digest)
    for day, those in groupby(sorted(rows.labels, key=lambda row: row.label.at), key=lambda row: day_of(row.label.at)):
        yield f"{use_case}/labels/{day}/{name}.parquet", parquet(labels_table(list(those)), digest)


def _publish(store: Store, key: str, data: bytes, segment: str) -> None:
    """Create a file, or see that it is there from this segment: with other bytes, if another release of Arrow made it.

    Raises
    ------
    IntegrityError
        The file there is of another segment.
    """
    try:
        store.create(key, data)
    except Exists as error:
        where = f"{store.address}/{key}"
        found = segment_of(store.read(key), where)
        if found != segment:
            what = "a file of the prediction log is that of another segment"
            raise IntegrityError(Problem(what, where, segment, found, did="kept the segment")) from error


def main(words: list[str]) -> int:
    """Ship, and say what was done."""
    folder, address, use_case, worker = words
    try:
        done = ship(Path(folder), open_store(address), use_case, worker)
    except (KeepfitError, OSError) as error:
        sys.stderr.write(str(error))
        return 1
    sys.stdout.write(msgspec.json.encode(done).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
