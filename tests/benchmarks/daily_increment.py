"""What one more day costs after 30, 365 and 3,650 days: reading it, and making the examples of the last four weeks.

    python -m tests.benchmarks.daily_increment [TURNS]

A day is a CSV file of 5,000 rows; it has come when the clock starts. Measured is all that a run does before it
validates: all files are looked at, the fingerprint of the data is taken, the new file is parsed, what the index knows
is kept, and the examples of four weeks are written. The three histories take turns in one process, and a ratio is that
of one turn. Processor time (user and system, all threads) says the same on a machine that is busy with other things.
The floor is what it takes to ask the system once how each file looks (``os.scandir`` and ``stat``), which nobody who
is to notice a changed old file can do without: what a ratio has beyond it is Keepfit's own.
Then sources and store are in a bucket (with smaller days): how many requests one more day takes. Nothing is asserted.
"""

import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple
from unittest import mock

sys.path.append(str(Path(__file__).parents[1] / "integration"))

import s3_servers
from chaos_proxy import chaos

from keepfit.config.model import UseCase
from keepfit.data import extract, fingerprint, look
from keepfit.records import Moment
from keepfit.store import open_store

HISTORIES = (30, 365, 3_650)
ROWS = 5_000  # of a day
ROWS_IN_BUCKET = 20
FIRST = datetime(2010, 1, 1, tzinfo=UTC)
STARTED = datetime(2100, 1, 1, tzinfo=UTC)
USE_CASE: Mapping[str, Any] = {
    "name": "sales",
    "description": "What is sold in a day",
    "owner": "us",
    "task": "binary",
    "data": {
        "key": ["id"],
        "event_time": "at",
        "label": {"column": "back", "known_after": "1d"},
        "history": "28d",
    },
    "contract": {
        "columns": {
            "shop": {"type": "category"},
            "article": {"type": "text"},
            "price": {"type": "float", "min": 0},
            "pieces": {"type": "int", "min": 1},
            "back": {"type": "bool"},
        }
    },
    "features": {"price": "number", "shop": "category"},
    "split": {"by": "time", "holdout": "7d"},
    "train": {"candidates": ["logistic_regression"]},
    "gates": [{"metric": "roc_auc", "at_least": 0.6}],
}


class Turn(NamedTuple):
    """Seconds of one more day: in all, looking at the files, of the processor; and of a bare look at every file."""

    wall: float
    looking: float
    cpu: float
    floor: float


def main(turns: int) -> None:
    print("| days | one more day | of which looking | floor | against 30 days | processor time | against 30 days |")
    print("|---|---|---|---|---|---|---|")
    for days, all_turns, first in seconds(turns):
        wall, looking, cpu, floor = (median(each) for each in zip(*all_turns, strict=True))
        walls, cpus = ([one[at] / two[at] for one, two in zip(all_turns, first, strict=True)] for at in (0, 2))
        cells = f"{wall:.3f} s | {looking:.3f} s | {floor:.3f} s | {_ratio(walls)} | {cpu:.3f} s | {_ratio(cpus)}"
        print(f"| {days:,} | {cells} |")
    print("\n| days of history | pages of the list of files | other requests |\n|---|---|---|")
    for days, pages, others in requests():
        print(f"| {days:,} | {pages} | {others} |")


def seconds(turns: int) -> list[tuple[int, list[Turn], list[Turn]]]:
    """By history: its turns, and those of the shortest at the same time."""
    with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name:
        worlds = [_folder(Path(name) / str(days), days) for days in HISTORIES]
        for world in worlds:
            world.next_day()  # the first time everything is read
        rounds = [[world.next_day() for world in worlds] for _ in range(turns + 1)][1:]
    columns = [list(each) for each in zip(*rounds, strict=True)]
    return [(days, column, columns[0]) for days, column in zip(HISTORIES, columns, strict=True)]


def requests(histories: tuple[int, ...] = HISTORIES, turns: int = 3) -> list[tuple[int, int, float]]:
    """By history: pages of the list of the source's files, and all other requests of a day (the median)."""
    with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name, s3_servers.weed(Path(name)) as server:
        return [(days, *_requests(server, days, turns)) for days in histories]


