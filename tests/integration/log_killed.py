"""A worker that logs predictions until it is killed, and says on stdout which ones it was told are safe.

``python log_killed.py FOLDER STORE WORKER sync|later`` prints ``number seconds`` (of a clock that all processes share)
for each prediction when ``put`` has answered.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import CLOCK_MONOTONIC, clock_gettime

sys.path.append(str(Path(__file__).parents[1] / "unit"))

from log_world import LOG_OF, prediction

from keepfit.serving.log import PredictionLog
from keepfit.store import Directory

WINDOW = timedelta(seconds=1)


async def work(log, worker):
    """Eight callers at once, as a server has."""
    numbers = iter(range(10**9))

    async def call():
        for number in numbers:
            done = log.put([prediction(number, worker, at=datetime.now(UTC))])
            if done is not None:
                await done
            else:
                await asyncio.sleep(0.001)
            os.write(1, f"{number} {clock_gettime(CLOCK_MONOTONIC)}\n".encode())

    await asyncio.gather(*(call() for _ in range(8)))


def main(folder, store, worker, mode):
    log = PredictionLog(
        Path(folder),
        Directory(Path(store)),
        LOG_OF,
        worker,
        sync=mode == "sync",
        window=WINDOW,
        segment_bytes=20_000,
    )
    os.write(1, b"ready\n")
    asyncio.run(work(log, worker))


if __name__ == "__main__":
    main(*sys.argv[1:])
