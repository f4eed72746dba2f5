"""Trying again helps where it can, and ends in any case."""

import threading
from itertools import pairwise
from time import monotonic, sleep

import pytest

from keepfit.store.attempts import Attempts, Patience

QUICK = Patience(attempts=4, seconds=5, pause=0.001)


class Passing(Exception):
    pass


class Failing:
    """Fails a number of times, then says which call it was."""

    def __init__(self, times, error=Passing):
        self.calls = 0
        self.times = times
        self.error = error

    def __call__(self):
        self.calls += 1
        if self.calls <= self.times:
            raise self.error(self.calls)
        return self.calls


def passing(error):
    return 1000 if isinstance(error, Passing | TimeoutError) else 1


def test_what_may_pass_is_tried_again_until_it_has():
    attempts = Attempts(QUICK)
    assert attempts.of(Failing(3), passing) == 4
    assert attempts.made == 4


def test_the_last_failure_is_what_is_told():
    call = Failing(9)
    with pytest.raises(Passing) as raised:
        Attempts(QUICK).of(call, passing)
    assert raised.value.args == (4,)
    assert call.calls == 4


def test_what_does_not_pass_is_not_tried_again():
    call = Failing(1, KeyError)
    with pytest.raises(KeyError):
        Attempts(QUICK).of(call, passing)
    assert call.calls == 1


def test_some_failures_are_worth_fewer_attempts_than_others():
    call = Failing(9)
    with pytest.raises(Passing):
        Attempts(QUICK).of(call, lambda _: 3)
    assert call.calls == 3


def test_a_server_that_is_away_for_ten_seconds_is_waited_for():
    start = monotonic()

    def away():  # the pauses are a hundredth of the real ones, so the ten seconds are too
        if monotonic() - start < 0.1:
            raise Passing
        return "back"

    assert Attempts(Patience(pause=Patience().pause / 100)).of(away, passing) == "back"


def test_a_call_that_never_ends_is_left_behind_at_the_deadline():
    never = threading.Event()
    start = monotonic()
    with pytest.raises(TimeoutError):
        Attempts(Patience(seconds=0.2, pause=0.001)).of(lambda: never.wait(30), passing)
    assert 0.2 <= monotonic() - start < 1
    never.set()


def test_pauses_end_before_the_deadline_too():
    attempts = Attempts(Patience(attempts=1000, seconds=0.3, pause=0.05))
    with pytest.raises(Passing):
        attempts.of(Failing(1000), passing)
    assert attempts.took < 0.5
    assert attempts.made > 1


def test_what_is_large_may_take_longer_also_if_that_is_known_only_while_it_comes():
    attempts = Attempts(Patience(attempts=1, seconds=0.1))

    def slow():
        attempts.expect(1024 * 1024)
        sleep(0.4)
        return "all of it"

    assert attempts.of(slow, passing) == "all of it"
    assert Attempts(Patience(attempts=1, seconds=0.1), 3 * 1024 * 1024).left > 2.5


def test_requests_of_one_operation_share_its_time():
    attempts = Attempts(Patience(attempts=2, seconds=0.3, pause=0.001))
    assert attempts.of(lambda: sleep(0.25), passing) is None
    with pytest.raises(TimeoutError):
        attempts.of(lambda: sleep(5), passing)
    assert attempts.took < 1


def test_pauses_differ_and_grow_but_not_beyond_their_limit():
    def pauses():
        times = []

        def call():
            times.append(monotonic())
            raise Passing

        with pytest.raises(Passing):
            Attempts(Patience(attempts=4, seconds=9, pause=0.04)).of(call, passing)
        return [two - one for one, two in pairwise(times)]

    found = [pauses() for _ in range(4)]
    assert len({round(first, 4) for first, *_ in found}) > 1
    for each in found:
        assert all(0.04 * 2**turn / 2 <= pause < 0.04 * 2**turn + 0.1 for turn, pause in enumerate(each))
