"""What the processes of test_races.py do: run and promote beside others, or die on the way.

races_worker.py race STORE WORKER RUNS        register, release and promote, RUNS times
races_worker.py die STORE STEP ACTION NUMBER  one action, killed at the STEP-th step of writing (never: -1)
"""

import json
import os
import signal
import sys
from pathlib import Path

from history_world import NOON, PERSON, candidate, ran, registered

from keepfit.release import disable, promote, release, rollback
from keepfit.store import Directory, open_store


class Dying(Directory):
    """A directory whose process is killed at a step: each new file is two, written but not published, and published."""

    def __init__(self, root: Path, step: int) -> None:
        super().__init__(root)
        self.left = step

    def _publish(self, temporary: Path, path: Path) -> None:
        self.tick()
        super()._publish(temporary, path)
        self.tick()

    def tick(self) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


def race(store: str, worker: int, runs: int) -> None:
    """Print the numbers that this process was given."""
    numbers, opened = [], open_store(store)
    for number in range(runs):
        made = candidate(opened, 1000 * worker + number, "pass" if number % 2 else "not_enough_evidence")
        given = registered(opened, made)
        release(opened, made.use_case, given, made.verdict, actor=f"worker {worker}", at=NOON)
        assert promote(opened, "flights", given.number, **PERSON).champion == given.number
        numbers.append(given.number)
    print(json.dumps(numbers))


def die(store: str, step: int, action: str, number: int) -> None:
    """Do one thing, unless killed."""
    directory = Dying(Path(store), step)
    if action == "run":
        ran(directory, number)
    elif action == "promote":
        promote(directory, "flights", number, **PERSON)
    elif action == "rollback":
        rollback(directory, "flights", number, **PERSON)
    else:
        disable(directory, "flights", **PERSON)


if __name__ == "__main__":
    if sys.argv[1] == "race":
        race(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        die(sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
