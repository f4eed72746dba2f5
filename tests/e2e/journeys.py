"""Whole runs of the command line in processes of their own: to be killed, repeated, counted and compared.

A `World` is a folder with everything a run may touch. `World.run` starts the command in a fresh process; a `Warm`
process has imported the libraries and forks for each run, which is as much a process as any other, but costs no import.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from flows.server import Child, defaults
from keepfit.registry import show_all, verify
from keepfit.store import open_store

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).with_name("journeys_driver.py")
MARK = "KEEPFIT_TEST_MARK"
PATIENCE = 120.0  # seconds for one run; it takes some five, but the machine may be busy
GONE_SECONDS = 15.0
STAGES = ("extract", "compared", "validate", "split", "train", "export", "position", "evaluate", "measure", "reference",
          "judge", "register", "release", "report")  # fmt: skip

TINY = """
name: visits
description: Will a visitor come back?
owner: front-desk
risk: low
task: binary
data:
  sources:
    visits: {kind: files, path: "data/visits/*.csv"}
  key: [id]
  event_time: at
  label: {column: back, known_after: 1d}
contract:
  columns:
    id: {type: text}
    at: {type: time}
    minutes: {type: float, min: 0, max: 100}
    door: {type: category, values: [north, south]}
    back: {type: bool}
  quarantine_at_most: 5%
features: {minutes: number, door: category}
split: {by: time, holdout: 20d}
train: {candidates: [logistic_regression], seed: 7}
gates:
  - {metric: roc_auc, at_least: 0.6}
  - {metric: log_loss, better_than: naive}
  - {metric: log_loss, not_worse_than: champion, margin: 0.2}
  - {parity: 1e-9}
release: {strategy: direct}
"""
EXPECTING = "expectations:\n  - expect_table_row_count_to_be_between: {min_value: 50}\n"
REFUSING = "  - {metric: roc_auc, at_least: 0.999}\n"
FIRST, SECOND = "2020-03-01", "2020-04-01"
TOOK = ("p50_ms", "p99_ms", "cold_start", "memory")  # what differs from run to run of what `keepfit run` measures


def visits(year, month, count=150):
    """A month of visits as CSV; who stays longer comes back more often. One row is broken."""
    lines = ["id,at,minutes,door,back"]
    for number in range(count):
        day, hour = 1 + number * 28 // count, number * 7 % 24
        minutes = number * 37 % 100
        back = minutes + number * 53 % 61 > 80
        door = "roof" if number == 11 else ("north", "south")[number % 2]
        at = f"{year}-{month:02d}-{day:02d}T{hour:02d}:{number % 60:02d}:00Z"
        lines.append(f"v{month:02d}{number:03d},{at},{minutes},{door},{str(back).lower()}")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Ended:
    """A process that has ended: exit code (negative: the signal), what it wrote, and what its memo did by stage."""

    code: int
    out: str
    err: str
    told: tuple[str, ...] = ()

    @property
    def answer(self):
        return json.loads(self.out)

    @property
    def computed(self):
        return [stage for how, stage in self._first_looks() if how == "computed"]

    @property
    def remembered(self):
        return [stage for how, stage in self._first_looks() if how == "remembered"]

    def _first_looks(self):
        """Registering looks at the position once more; that is not told twice."""
        lines = [tuple(line.split()) for line in self.told]
        places = [at for at, line in enumerate(lines) if line[-1] == "position"]
        return [line for at, line in enumerate(lines) if len(line) == 2 and at not in places[1:]]


@dataclass
class World:
    """A folder that holds a user's whole world: working directory, home, Prefect's home, temporary files."""

    folder: Path
    environ: dict = field(default_factory=dict)

    def __post_init__(self):
        for folder in (self.work, self.home, self.temporary):
            folder.mkdir(parents=True, exist_ok=True)
        self.mark = f"{self.folder}:{time.monotonic_ns()}"

    @property
    def work(self):
        return self.folder / "work"

    @property
    def home(self):
        return self.folder / "home"

    @property
    def prefect_home(self):
        return self.home / ".prefect"

    @property
    def temporary(self):
        return self.folder / "tmp"

    @property
    def store(self):
        return open_store(str(self.work / ".keepfit"))

    def environment(self):
        dropped = ("PREFECT_", "PYTEST_", "KEEPFIT_", "XDG_", "COV_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        own = {"HOME": str(self.home), "TMPDIR": str(self.temporary), "PYTHONPATH": str(ROOT), MARK: self.mark}
        return clean | own | {"PYTHONDONTWRITEBYTECODE": "1"} | self.environ

    def tiny(self, months=(1, 2, 3), text=TINY):
        """The small use case and its data."""
        for month in months:
            self.write(f"data/visits/2020-{month:02d}.csv", visits(2020, month))
        self.write("configs/visits.yaml", text)
        return self

    def write(self, name, text):
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def start(self, *words, die="", **environ):
        """The command line in a fresh process."""
        return subprocess.Popen(
            [sys.executable, str(DRIVER), "once", str(self.folder / "told"), die, *map(str, words)],
            cwd=self.work,
            env=self.environment() | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words, die="", **environ):
        told = self.folder / "told"
        told.unlink(missing_ok=True)
        process = self.start(*words, die=die, **environ)
        out, err = finish(process)
        return Ended(process.returncode, out, err, lines_of(told))

    def family(self):
        """Whatever runs with this world's mark."""
        return marked(self.mark)

    def left(self):
        """What is still there after a while: processes, and temporary files."""
        deadline = time.monotonic() + GONE_SECONDS
        while self.family() and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.family(), sorted(self.temporary.iterdir())

    def stop(self):
        for process in self.family():
            with contextlib.suppress(psutil.Error):
                process.kill()


