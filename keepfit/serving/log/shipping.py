"""Has closed segments shipped, by a process of its own: Arrow would take more memory than a worker may have."""

import json
import logging
import subprocess
import sys
from pathlib import Path

from keepfit.serving.log.segment import something_left

_LOG = logging.getLogger("keepfit.serving.log")
_COUNTED = ("shipped", "torn_bytes", "damaged", "killed")


class Shipping:
    """One process at a time: when there is something to ship, and every so often for what died workers left."""

    def __init__(self, folder: Path, address: str, use_case: str, worker: str, every: float) -> None:
        self._own = folder / use_case / worker
        self._command = [sys.executable, "-m", "keepfit.serving.log.ship", str(folder), address, use_case, worker]
        self._every = every
        self._next = 0.0
        self._child: subprocess.Popen[bytes] | None = None
        self.wanted = True
        self.counts = dict.fromkeys(_COUNTED, 0)
        self.problem = ""

    def look(self, now: float) -> None:
        """Start or collect the process; ``now`` in seconds of any clock that only goes on."""
        if self._child is not None:
            if self._child.poll() is None:
                return
            self._collect(self._child)
        due = now >= self._next
        if due or (self.wanted and not self.problem):  # after a failure it is tried again when it is due
            self._next = now + self._every
            self._start_if_needed()

    def finish(self, seconds: float) -> None:
        """Ship what is left, or stop trying after so many seconds: it stays on the disk for the next process."""
        self._wait(seconds)
        if self.wanted:
            self._start_if_needed()
            self._wait(seconds)

    def _start_if_needed(self) -> None:
        try:
            needed = something_left(self._own)
        except OSError as error:
            self._failed(f"{self._own}: {error.strerror}")
            return
        if needed:
            self._start()
        else:
            self.wanted, self.problem = False, ""

    def _start(self) -> None:
        self.wanted = False
        try:
            self._child = subprocess.Popen(  # noqa: S603 - this very Python, our own module
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError as error:
            self._failed(f"cannot start a process: {error.strerror}")

    def _wait(self, seconds: float) -> None:
        if self._child is None:
            return
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._collect(self._child)

    def _collect(self, child: "subprocess.Popen[bytes]") -> None:
        self._child = None
        said, error = child.communicate()  # it has ended; what it says is less than a pipe holds
        if child.returncode:
            told = error.decode("utf-8", "replace").strip()[-500:]
            self._failed(told or f"the process that ships ended with {child.returncode}")
            return
        found = json.loads(said)
        for name in _COUNTED:
            self.counts[name] += found[name]
        if found["problems"]:
            self._failed("; ".join(found["problems"])[:500])
        else:
            self.problem = ""

    def _failed(self, problem: str) -> None:
        self.problem = f"predictions wait on the disk, the store does not take them: {problem}"
        self.wanted = True
        _LOG.error("%s", self.problem)
