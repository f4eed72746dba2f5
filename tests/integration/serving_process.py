"""A `keepfit serve` process, and clients that nobody here wrote."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


@dataclass
class Serving:
    """A server that listens."""

    process: subprocess.Popen
    url: str
    said: dict
    log: Path

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    def client(self, **more):
        return httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False, **more)

    def until(self, holds, seconds=15.0):
        """Wait until something holds; says the log if it never does."""
        end = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < end, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        return found

    def stop(self):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def started(folder, store, *words, environ=None, through=("-m", "flows.cli")):
    """The process, and the file of its log; ``through`` is what Python runs."""
    folder.mkdir(parents=True, exist_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KEEPFIT_")}
    own = {"HOME": str(folder), "PYTHONPATH": str(ROOT), "KEEPFIT_CACHE": str(folder / "cache")}
    log = folder / f"serve-{time.monotonic_ns()}.log"
    command = [sys.executable, "-W", "error::RuntimeWarning", *map(str, through), "serve", *words, "--port", "0",
               "--json", "--store", str(store), "--every", "0.1"]  # fmt: skip
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=clean | own | (environ or {}), stdout=subprocess.PIPE, stderr=errors, text=True
        )
    return process, log


def refused_start(folder, store, *words):
    """The exit code of a server that does not start, and what it says."""
    process, log = started(folder, store, *words)
    assert process.communicate(timeout=PATIENCE)[0] == ""
    return process.returncode, log.read_text()


def asked(server, path, record=None):
    """Status and body, over a connection of its own; a record is posted."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as one:
        if record is None:
            one.request("GET", path)
        else:
            one.request("POST", path, json.dumps(record), {"content-type": "application/json"})
        answer = one.getresponse()
        return answer.status, answer.read()


@contextlib.contextmanager
def serving(folder, store, *words, **how):
    """A server on a port of its own; it is gone at the end."""
    process, log = started(folder, store, *words, **how)
    try:
        line = process.stdout.readline()
        assert line, log.read_text()
        said = json.loads(line)
        yield Serving(process, said["url"], said, log)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
