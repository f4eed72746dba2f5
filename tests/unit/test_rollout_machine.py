"""Servers that follow any history of rollouts: who answers is who serves, or who is on trial beside it."""

import tempfile
from pathlib import Path

import serving_world as world
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from keepfit.ledger import entries, fold_of, head, rollout_of
from keepfit.release import stop_rollout
from keepfit.serving.asked import Asked, alone
from keepfit.serving.copy import LocalCopy
from keepfit.serving.follow import Follower
from keepfit.serving.metrics import Metrics
from keepfit.store import Directory

CASE = "visits"
RECORDS = [world.GOOD | {"id": str(number)} for number in range(12)]


class Rollouts(RuleBasedStateMachine):
    """Two workers, which look at the ledger when they get to it."""

    def __init__(self):
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._store = Directory(Path(self._folder.name))
        self._workers = [
            Follower(self._store, CASE, LocalCopy(None, self._store, CASE), Metrics((CASE,))) for _ in range(2)
        ]
        self._seen = [fold_of(None)] * 2
        self._stopped = set()

    def teardown(self):
        for worker in self._workers:
            worker.stop()
        self._folder.cleanup()

    @property
    def fold(self):
        return fold_of(head(self._store, CASE))

    @initialize()
    def serves(self):
        world.champion(self._store)
        self.look(0)
        self.look(1)

    @precondition(lambda self: self.fold.champion)
    @rule(turn=st.integers(1, 3), strategy=st.sampled_from(["canary", "canary", "shadow"]))
    def begins(self, turn, strategy):
        world.rolled_out(self._store, turn, strategy=strategy)

    @rule()
    def disables(self):
        world.disabled(self._store, CASE)

    @precondition(lambda self: rollout_of(self.fold))
    @rule()
    def stops(self):
        rollout = rollout_of(self.fold)
        stop_rollout(self._store, CASE, rollout, actor="ada", reason="a test", at=world.NOON, by="hand")
        self._stopped.add(rollout.challenger)

    @precondition(lambda self: rollout_of(self.fold))
    @rule()
    def promotes_who_is_on_trial(self):
        world.promoted(self._store, CASE, rollout_of(self.fold).challenger)

    @rule(turn=st.integers(1, 3))
    def promotes_another(self, turn):
        world.champion(self._store, turn)

    @precondition(lambda self: self._trials())
    @rule(failures=st.integers(1, 60))
    def fails(self, failures):
        """A challenger that has no answer so often is stopped by the worker that sees it."""
        place, trial = self._trials()[0]
        for _ in range(failures):
            trial.watch.failed()
        before, champion = len(entries(self._store, CASE)), self.fold.champion
        self.look(place)
        for entry in entries(self._store, CASE)[: len(entries(self._store, CASE)) - before]:
            assert (entry.action, entry.fold.champion) == ("rollout_stopped", champion)
            self._stopped.add(entry.version)

    @rule(place=st.integers(0, 1))
    def look(self, place):
        self._seen[place] = self.fold  # before the look: what it does itself it sees at the next one
        self._workers[place].look()

    def _trials(self):
        pairs = [(place, worker.rolling.beside(worker.state.live)) for place, worker in enumerate(self._workers)
                 if worker.state.live]  # fmt: skip
        return [(place, trial) for place, trial in pairs if trial]

    @invariant()
    def answers_as_the_ledger_said_when_it_looked(self):
        for worker, fold in zip(self._workers, self._seen, strict=True):
            live = worker.state.live
            assert (live and live.seat, worker.state.disabled) == (fold.champion, fold.disabled)
            if live is None:
                continue
            rollout, trial = rollout_of(fold), worker.rolling.beside(live)
            for record in RECORDS:
                asked = Asked(live, [record], "x", 0.0, lambda *_: None)
                answering = alone(trial.asked(asked) if trial else asked).asked.live.seat
                canary = rollout.challenger if rollout and rollout.strategy == "canary" else None
                assert answering in {fold.champion, canary}

    @invariant()
    def never_tries_again_what_was_stopped(self):
        rollout = rollout_of(self.fold)
        assert rollout is None or rollout.challenger not in self._stopped


TestRollouts = Rollouts.TestCase
TestRollouts.settings = settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
