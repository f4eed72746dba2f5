"""Reading a snapshot from S3 beside boto3's own parallel download, and what a ledger asks of S3.

``python -m tests.benchmarks.s3_reading [TURNS]`` prints it; ``rows`` is for ``make bench``.
"""

import os
import random
import sys
import tempfile
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from unittest import mock

sys.path.append(str(Path(__file__).parents[1] / "integration"))

import s3_servers
from chaos_proxy import chaos

from keepfit.ledger import append
from keepfit.records import Draft, Seat
from keepfit.registry import show
from keepfit.store import Bucket, Cached, Store, get_many, object_key, put
from keepfit.store.ahead import AHEAD

OBJECTS = 40
SIZE = 4 * 1024 * 1024  # bytes of each
ENTRIES = 10_000
MB = OBJECTS * SIZE / 1e6
Row = tuple[str, str, str, str, str]


def rows(folder: Path, turns: int) -> list[Row]:
    """Measured in turns, so that a change of load over time touches all alike; the first turn is not counted."""
    with s3_servers.weed(folder) as server, _found(server.url):
        bucket = Bucket(s3_servers.BUCKET, "bench")
        kept = Cached(bucket, folder / "cache")
        digests = [put(bucket, random.Random(number).randbytes(SIZE)) for number in range(OBJECTS)]
        _take(kept, digests)
        client = s3_servers.client(server)
        jobs: tuple[Callable[[], object], ...] = (
            lambda: _take(bucket, digests),
            lambda: _boto3(client, digests),
            lambda: _take(kept, digests),
        )
        rounds = [[_seconds(job) for job in jobs] for _ in range(turns + 1)][1:]
        plain, other, cached = (list(each) for each in zip(*rounds, strict=True))
        what = f"{OBJECTS} objects of {SIZE // 1024**2} MiB from S3"
        return [
            (
                f"{what}, fetched and hashed",
                _rate(plain),
                f"boto3, {AHEAD} threads {_rate(other)}",
                _ratio(plain, other),
                "0.7",
            ),
            ("the same with the local cache", _rate(cached), "", _ratio(cached, other), ""),
            ("requests of one ledger append", str(requests_of_an_append(server.url)), "", "", "3"),
            (f"requests of `show` on {ENTRIES:,} entries", str(requests_of_show(server)), "", "", "5"),
        ]


def requests_of_an_append(url: str) -> int:
    """How many requests one more entry takes, in a store that this process has written to before."""
    with chaos(url) as proxy, _found(proxy.url):
        store = Bucket(s3_servers.BUCKET, "ledger")
        for number in (1, 2, 3):
            proxy.set()
            append(store, "flights", lambda _, number=number: _draft(number))
        return len(proxy.requests)


def requests_of_show(server: s3_servers.Server) -> int:
    """How many requests the newest of a long history take."""
    history = _InMemory()
    for number in range(1, ENTRIES + 1):
        append(history, "flights", lambda _, number=number: _draft(number))
    client = s3_servers.client(server)

    def send(key: str) -> None:
        client.put_object(Bucket=s3_servers.BUCKET, Key=f"long/{key}", Body=history.data[key])

    with ThreadPoolExecutor(2 * AHEAD) as pool:
        list(pool.map(send, history.keys))
    with chaos(server.url) as proxy, _found(proxy.url):
        shown = show(Bucket(s3_servers.BUCKET, "long"), "flights")
        assert shown.entries_in_all == ENTRIES
        return len(proxy.requests)


class _InMemory:
    """A store, as far as a ledger needs one."""

    address = "memory"

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.data: dict[str, bytes] = {}

    def read(self, key: str) -> bytes:
        return self.data[key]

    def create(self, key: str, data: bytes) -> None:
        insort(self.keys, key)
        self.data[key] = data

    def list(self, prefix: str, limit: int | None = None) -> list[str]:
        start = bisect_left(self.keys, prefix)
        return [key for key in self.keys[start:][:limit] if key.startswith(prefix)]


def _draft(number: int) -> Draft:
    version = Seat(number=number, digest=f"{number:064x}")
    at = datetime(2013, 4, 1, tzinfo=UTC)
    return Draft(action="registered", actor="bench", reason="bench", at=at, outcome="pass", version=version)


@contextmanager
def _found(url: str) -> Iterator[None]:
    """Where boto3 finds a server."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with mock.patch.dict(os.environ, {**environ, **s3_servers.environ_for(url)}, clear=True):
        yield


def _take(store: Store, digests: list[str]) -> None:
    assert sum(map(len, get_many(store, digests))) == OBJECTS * SIZE


def _boto3(client: Any, digests: list[str]) -> None:
    def fetch(digest: str) -> int:
        return len(client.get_object(Bucket=s3_servers.BUCKET, Key=f"bench/{object_key(digest)}")["Body"].read())

    with ThreadPoolExecutor(AHEAD) as pool:
        assert sum(pool.map(fetch, digests)) == OBJECTS * SIZE


def _seconds(job: Callable[[], object]) -> float:
    start = perf_counter()
    job()
    return perf_counter() - start


def _rate(seconds: list[float]) -> str:
    rates = sorted(MB / each for each in seconds)
    return f"{median(rates):.0f} MB/s ({rates[0]:.0f} to {rates[-1]:.0f})"


def _ratio(ours: list[float], theirs: list[float]) -> str:
    ratios = sorted(two / one for one, two in zip(ours, theirs, strict=True))
    return f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name:
        for row in rows(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else 5):
            print(f"| {' | '.join(row)} |")
