"""Any order of runs and moves by hand, beside a model of it in memory that knows no ledger."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from history_world import NOON, PERSON, UseCaseOf, candidate, ran, registered
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from keepfit.errors import ConfigError, Refused
from keepfit.records import Outcome
from keepfit.registry import show, verify
from keepfit.release import disable, promote, release, rollback
from keepfit.store import open_store

OUTCOMES: tuple[Outcome, ...] = ("pass", "fail", "not_enough_evidence")


@dataclass
class Told:
    """What anybody would say who was told of every step."""

    outcomes: list[str] = field(default_factory=list)
    champion: int | None = None
    last: int | None = None
    ever: set[int] = field(default_factory=set)
    before: list[int] = field(default_factory=list)
    moves: int = 0

    def crown(self, number: int, before: list[int]) -> None:
        self.before = [one for one in before if one != number]
        self.champion = self.last = number
        self.ever.add(number)
        self.moves += 1

    def on_top(self) -> list[int]:
        return [*self.before, *([self.champion] if self.champion else [])]


class Histories(RuleBasedStateMachine):
    """Every rule acts on the store, says what must come of it, and does the same to the model."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = open_store(str(self.folder))
        self.told = Told()
        self.old = []

    def teardown(self):
        assert verify(self.store).problems == ()
        shutil.rmtree(self.folder)

    @rule(outcome=st.sampled_from(OUTCOMES))
    def run(self, outcome):
        number = len(self.told.outcomes) + 1
        made = candidate(self.store, number, outcome)
        given = registered(self.store, made)
        assert given.number == number
        self.told.outcomes.append(outcome)
        self.old.append((made, given))
        result = release(self.store, made.use_case, given, made.verdict, actor="train", at=NOON)
        assert result.released == (outcome == "pass")
        if outcome == "pass":
            self.told.crown(number, self.told.on_top())

    @rule(outcome=st.sampled_from(OUTCOMES))
    def run_of_high_risk(self, outcome):
        assert not ran(self.store, len(self.told.outcomes) + 1, outcome, UseCaseOf(risk="high")).released
        self.told.outcomes.append("fail")  # as good as failed: nobody may promote it

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def repeat(self, data):
        made, given = data.draw(st.sampled_from(self.old))
        assert registered(self.store, made) == given
        result = release(self.store, made.use_case, given, made.verdict, actor="train", at=NOON)
        assert result.released == (made.verdict.outcome == "pass")
        assert result.champion == self.told.champion

    @rule(number=st.integers(0, 9))
    def promote(self, number):
        if not 1 <= number <= len(self.told.outcomes):
            self.refused(ConfigError, promote, number)
        elif self.told.outcomes[number - 1] == "fail":
            self.refused(Refused, promote, number)
        else:
            assert promote(self.store, "flights", number, **PERSON).champion == number
            if number != self.told.champion:
                self.told.crown(number, self.told.on_top())

    @rule()
    def rollback(self):
        if not self.told.before:
            self.refused(ConfigError, rollback)
        else:
            *rest, number = self.told.before
            assert rollback(self.store, "flights", **PERSON).champion == number
            self.told.crown(number, rest)

    @rule(number=st.integers(0, 9))
    def rollback_to(self, number):
        if number not in self.told.ever:
            self.refused(ConfigError, rollback, number)
            return
        assert rollback(self.store, "flights", number, **PERSON).champion == number
        if number == self.told.champion:
            return
        before = self.told.before
        self.told.crown(number, before[: before.index(number)] if number in before else self.told.on_top())

    @rule()
    def disable(self):
        if self.told.last is None:
            self.refused(ConfigError, disable)
            return
        assert disable(self.store, "flights", **PERSON).champion is None
        self.told.moves += self.told.champion is not None
        self.told.champion = None

    def refused(self, kind, move, *given):
        try:
            move(self.store, "flights", *given, **PERSON)
        except kind:
            return
        raise AssertionError(f"{move.__name__}{given} was not refused")

    @invariant()
    def shows_what_was_told(self):
        shown = show(self.store, "flights")
        assert shown.champion == self.told.champion
        assert shown.previous == (self.told.before[-1] if self.told.before else None)
        assert shown.disabled == (self.told.champion is None and self.told.last is not None)
        assert [one.version for one in shown.versions] == list(range(len(self.told.outcomes), 0, -1))
        assert [one.seq for one in shown.ledger] == list(range(len(self.told.outcomes) + self.told.moves, 0, -1))


Histories.TestCase.settings = settings(max_examples=10, stateful_step_count=14, deadline=None, database=None)
TestHistories = Histories.TestCase