def _requests(server: s3_servers.Server, days: int, turns: int) -> tuple[int, float]:
    found = []
    with _aws(server.url):
        world = _bucket(server, days)
        world.next_day()
    for _ in range(turns):
        with chaos(server.url) as proxy, _aws(proxy.url):
            world.next_day()
            pages = sum("list-type=2" in request and f"in-{days}" in request for request in proxy.requests)
            found.append((pages, len(proxy.requests) - pages))
    return found[-1][0], median(others for _, others in found)


class World:
    """Somewhere that gets a file a day."""

    def __init__(self, source: Mapping[str, str], store: str, put: Callable[[str, str], None], rows: int) -> None:
        data = {**USE_CASE["data"], "sources": {"sales": source}}
        self._use_case = UseCase.model_validate({**USE_CASE, "data": data})
        self._source, self._store, self._put, self._rows, self._day = source, store, put, rows, 0

    def deliver(self, days: int) -> None:
        """The files of the next days."""
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._deliver, range(self._day, self._day + days)))
        self._day += days

    def next_day(self) -> Turn:
        """What it takes to read the day that comes."""
        self.deliver(1)
        store, root = open_store(self._store), Path("/")
        start, cpu = perf_counter(), process_time()
        seen = look(store, self._use_case, root)
        fingerprint(seen)
        looked = perf_counter()
        moment = Moment(as_of=FIRST + timedelta(days=self._day), started=STARTED)
        extracted = extract(store, self._use_case, moment, root, seen)
        wall, cpu = perf_counter() - start, process_time() - cpu
        assert extracted.rows == 28 * self._rows, extracted.rows
        return Turn(wall, looked - start, cpu, self._floor())

    def _floor(self) -> float:
        """Seconds of a bare look at every file of a folder."""
        if self._source["kind"] != "files":
            return 0.0
        start = perf_counter()
        with os.scandir(Path(self._source["path"]).parent) as files:
            assert sum(file.stat().st_size for file in files)
        return perf_counter() - start

    def _deliver(self, day: int) -> None:
        at = FIRST + timedelta(days=day)
        self._put(f"{at:%Y-%m-%d}.csv", "\n".join(_lines(at, day, self._rows)) + "\n")


def _folder(root: Path, days: int) -> World:
    (root / "sales").mkdir(parents=True)
    source = {"kind": "files", "path": f"{root}/sales/*.csv"}
    world = World(source, str(root / "store"), lambda name, text: _write(root / "sales" / name, text), ROWS)
    world.deliver(days)
    return world


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _bucket(server: s3_servers.Server, days: int) -> World:
    client, prefix = s3_servers.client(server), f"in-{days}"

    def put(name: str, text: str) -> None:
        client.put_object(Bucket=s3_servers.BUCKET, Key=f"{prefix}/{name}", Body=text.encode())

    source = {"kind": "s3", "path": f"s3://{s3_servers.BUCKET}/{prefix}/*.csv"}
    world = World(source, f"s3://{s3_servers.BUCKET}/store-{days}", put, ROWS_IN_BUCKET)
    world.deliver(days)
    return world


@contextmanager
def _aws(url: str) -> Iterator[None]:
    """Where boto3 finds a server, and no local cache."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    known = {**environ, **s3_servers.environ_for(url), "KEEPFIT_CACHE": ""}
    with mock.patch.dict(os.environ, known, clear=True):
        yield


def _ratio(ratios: list[float]) -> str:
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _lines(at: datetime, seed: int, rows: int) -> Iterator[str]:
    draw = random.Random(seed)
    yield "id,at,shop,article,price,pieces,back"
    for number in range(rows):
        moment = at + timedelta(seconds=number * 86_400 // rows)
        price, shop, article = draw.randrange(100, 99_999) / 100, draw.randrange(40), draw.randrange(3_000)
        rest = f"s{shop:02d},a{article:04d},{price},{draw.randrange(1, 9)},{'true' if draw.random() < 0.1 else 'false'}"
        yield f"{at:%Y%m%d}-{number},{moment:%Y-%m-%dT%H:%M:%SZ},{rest}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