def finish(process):
    """What a process wrote; killed if it does not end."""
    try:
        return process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def lines_of(path):
    return tuple(path.read_text().splitlines()) if path.exists() else ()


def marked(mark):
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


class Warm:
    """A Prefect server, and a process that has imported what a run needs and forks for each run."""

    def __init__(self, folder):
        self.world = World(folder)
        # a database of its own: what other runs on this machine have told their server is not heard here
        environ = self.world.environment() | {"PREFECT_HOME": str(self.world.prefect_home)}
        self._server = Child(environ | defaults(environ))
        self._log = (folder / "log").open("w")  # libraries have last words when it ends
        self._process = None
        try:
            self._server.wait_ready(PATIENCE)
            self._process = subprocess.Popen(
                [sys.executable, str(DRIVER), "serve"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                stderr=self._log,
                env=environ | self.server,
            )
            assert self._hear() == "ready"
        except BaseException:
            self.close()
            raise

    def run(self, world, *words, die="", after=None, **environ):
        """One run; ``die`` names the point where it kills itself, ``after`` seconds it is killed from outside."""
        told = world.folder / "told"
        told.unlink(missing_ok=True)
        out, err = world.folder / "out", world.folder / "err"
        asked = {
            "words": list(map(str, words)),
            "die": die,
            "told": str(told),
            "out": str(out),
            "err": str(err),
            "cwd": str(world.work),
            "environ": {"HOME": str(world.home), "TMPDIR": str(world.temporary), **environ},
        }
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        pid = self._hear()
        if after is not None:
            time.sleep(after)
            with contextlib.suppress(ProcessLookupError):  # reaped only when we ask: the number is not another's
                os.kill(pid, signal.SIGKILL)
        self._process.stdin.write("reap\n")
        self._process.stdin.flush()
        try:
            code = self._hear()
        except AssertionError:
            os.kill(pid, signal.SIGKILL)
            raise
        return Ended(code, out.read_text(), err.read_text(), lines_of(told))

    @property
    def server(self):
        """What a process of its own needs to use this server."""
        return defaults({}) | self._server.environment

    def _hear(self):
        readable, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        assert readable, "the forking process does not answer"
        return json.loads(self._process.stdout.readline())

    def running(self):
        """What still runs beside the server and the forking process, after a while: what a run starts ends with it."""
        deadline = time.monotonic() + GONE_SECONDS
        while (found := self._others()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def _others(self):
        return [process for process in self.world.family() if process.pid not in self.own()]

    def own(self):
        return {self._process.pid, self._server._process.pid}

    def close(self):
        if self._process is not None:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait(PATIENCE)
        self._server.close()
        self._log.close()
        self.world.stop()


def state(world, use_case="visits"):
    """The champion and the versions' digests, newest first, of a store that verifies."""
    verified = verify(world.store)
    assert verified.problems == ()
    shown = show_all(world.store, use_case)
    assert [one.version for one in shown.versions] == list(range(len(shown.versions), 0, -1))
    assert [entry.seq for entry in shown.ledger] == list(range(len(shown.ledger), 0, -1))
    return shown.champion, [one.digest for one in shown.versions]


def ours(stages):
    """Without what a stage remembers of its parts."""
    return [stage for stage in stages if stage in STAGES]


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def lasting(answer):
    """An answer without what this machine took for it, and its report's place: the page, and its digest, show that."""
    assert Path(answer["report"]).is_file()
    measured = {name: value for name, value in answer["measured"].items() if name not in TOOK}
    return {name: value for name, value in answer.items() if name != "report"} | {"measured": measured}
