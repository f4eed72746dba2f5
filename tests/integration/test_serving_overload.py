"""Far more than a server can do: what it accepts keeps its rate, the rest hears so quickly, memory stays, it recovers.

Rates are by the second of the server's processor time, which what else runs on a machine changes less. What is wanted
is 80 % of the rate; on a machine with three times more to do than it can, it was some 65 %.
"""

import json
import threading
import time
from statistics import median

import pytest
import serving_world as world
from load import PREDICT, Cost, Driver, count
from serving_process import asked, serving

from keepfit.store import open_store

GOOD = world.GOOD


class Prober:
    """Somebody else, who asks now and then over a connection of its own: how long each answer took, by status."""

    def __init__(self, server):
        self._server, self._done, self.times = server, threading.Event(), {200: [], 503: []}
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._done.wait(0.05):
            began = time.monotonic()
            status, body = asked(self._server, PREDICT, GOOD)
            self.times[status].append(time.monotonic() - began)
            if status == 503:
                assert json.loads(body)["code"] == "busy"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def p99(self, status):
        """In seconds."""
        times = sorted(self.times[status])
        return times[int(len(times) * 0.99)] if times else 0.0


def driven(server, cost, connections, seconds, rate=0):
    """The report, accepted requests for a second of processor time, and seconds of it."""
    driver = Driver(server, GOOD, connections, seconds, rate)
    time.sleep(min(2.0, seconds / 3))  # connections are made
    cost.seconds()
    asked_before = accepted_by(server)
    time.sleep(seconds * 0.6)
    used, done = cost.seconds(), accepted_by(server) - asked_before
    return driver.report(), done / used, used


def accepted_by(server):
    return number(server, 'keepfit_requests_total{status="200",use_case="visits"}')


def number(server, name):
    return float(asked(server, "/metrics")[1].decode().partition(f"\n{name} ")[2].partition("\n")[0])


@pytest.mark.parametrize(
    ("seconds", "least"), [(4, 0.3), pytest.param(30, 0.5, marks=pytest.mark.soak)], ids=["short", "half a minute"]
)
def test_ten_times_the_capacity(tmp_path, seconds, least):
    world.champion(open_store(str(tmp_path / "store")))
    with serving(tmp_path / "work", tmp_path / "store", "visits") as server:
        cost = Cost(server.said["pid"])
        driven(server, cost, 32, 2)  # whatever is done once is done
        report, before, used = driven(server, cost, 32, max(3, seconds // 5))
        assert list(report["statuses"]) == ["200"]
        rate = before * used / (max(3, seconds // 5) * 0.6)
        size = cost.megabytes()
        with Prober(server) as prober:
            report, during, used = driven(server, cost, 2560, seconds, int(10 * rate))
        ended, grown = time.monotonic(), cost.megabytes()
        recovered = until_quick(server) - ended
        _, after, _ = driven(server, cost, 32, max(3, seconds // 5))
    print(
        f"capacity {rate:.0f}/s, {before:.0f} for a second of processor time; asked for ten times as many over 2,560 "
        f"connections: {during:.0f} ({during / before:.0%}), then {after:.0f}; {count(report, 200)} accepted, "
        f"{count(report, 503)} refused; somebody else heard 503 in {prober.p99(503) * 1e3:.0f} ms (p99 of "
        f"{len(prober.times[503])}), 200 in {prober.p99(200) * 1e3:.0f} ms (p99 of {len(prober.times[200])}); "
        f"{size:.0f} MB, at the end {grown:.0f} MB; recovered after {recovered:.1f} s\n{json.dumps(report['statuses'])}"
    )
    assert set(report["statuses"]) == {"200", "503"}
    assert report["errors"] == {}
    assert during >= least * before
    assert grown < size + 64
    assert recovered < 5
    assert prober.p99(503) < 3


def until_quick(server):
    """When twenty answers in a row are quick again."""
    while True:
        times = []
        for _ in range(20):
            began = time.monotonic()
            assert asked(server, PREDICT, GOOD)[0] == 200
            times.append(time.monotonic() - began)
        if median(times) < 0.05:
            return time.monotonic()
