"""A whole process, measured from outside: wall time, processor time, peak memory."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter


@dataclass(frozen=True)
class Measured:
    """Seconds of wall and processor (user and system), MB at the peak, and what it said."""

    wall: float
    cpu: float
    peak: float
    out: str
    err: str


def measured(words: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Measured:
    """Run a command to its end; one that fails ends the benchmark."""
    out, err = folder / "out.txt", folder / "err.txt"
    with out.open("w") as stdout, err.open("w") as stderr:
        start = perf_counter()
        process = subprocess.Popen(words, cwd=folder, env=dict(environ), stdout=stdout, stderr=stderr)
        _, status, used = os.wait4(process.pid, 0)
        wall = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 5):
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}\n{err.read_text()}")
    return Measured(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out.read_text(), err.read_text())
