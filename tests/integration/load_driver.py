"""Drives a server from a process of its own, over connections that ask again as soon as they are answered.

``python load_driver.py PORT PATH BODY CONNECTIONS SECONDS [RATE]`` prints one JSON: for each status how many answers
and how long they took (milliseconds), the accepted of each second, answers whose ``score`` is not the one expected of
their version, and what went wrong. ``RATE`` requests a second are wanted in all: who is free sends the next one, so
it is the server that decides how many are sent if it answers more slowly. BODY is a JSON; with ``{"body", "scores"}``
the scores by version are checked.
"""

import asyncio
import json
import signal
import sys
from collections import Counter, defaultdict
from time import perf_counter

import uvloop


class Load:
    """What is asked, and what has been answered."""

    def __init__(self, path, said, seconds, rate):
        given = json.loads(said)
        self.scores = given.get("scores")
        body = json.dumps(given["body"] if self.scores else given).encode()
        self.request = (
            f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode() + body
        self.rate, self.began = rate, perf_counter()
        self.end = self.began + seconds
        self.times, self.accepted, self.wrong, self.errors = defaultdict(list), Counter(), [], Counter()
        self.versions, self.sent, self.idle = Counter(), 0, []

    def answered(self, status, body, began):
        now = perf_counter()
        self.times[status].append(now - began)
        if status == 200:
            self.accepted[int(now - self.began)] += 1
            if self.scores:
                self.check(json.loads(body))

    def check(self, said):
        version = str(said["version"])
        self.versions[version] += 1
        if said["predictions"][0]["score"] != self.scores.get(version):
            self.wrong.append(said)

    def report(self):
        def at(times, share):
            return round(times[min(len(times) - 1, int(len(times) * share))] * 1e3, 3)

        statuses = {}
        for status, times in self.times.items():
            times.sort()
            statuses[status] = {"count": len(times), "p50": at(times, 0.5), "p99": at(times, 0.99), "max": at(times, 1)}
        seconds = [self.accepted[second] for second in range(int(self.end - self.began))]
        return {"sent": self.sent, "statuses": statuses, "accepted": seconds, "wrong": self.wrong[:5],
                "errors": self.errors, "versions": self.versions}  # fmt: skip


class Connection(asyncio.Protocol):
    """Asks, and asks again."""

    def __init__(self, load):
        self.load, self.buffer, self.busy = load, b"", False

    def connection_made(self, transport):
        self.transport = transport
        self.free()

    def free(self):
        if perf_counter() > self.load.end:
            self.busy = False
            self.transport.close()
        elif self.load.rate:
            self.busy = False
            self.load.idle.append(self)
        else:
            self.send()

    def send(self):
        self.busy, self.began = True, perf_counter()
        self.load.sent += 1
        self.transport.write(self.load.request)

    def data_received(self, data):
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) < size:
            return
        self.buffer = b""
        self.load.answered(int(head[9:12]), rest, self.began)
        self.free()

    def connection_lost(self, error):
        if self.busy:
            self.load.errors[type(error).__name__] += 1


async def pace(load):
    """Send so many a second, as long as somebody is free."""
    due = perf_counter()
    while (now := perf_counter()) < load.end:
        wanted = int((now - due) * load.rate)
        due += wanted / load.rate
        for _ in range(min(wanted, len(load.idle))):
            load.idle.pop().send()
        await asyncio.sleep(0.001)
    for each in load.idle:
        each.transport.close()


async def main(port, path, said, connections, seconds, rate=0):
    loop, load = asyncio.get_running_loop(), Load(path, said, seconds, rate)
    loop.add_signal_handler(signal.SIGTERM, lambda: setattr(load, "end", perf_counter()))
    for start in range(0, connections, 100):
        made = [loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
                for _ in range(min(100, connections - start))]  # fmt: skip
        await asyncio.gather(*made)
    if rate:
        await pace(load)
    while perf_counter() < load.end:
        await asyncio.sleep(0.02)
    await asyncio.sleep(1.0)  # for answers on their way
    print(json.dumps(load.report()))


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    port, path, said, *numbers = sys.argv[1:]
    uvloop.run(main(int(port), path, said, *map(int, numbers)))
