"""A server is used if it refuses what exists, also when eight come at once, and not otherwise."""

import threading

import pytest

from keepfit.errors import Denied
from keepfit.store.probe import WRITERS, probe


class Server:
    """Keeps its promise, unless it is told not to."""

    def __init__(self, overwrites=False, racy=False):
        self.keys = {}
        self.overwrites = overwrites
        self.racy = racy
        self.lock = threading.Lock()
        self.together = threading.Barrier(WRITERS)
        self.requests = 0

    def there(self, name):
        self.requests += 1
        return name in self.keys

    def put(self, name, data):
        self.requests += 1
        if self.racy and "race" in name:
            free = name not in self.keys
            self.together.wait(5)
            if free:
                self.keys[name] = data
            return free
        with self.lock:
            free = self.overwrites or name not in self.keys
            if free:
                self.keys[name] = data
            return free

    def probe(self):
        probe("s3://bucket", "x/.probe", self.there, self.put, self.put)


def test_a_server_that_keeps_its_promise_is_looked_at_in_full_once():
    server = Server()
    server.probe()
    assert server.requests == 1 + WRITERS + 2
    assert all(name.startswith("x/.probe/") for name in server.keys)
    server.requests = 0
    left = dict(server.keys)
    server.probe()
    assert server.requests == 2
    assert server.keys == left


@pytest.mark.parametrize("server", [Server(overwrites=True), Server(racy=True)], ids=["overwrites", "racy"])
def test_a_server_that_lies_is_refused_every_time(server):
    for _ in range(2):
        with pytest.raises(Denied, match=r"(?s)ignores create-only.*8 of 8 writers"):
            server.probe()
    assert not any("create-only" in name for name in server.keys)


def test_a_server_that_came_to_lie_later_is_refused():
    server = Server()
    server.probe()
    server.overwrites = True
    with pytest.raises(Denied, match="was created again") as raised:
        server.probe()
    assert raised.value.exit_code == 4
    assert raised.value.problems[0].where == "s3://bucket"
    assert "directory" in raised.value.problems[0].do
