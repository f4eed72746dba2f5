"""Far more than a server can do: what it accepts keeps its rate, the rest hears so quickly, memory stays, it recovers.

Rates are by the second of the server's processor time, which what else runs on a machine changes less; also less, but
not nothing: a server that shares two cores with its driver and others finds its caches emptied. So the same driver asks
as often over as many connections as the server holds, before and after, and then over ten times as many.
"""

import http.client
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
FEW, FULL = 32, 256  # connections: some, and as many as may have a request waiting


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


class Meter:
    """Accepted requests and processor time of a server, over a connection that is made before it is busy."""

    def __init__(self, server):
        self.cost = Cost(server.said["pid"])
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def __enter__(self):
        self.read()
        return self

    def __exit__(self, *_):
        self._connection.close()

    def read(self):
        """Accepted requests so far, and processor time: in the middle of the question, which takes a while itself."""
        before = self.cost.time()
        self._connection.request("GET", "/metrics")
        text = self._connection.getresponse().read().decode()
        return number(text, 'keepfit_requests_total{status="200",use_case="visits"}'), (before + self.cost.time()) / 2


def driven(server, meter, connections, seconds, rate=0):
    """The report, accepted requests for a second of processor time, and seconds of it."""
    driver = Driver(server, GOOD, connections, seconds, rate)
    time.sleep(min(2.0, seconds / 3))  # connections are made
    accepted, began = meter.read()
    time.sleep(seconds * 0.6)
    done, ended = meter.read()
    return driver.report(), (done - accepted) / (ended - began), ended - began


def number(text, name):
    return float(text.partition(f"\n{name} ")[2].partition("\n")[0])


@pytest.mark.parametrize(
    ("seconds", "least"), [(4, 0.5), pytest.param(30, 0.8, marks=pytest.mark.soak)], ids=["short", "half a minute"]
)
def test_ten_times_the_capacity(tmp_path, seconds, least):
    world.champion(open_store(str(tmp_path / "store")))
    beside = max(4, seconds // 3)
    with serving(tmp_path / "work", tmp_path / "store", "visits") as server, Meter(server) as meter:
        driven(server, meter, FEW, 2)  # whatever is done once is done
        report, few, used = driven(server, meter, FEW, beside)
        assert list(report["statuses"]) == ["200"]
        rate = int(10 * few * used / (beside * 0.6))
        full, before, _ = driven(server, meter, FULL, beside, rate)
        size = meter.cost.megabytes()
        with Prober(server) as prober:
            report, during, used = driven(server, meter, 10 * FULL, seconds, rate)
        ended, grown = time.monotonic(), meter.cost.megabytes()
        recovered = until_quick(server) - ended
        _, after, _ = driven(server, meter, FULL, beside, rate)
    kept, by_clock = 2 * during / (before + after), a_second(report) / a_second(full)
    print(
        f"asked for {rate:,} a second, ten times the capacity, over {10 * FULL:,} connections: {during:,.0f} accepted "
        f"for a second of processor time, {kept:.0%} of what it was over {FULL} ({before:,.0f} before, {after:,.0f} "
        f"after, {few:,.0f} over {FEW}); by the clock {a_second(report):,} a second, {by_clock:.0%}",
        f"{count(report, 200):,} accepted, {count(report, 503):,} refused; somebody else heard 503 in "
        f"{prober.p99(503) * 1e3:.0f} ms (p99 of {len(prober.times[503])}), 200 in {prober.p99(200) * 1e3:.0f} ms "
        f"(p99 of {len(prober.times[200])})",
        f"{size:.0f} MB, at the end {grown:.0f} MB; recovered after {recovered:.1f} s",
        json.dumps(report["statuses"]),
        sep="\n",
    )
    assert set(report["statuses"]) == {"200", "503"}
    assert report["errors"] == {}
    assert kept >= least
    assert grown < size + 64
    assert recovered < 5
    assert prober.p99(503) < 3


def a_second(report):
    """Accepted requests by the clock: the median of the seconds when all connections were there."""
    return int(median(report["accepted"][2:]))


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
