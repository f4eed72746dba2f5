"""Score files with a version of the use case."""

from pathlib import Path
from time import perf_counter

import msgspec
from prefect import task
from prefect.cache_policies import NO_CACHE

from keepfit import registry, report, score
from keepfit.config import UseCase
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
