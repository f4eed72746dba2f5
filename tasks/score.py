"""Score files with a version of the use case."""

from datetime import datetime
from pathlib import Path
from time import perf_counter

import msgspec
from prefect import task
from prefect.cache_policies import NO_CACHE

from keepfit import ledger, registry, report, score
from keepfit.config import UseCase
from keepfit.errors import ConfigError, Problem
from keepfit.records import Seat
from keepfit.score.batch import Asked, Batch, Version, score_batch
from keepfit.store import Store
from tasks.artifacts import markdown
from tasks.watching import watcher


class Scoring(msgspec.Struct, frozen=True):
    """What is scored by what: the YAML, the store, the version, and the files."""

    use_case: UseCase
    store: Store
    seat: Seat
    files: tuple[Path, ...]
    output: Path
    overwrite: bool


def seat_of(store: Store, use_case: str, number: int | None, as_of: datetime) -> Seat:
    """The version with a number, or the champion as of a moment.

    Raises
    ------
    ConfigError
        There is no such version, or no champion then.
    """
    if number is not None:
        given = registry.registration(store, use_case, number)
        if given is None or given.version is None:
            known = ledger.fold_of(ledger.head(store, use_case)).versions
            found = f"{known:,} versions"
            raise ConfigError(Problem(f"there is no version {number}", "--version", f"1 to {known}", found))
        return given.version
    newest = ledger.head(store, use_case)
    stood = next((each for each in ledger.back_from(store, newest) if (each.as_of or each.at) <= as_of), None)
    champion = ledger.fold_of(stood).champion
    if champion is None:
        do = "train one (`keepfit run`), or name a version with --version"
        what = f"{use_case} has no champion as of {as_of:%Y-%m-%d %H:%M} UTC"
        raise ConfigError(Problem(what, store.address, "a champion", "none", "scored nothing", do))
    return champion


@task(name="score", persist_result=False, cache_policy=NO_CACHE)
def score_files(it: Scoring) -> Batch:
    """Read, hold to the contract, score and write, a part of a file at a time."""
    begun = perf_counter()
    watcher().started("score")
    try:
        batch = _scored(it)
        markdown(it.use_case.name, "batch", report.batch_markdown(batch, _bytes(it.files), _bytes(_written(batch))))
    except BaseException as error:
        watcher().failed("score", error)
        raise
    note = f"{batch.rows:,} rows in = {batch.scored:,} scored + {batch.refused:,} refused"
    watcher().finished("score", perf_counter() - begun, note, remembered=False)
    return batch


def _written(batch: Batch) -> tuple[Path, ...]:
    return (Path(batch.output),) if batch.output else ()


def _bytes(files: tuple[Path, ...]) -> int:
    return sum(path.stat().st_size for path in files if path.exists())


def _scored(it: Scoring) -> Batch:
    manifest = registry.manifest(it.store, it.use_case.name, it.seat.digest)
    scorer = score.load(it.store, manifest.files)
    version = Version(it.seat.number, it.seat.digest, manifest.classes, scorer)
    return score_batch(it.use_case, version, Asked(it.files, it.output, replace=it.overwrite))
