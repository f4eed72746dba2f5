"""Keepfit's own Prefect server: it serves, and it never outlives the run that started it.

Real processes, counted afterwards: each program gets a mark in its environment, and all that it starts inherit it.
"""

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
MARK = "KEEPFIT_TEST_MARK"
GONE_SECONDS = 10.0  # it takes two; but the machine may be busy

FLOW = """
from flows.server import prefect_server
with prefect_server() as server:
    from prefect import flow, task
    from prefect.artifacts import create_markdown_artifact

    @task
    def add(number):
        create_markdown_artifact("some text", key=f"after-{number}")
        return number + 1

    @flow
    def three():
        return add(add(add(0)))

    server.wait_ready()
    print(three(), flush=True)
"""

SERVE = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is born deaf to Ctrl-C
from flows.server import prefect_server
with prefect_server() as server:
    server.wait_ready()
    print("ready", flush=True)
    {ending}
"""
WAIT = "time.sleep(60)"


class Program:
    """A program that starts a server, with a Prefect home, a temporary folder and a mark of its own."""

    def __init__(self, folder, text, **environ):
        self.folder = folder
        self.home = folder / "home"
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self._mark = f"{folder}-{time.monotonic_ns()}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "PYTEST_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", text],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={
                **clean,
                "PYTHONPATH": str(ROOT),
                "PREFECT_HOME": str(self.home),
                "TMPDIR": str(self.temporary),
                MARK: self._mark,
                **environ,
            },
        )

    def line(self):
        """The next line that it prints."""
        return self.process.stdout.readline().strip()

    def end(self):
        """Its exit code and what it wrote, once all that hold its pipes are gone."""
        out, err = self.process.communicate(timeout=90)
        return self.process.returncode, out, err

    def family(self):
        """Whatever of it runs."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def servers(self):
        """The server processes that it started."""
        return [process for process in self.family() if "server_child.py" in " ".join(command_of(process))]

    def stop(self):
        """Whatever happened: kill what runs, close what is open."""
        for process in self.family():
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.process.kill()
        self.process.communicate()

    def left(self):
        """What is still there after a while: processes, and what they put into the temporary folder."""
        deadline = time.monotonic() + GONE_SECONDS
        while self.family() and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.family(), list(self.temporary.iterdir())


def command_of(process):
    """Its command line; none once it has ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def wait_for(what, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


def count(home, sql):
    with closing(sqlite3.connect(home / "prefect.db")) as connection:
        return connection.execute(sql).fetchone()[0]


@pytest.fixture(scope="module")
def start():
    """Start a program that is certain to be gone when these tests are over."""
    with contextlib.ExitStack() as stack:

        def started(*args, **environ):
            program = Program(*args, **environ)
            stack.callback(program.stop)
            return program

        yield started


@pytest.fixture(scope="module")
def migrated_home(tmp_path_factory, start):
    """A Prefect home as two runs leave it that were started at the same moment, on a machine that had none."""
    folder = tmp_path_factory.mktemp("first")
    programs = [start(folder, FLOW), start(folder, FLOW)]
    for program in programs:
        assert program.end() == (0, "3\n", "")
        assert program.family() == []
    assert programs[0].left() == ([], [])
    assert count(programs[0].home, "select count(*) from flow_run where state_type = 'COMPLETED'") == 1
    return programs[0].home


@pytest.fixture
def folder(migrated_home, tmp_path):
    shutil.copytree(migrated_home, tmp_path / "home")
    return tmp_path


def test_a_flow_leaves_its_whole_record_in_the_home_of_prefect(migrated_home):
    assert count(migrated_home, "select count(*) from task_run where state_type = 'COMPLETED'") == 3
    assert count(migrated_home, "select count(*) from artifact") == 3
    assert count(migrated_home, "select count(*) from log") > 0


@pytest.mark.parametrize(
    ("ending", "code"),
    [("pass", 0), ("raise RuntimeError('a bug')", 1), ("os._exit(7)", 7)],
    ids=["normal exit", "exception", "os._exit"],
)
def test_the_server_ends_with_the_run(start, folder, ending, code):
    program = start(folder, SERVE.format(ending=ending))
    assert program.line() == "ready"
    assert program.end()[0] == code
    assert program.left() == ([], [])


def test_the_server_is_gone_when_a_run_has_ended_in_order(start, folder):
    program = start(folder, SERVE.format(ending="pass"))
    program.process.wait(90)
    assert program.family() == []
    program.end()


def test_ctrl_c_ends_the_run_and_then_the_server(start, folder):
    program = start(folder, SERVE.format(ending=WAIT))
    assert program.line() == "ready"
    program.process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in program.end()[2]
    assert program.left() == ([], [])


def test_a_killed_run_takes_its_server_along_and_frees_pipes_and_database(start, folder):
    program = start(folder, SERVE.format(ending=WAIT))
    assert program.line() == "ready"
    (server,) = program.servers()
    server.suspend()  # as long as it lives
    program.process.kill()
    assert program.end()[0] == -signal.SIGKILL  # returns: the server does not hold the pipes of the run
    server.resume()
    following = start(folder, FLOW)
    assert following.end() == (0, "3\n", "")
    assert count(following.home, "select count(*) from flow_run") == 2  # the home's database was free again
    assert program.left() == ([], [])
    assert following.left()[0] == []


@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.5, 4.0])
def test_a_run_killed_while_its_server_starts_leaves_nothing(start, tmp_path, seconds):
    program = start(tmp_path, SERVE.format(ending=WAIT))  # a fresh home: imports, then migrations
    wait_for(program.servers)
    time.sleep(seconds)
    program.process.kill()
    program.end()
    assert program.left() == ([], [])


def test_a_worker_that_outlives_a_killed_run_does_not_keep_the_server(start, tmp_path):
    forked = SERVE.replace("    server.wait_ready()", "    os.fork() or (os.close(1), os.close(2), time.sleep(60))")
    program = start(tmp_path, forked.format(ending=WAIT))
    assert program.line() == "ready"
    wait_for(program.servers)
    program.process.kill()
    program.end()
    wait_for(lambda: not program.servers(), GONE_SECONDS)
    assert len(program.family()) == 1  # the worker is still there, and holds what it inherited


ASK = """
from flows.problems import show_problems
from flows.server import prefect_server
from keepfit.errors import KeepfitError
try:
    with prefect_server() as server:
        server.wait_ready({timeout})
        print(server.own, server.url)
except KeepfitError as error:
    show_problems(error)
    raise SystemExit(error.exit_code)
"""


def test_a_configured_server_that_does_not_answer_is_named_and_none_is_started(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/api"
    program = start(tmp_path, ASK.format(timeout=""), PREFECT_API_URL=address)
    code, out, err = program.end()
    assert (code, out) == (4, "")
    assert address in err
    assert "PREFECT_API_URL" in err
    assert "Traceback" not in err
    assert not (tmp_path / "home" / "prefect.db").exists()


def test_a_server_that_cannot_start_says_why(start, tmp_path):
    database = f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/prefect.db"
    program = start(tmp_path, ASK.format(timeout=""), PREFECT_SERVER_DATABASE_CONNECTION_URL=database)
    code, out, err = program.end()
    assert (code, out) == (4, "")
    assert "unable to open database file" in err
    assert "Traceback" not in err
    assert program.left() == ([], [])
