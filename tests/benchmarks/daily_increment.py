"""What one more day costs after 30, 365 and 3,650 days: reading it, and making the examples of the last four weeks.

    python -m tests.benchmarks.daily_increment [TURNS]

The three take turns in one process. Nothing is asserted.
"""

import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from keepfit.config.model import UseCase
from keepfit.data import extract, fingerprint, look
from keepfit.records import Moment
from keepfit.store import Store, open_store

HISTORIES = (30, 365, 3_650)
ROWS = 5_000  # of a day
FIRST = datetime(2010, 1, 1, tzinfo=UTC)
STARTED = datetime(2100, 1, 1, tzinfo=UTC)
USE_CASE = UseCase.model_validate(
    {
        "name": "sales",
        "description": "What is sold in a day",
        "owner": "us",
        "task": "binary",
        "data": {
            "sources": {"sales": {"kind": "files", "path": "sales/*.csv"}},
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
)


def main(turns: int) -> None:
    print("| days of history | one more day | of which looking at the files | against 30 days |")
    print("|---|---|---|---|")
    for days, whole, seeing, ratio in figures(turns):
        print(f"| {days:,} | {whole:.3f} s | {seeing:.3f} s | {ratio:.2f} |")


def figures(turns: int) -> list[tuple[int, float, float, float]]:
    """By history: seconds for the next day in all, of them for the fingerprint, and the ratio to the shortest."""
    with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name:
        worlds = [World(Path(name) / str(days), days) for days in HISTORIES]
        for world in worlds:
            world.next_day()  # the first time everything is read
        rounds = [[world.next_day() for world in worlds] for _ in range(turns)]
    columns = list(zip(*rounds, strict=True))
    wholes = [median(whole for whole, _ in column) for column in columns]
    looks = [median(look for _, look in column) for column in columns]
    ratios = [median(each[place][0] / each[0][0] for each in rounds) for place in range(len(HISTORIES))]
    return list(zip(HISTORIES, wholes, looks, ratios, strict=True))


class World:
    """A folder that gets a file a day."""

    def __init__(self, root: Path, days: int) -> None:
        self._root = root
        self._store: Store = open_store(str(root / "store"))
        self._day = 0
        (root / "sales").mkdir(parents=True)
        for _ in range(days):
            self._deliver()

    def next_day(self) -> tuple[float, float]:
        """Seconds for the day that comes: in all, and for seeing which files are new."""
        self._deliver()
        start = perf_counter()
        seen = look(self._store, USE_CASE, self._root)
        fingerprint(seen)
        looked = perf_counter()
        moment = Moment(as_of=FIRST + timedelta(days=self._day), started=STARTED)
        extracted = extract(self._store, USE_CASE, moment, self._root, seen)
        end = perf_counter()
        assert extracted.rows == 28 * ROWS, extracted.rows
        return end - start, looked - start

    def _deliver(self) -> None:
        at = FIRST + timedelta(days=self._day)
        (self._root / "sales" / f"{at:%Y-%m-%d}.csv").write_text("\n".join(_lines(at, self._day)) + "\n")
        self._day += 1


def _lines(at: datetime, seed: int) -> Iterator[str]:
    draw = random.Random(seed)
    yield "id,at,shop,article,price,pieces,back"
    for number in range(ROWS):
        moment = at + timedelta(seconds=number * 86_400 // ROWS)
        price, shop, article = draw.randrange(100, 99_999) / 100, draw.randrange(40), draw.randrange(3_000)
        rest = f"s{shop:02d},a{article:04d},{price},{draw.randrange(1, 9)},{'true' if draw.random() < 0.1 else 'false'}"
        yield f"{at:%Y%m%d}-{number},{moment:%Y-%m-%dT%H:%M:%SZ},{rest}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
