"""The driver of `load_driver.py`, as a process beside the test, and what a server costs meanwhile."""

import json
import subprocess
import sys
from pathlib import Path

import psutil

PREDICT = "/v1/models/visits/predict"
DRIVER = Path(__file__).with_name("load_driver.py")


class Driver:
    """Asks until its time is over; `report` waits for that."""

    def __init__(self, server, body, connections, seconds, rate=0):
        words = [server.port, PREDICT, json.dumps(body), connections, seconds, rate]
        self.process = subprocess.Popen(
            [sys.executable, str(DRIVER), *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def going(self):
        return self.process.poll() is None

    def report(self):
        said, error = self.process.communicate()
        assert self.process.returncode == 0, error
        return json.loads(said)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class Cost:
    """Processor time and memory of a process."""

    def __init__(self, pid):
        self._process = psutil.Process(pid)
        self._before = self.time()

    def time(self):
        """Of the processor so far, in seconds."""
        used = self._process.cpu_times()
        return used.user + used.system

    def seconds(self):
        """Of processor time since the last call."""
        now = self.time()
        before, self._before = self._before, now
        return now - before

    def megabytes(self):
        return self._process.memory_info().rss / 2**20


def count(report, status):
    return report["statuses"].get(str(status), {"count": 0})["count"]
