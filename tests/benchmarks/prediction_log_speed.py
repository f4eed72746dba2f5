"""What logging a prediction costs a server, and how fast records become safe, beside bare writes of the same bytes.

``python -m tests.benchmarks.prediction_log_speed`` prints it.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from keepfit.serving.log import Prediction, PredictionLog
from keepfit.serving.log.frames import of_predictions
from keepfit.store import Directory

PUTS = 20_000
SAFE = 4_000
CALLERS = 32
TURNS = 3
Row = tuple[str, str]


def one(number: int) -> Prediction:
    """A prediction like those of the flights model."""
    record = {
        "origin": "JFK",
        "carrier": "B6",
        "dest": "BUF",
        "distance": 301.0,
        "wind_speed": 10.35702,
        "precip": 0.0,
        "visib": 10.0,
        "time_hour": "2013-04-01T06:00:00Z",
    }
    return Prediction(
        id=f"{number:032x}",
        at=datetime.now(UTC),
        use_case="flight_delay",
        version=7,
        digest="d" * 64,
        role="champion",
        record=record,
        score=(0.8123456789, 0.1876543211),
        decision="false",
        warnings=(),
        latency_ms=0.21,
    )


def microseconds_a_put(folder: Path) -> float:
    """``sync: false``, in the thread of the server."""
    log = opened(folder, "later", sync=False)
    rows = [[one(number)] for number in range(PUTS)]
    begun = perf_counter()
    for each in rows:
        log.put(each)
    cost = (perf_counter() - begun) / PUTS
    log.close()
    assert log.state.written == PUTS
    return cost * 1e6


def safe_a_second(folder: Path) -> float:
    """``sync: true``: so many callers, each of which waits for its record."""
    log = opened(folder, "sync", sync=True)

    async def call(numbers: range) -> None:
        for number in numbers:
            done = log.put([one(number)])
            assert done is not None
            await done

    async def calls() -> None:
        each = SAFE // CALLERS
        await asyncio.gather(*(call(range(n * each, (n + 1) * each)) for n in range(CALLERS)))

    begun = perf_counter()
    asyncio.run(calls())
    rate = SAFE / (perf_counter() - begun)
    log.close()
    return rate


def bare_a_second(folder: Path, together: int) -> float:
    """The same bytes by ``write`` and ``fsync`` alone, so many records each time."""
    data = of_predictions([one(1)]) * together
    rounds = max(20, SAFE // together // (10 if together == 1 else 1))
    file = os.open(folder / f"bare{together}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    begun = perf_counter()
    for _ in range(rounds):
        os.write(file, data)
        os.fsync(file)
    rate = rounds * together / (perf_counter() - begun)
    os.close(file)
    return rate


def memory() -> tuple[float, float]:
    """MB of a process that logs, and how many of them are the log's."""
    code = """
import asyncio
from pathlib import Path
from keepfit.store import Directory
def mb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
before = mb()
from tests.benchmarks.prediction_log_speed import microseconds_a_put
import tempfile
with tempfile.TemporaryDirectory() as name:
    microseconds_a_put(Path(name))
print(mb(), mb() - before)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    return float(said[0]), float(said[1])


def opened(folder: Path, worker: str, *, sync: bool) -> PredictionLog:
    """A log whose segments stay open."""
    store = Directory(folder / "store")
    return PredictionLog(folder / "log", store, "flight_delay", worker, sync=sync, window=timedelta(seconds=1))


def rows() -> list[Row]:
    """Measured in turns; the median of each."""
    found: dict[str, list[float]] = {}
    for turn in range(TURNS):
        with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name:
            folder = Path(name)
            for what, value in (
                ("µs a put, sync: false", microseconds_a_put(folder)),
                (f"records a second, sync: true, {CALLERS} callers", safe_a_second(folder)),
                ("records a second, bare write and fsync of one", bare_a_second(folder, 1)),
                (f"records a second, bare write and fsync of {CALLERS}", bare_a_second(folder, CALLERS)),
            ):
                found.setdefault(what, []).append(value)
        print(f"turn {turn + 1} of {TURNS}", file=sys.stderr)
    whole, own = memory()
    told = [(what, f"{median(values):,.1f}") for what, values in found.items()]
    return [*told, ("MB of a process that logs 20,000 (peak)", f"{whole:,.0f}"), ("MB of that for it", f"{own:,.0f}")]


def main() -> None:
    """Print Markdown."""
    print("| what | figure |\n|---|---|")
    for what, figure in rows():
        print(f"| {what} | {figure} |")


if __name__ == "__main__":
    main()
