"""Objects are fetched ahead, but not far."""

import threading
from time import monotonic, sleep

import pytest

from keepfit.errors import InfrastructureError
from keepfit.records import sha256
from keepfit.store import ahead, get_many


class Slow:
    """A store whose reads take a while, and which knows how many were asked for."""

    address = "slow"

    def __init__(self, number):
        self.data = {sha256(b"%d" % each): b"%d" % each for each in range(number)}
        self.asked = 0
        self.fails = set()
        self.lock = threading.Lock()

    def read(self, key):
        with self.lock:
            self.asked += 1
        sleep(0.02)
        digest = key.removeprefix("objects/")
        if digest in self.fails:
            raise InfrastructureError("the network is away")
        return self.data[digest]


def test_waiting_is_shared():
    store = Slow(60)
    start = monotonic()
    assert list(get_many(store, store.data)) == list(store.data.values())
    assert monotonic() - start < 60 * 0.02 / 2


def test_no_more_than_a_few_are_held():
    store = Slow(60)
    for taken, _ in enumerate(get_many(store, iter(store.data), at_once=4), 1):
        sleep(0.005)
        assert store.asked <= taken + 3


def test_who_stops_early_stops_the_threads():
    store = Slow(60)
    found = get_many(store, store.data, at_once=4)
    next(found)
    found.close()
    sleep(0.1)
    asked = store.asked
    assert asked <= 4
    sleep(0.1)
    assert store.asked == asked
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("keepfit-ahead")]


def test_who_stops_early_does_not_wait_for_the_threads():
    """It may be the garbage collector that stops, within a thread that is just starting: waiting would be for ever."""
    go_on = threading.Event()
    found = ahead(lambda number: number == 0 or go_on.wait(10), range(9), at_once=3)
    next(found)
    start = monotonic()
    found.close()
    assert monotonic() - start < 5
    go_on.set()


def test_threads_may_be_fewer_than_answers_that_are_held():
    lock, running, most = threading.Lock(), [], []

    def read(number):
        with lock:
            running.append(number)
            most.append(len(running))
        sleep(0.01)
        with lock:
            running.remove(number)
        return number

    assert list(ahead(read, range(20), at_once=5, threads=2)) == list(range(20))
    assert max(most) == 2


def test_a_failure_comes_in_its_turn():
    store = Slow(9)
    digests = list(store.data)
    store.fails = {digests[4]}
    found = get_many(store, digests)
    assert [next(found) for _ in range(4)] == [b"0", b"1", b"2", b"3"]
    with pytest.raises(InfrastructureError, match="network is away"):
        next(found)
