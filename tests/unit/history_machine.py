"""Any history that two clients can make of one store, beside a model of it in memory that knows no ledger.

Each deed stands here twice: what a client does to the store, and what anybody would say that it does, in steps that
nobody else can come between. Two deeds at once are done by two threads, of which one at a time may go on to its next
request; what they leave and answer must be what some order of their steps gives. A client that is killed, before or
after a request, has done the first few of its steps and nothing else.
"""

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, replace
from itertools import chain, cycle, pairwise, product, repeat
from typing import Any

from crash_points import Crash
from history_world import CANARY, DIRECT, PERSON, UseCaseOf, candidate, put_back, registered, released, run_of
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import UNSET
from msgspec.structs import replace as replace_struct

from keepfit.config.release import Release
from keepfit.errors import KeepfitError
from keepfit.ledger import entries, fold_of, head, rollout_of
from keepfit.memo import unwrap
from keepfit.records import Entry, Fold, Outcome, Position, parse, sha256
from keepfit.registry import position, show, show_all, verify
from keepfit.release import disable, end_rollout, promote, rollback, stop_rollout
from keepfit.store import Store

Open = Callable[[], Store]
Steps = Generator[None, None, Any]


@dataclass(frozen=True)
class Model:
    """A trained model: what its gates say, how risky it is, why a person must look first."""

    outcome: Outcome = "pass"
    risk: str = "low"
    held: tuple[str, ...] = ()
    release: Release = DIRECT


MODELS = {
    1: Model(),
    2: Model(),
    3: Model("not_enough_evidence"),
    4: Model("fail"),
    5: Model(held=("ten times the usual rows",)),
    6: Model(risk="high"),
    7: Model(),
    8: Model("not_enough_evidence", held=("a ratio of 100", "a new column")),
    9: Model(release=CANARY),
    10: Model(release=Release(strategy="shadow")),
    11: Model(release=CANARY),
}


@dataclass(frozen=True)
class Told:
    """What anybody would say who was told of every step; versions are told by the model that they are, from 1."""

    stands: tuple[tuple[int, int | None], ...] = ()  # model and the champion that it is judged against
    versions: tuple[int, ...] = ()
    champion: int | None = None
    last: int | None = None
    before: tuple[int, ...] = ()
    disabled: bool = False
    challenger: int | None = None
    accepted: tuple[int, ...] = ()
    replays: int | None = None
    on_trial: int | None = None
    lines: tuple[tuple[str, int | None], ...] = ()

    def crowned(self, number: int, before: Sequence[int], how: str) -> "Told":
        return replace(
            self,
            champion=number,
            last=number,
            before=tuple(one for one in before if one != number),
            disabled=False,
            challenger=None if self.challenger == number else self.challenger,
            on_trial=None,
            lines=((how, number), *self.lines),
        )

    def on_top(self) -> tuple[int, ...]:
        return (*((self.champion,) if self.champion else ()), *self.before)

    def back_to(self, number: int) -> "Told":
        known = number in self.before
        return self.crowned(
            number, self.before[self.before.index(number) + 1 :] if known else self.on_top(), "rolled_back"
        )

    def accepting(self, name: int) -> tuple[int, ...]:
        return tuple(sorted({*self.accepted, name}, reverse=True))

    def moved(self) -> str | None:
        return next((how for how, _ in self.lines if how in {"passed", "promoted", "rolled_back", "disabled"}), None)

    def ever(self, number: int, *how: str) -> bool:
        return any((one, number) in self.lines for one in how)


@dataclass
class World:
    """Where the steps of the model happen."""

    told: Told


# What anybody would say a deed does; a `yield` stands where somebody else may come between.


def tells_where_it_stands(world: World, name: int) -> Steps:
    told = world.told
    if name not in dict(told.stands):
        world.told = replace(told, stands=tuple(sorted([*told.stands, (name, told.last)])))
    return dict(world.told.stands)[name]
    yield


def tells_a_run(world: World, name: int) -> Steps:
    against, model = (yield from tells_where_it_stands(world, name)), MODELS[name]
    yield
    told = world.told
    number = told.versions.index(name) + 1 if name in told.versions else len(told.versions) + 1
    if name not in told.versions:
        world.told = replace(
            told,
            versions=(*told.versions, name),
            challenger=told.challenger if model.outcome == "fail" else number,
            accepted=told.accepted if model.held else told.accepting(name),
            lines=(("registered", number), *told.lines),
        )
    yield
    told = world.told
    done = told.ever(number, "promoted", "passed")
    fits = (model.outcome, model.risk, model.held, against) == ("pass", "low", (), told.last)
    if fits and not done and not told.ever(number, "rollout_started"):
        if model.release == DIRECT or told.champion is None:
            world.told = told.crowned(number, told.on_top(), "passed")
            done = True
        else:
            world.told = replace(told, on_trial=number, lines=(("rollout_started", number), *told.lines))
    return number, done, world.told.champion


def tells_a_promotion(world: World, number: int) -> Steps:
    told = world.told
    if not 1 <= number <= len(told.versions):
        return "ConfigError"
    name = told.versions[number - 1]
    if MODELS[name].outcome == "fail" or MODELS[name].risk == "high":
        return "Refused"
    if number != told.champion:
        accepted = told.accepting(name) if MODELS[name].held else told.accepted
        world.told = replace(told.crowned(number, told.on_top(), "promoted"), accepted=accepted)
    return True, number
    yield


def tells_a_rollback(world: World, _nothing: None) -> Steps:
    first = world.told
    if first.moved() == "rolled_back":
        return True, first.champion
    if not first.before:
        return "ConfigError"
    yield
    told, number = world.told, first.before[0]
    if number != told.champion and told.last != first.last:
        return "Refused"
    world.told = told if number == told.champion else told.back_to(number)
    return True, number


def tells_a_rollback_to(world: World, number: int) -> Steps:
    told = world.told
    if not told.ever(number, "promoted", "passed"):
        return "ConfigError"
    world.told = told if number == told.champion else told.back_to(number)
    return True, number
    yield


def tells_a_disabling(world: World, _nothing: None) -> Steps:
    told = world.told
    if told.last is None:
        return "ConfigError"
    if not told.disabled:
        world.told = replace(told, champion=None, disabled=True, on_trial=None, lines=(("disabled", None), *told.lines))
    return False, None
    yield


def tells_a_stop(world: World, _nothing: None) -> Steps:
    number = world.told.on_trial
    if number is None:
        return "nothing on trial"
    yield
    told = world.told
    if told.on_trial == number:
        waiting = None if told.challenger == number else told.challenger
        stopped = ("rollout_stopped", number)
        world.told = replace(told, on_trial=None, challenger=waiting, lines=(stopped, *told.lines))
    return told.champion == number, told.champion


def tells_an_end(world: World, _nothing: None) -> Steps:
    number = world.told.on_trial
    if number is None:
        return "nothing on trial"
    yield
    if world.told.on_trial == number:
        world.told = world.told.crowned(number, world.told.on_top(), "promoted")
    return world.told.champion == number, world.told.champion


def tells_rows_put_back(world: World, rows: int) -> Steps:
    if world.told.replays != rows:
        world.told = replace(world.told, replays=rows, lines=(("replayed", None), *world.told.lines))
    yield


# What a client does.


def stands(store: Store, name: int) -> Any:
    one = made(store, name)
    stood = position(store, one.use_case, one.run, one.manifest.as_of)
    return stood.champion and stood.champion.number


def made(store: Store, name: int) -> Any:
    model = MODELS[name]
    return candidate(store, name, model.outcome, UseCaseOf(risk=model.risk, release=model.release), held=model.held)


def runs(store: Store, name: int) -> Any:
    model = made(store, name)
    given = registered(store, model)
    result = released(store, model, given)
    return given.number, result.released, result.champion


def promotes(store: Store, number: int) -> Any:
    result = promote(store, "flights", number, **PERSON)
    return result.released, result.champion


def rolls_back(store: Store, number: int | None) -> Any:
    result = rollback(store, "flights", number, **PERSON)
    return result.released, result.champion


def disables(store: Store, _nothing: None) -> Any:
    result = disable(store, "flights", **PERSON)
    return result.released, result.champion


def stops(store: Store, _nothing: None) -> Any:
    """As a worker does that sees a limit left."""
    if (rollout := rollout_of(fold_of(head(store, "flights")))) is None:
        return "nothing on trial"
    result = stop_rollout(store, "flights", rollout, numbers={"errors": 0.5}, **PERSON)
    return result.released, result.champion


def ends(store: Store, _nothing: None) -> Any:
    """As the release flow does when all is well."""
    if (rollout := rollout_of(fold_of(head(store, "flights")))) is None:
        return "nothing on trial"
    result = end_rollout(store, UseCaseOf(release=CANARY), rollout, as_of=PERSON["at"], numbers={}, **PERSON)
    return result.released, result.champion


def puts_back(store: Store, rows: int) -> Any:
    put_back(store, f"rows {rows}".encode())


@dataclass(frozen=True)
class Deed:
    does: Callable[[Store, Any], Any]
    tells: Callable[[World, Any], Steps]
    given: Any


def deeds(does: Callable[..., Any], tells: Callable[..., Steps], given: st.SearchStrategy[Any]) -> Any:
    return given.map(lambda one: Deed(does, tells, one))


NAMES = st.sampled_from([*MODELS])
NUMBERS = st.sampled_from([1, 2, 3, 4, 1, 2, 3, 5, 6, 0, 9])  # of versions, most of which will be there
DEEDS = st.one_of(
    deeds(runs, tells_a_run, NAMES),
    deeds(promotes, tells_a_promotion, NUMBERS),
    deeds(rolls_back, tells_a_rollback, st.none()),
    deeds(runs, tells_a_run, NAMES),
    deeds(promotes, tells_a_promotion, NUMBERS),
    deeds(rolls_back, tells_a_rollback_to, NUMBERS),
    deeds(stands, tells_where_it_stands, NAMES),
    deeds(disables, tells_a_disabling, st.none()),
    deeds(stops, tells_a_stop, st.none()),
    deeds(ends, tells_an_end, st.none()),
    deeds(puts_back, tells_rows_put_back, st.integers(1, 2)),
)


@dataclass(frozen=True)
class Death:
    """At which of a client's requests it is killed, and whether the request still reaches the store."""

    request: int
    late: bool


class Client:
    """Does a deed in a thread of its own, which stops before each request until it may go on."""

    def __init__(self, store: Store, deed: Deed, death: Death | None) -> None:
        self.deed, self._store, self._death = deed, store, death
        self._requests, self._stopped, self._go = 0, queue.SimpleQueue(), queue.SimpleQueue()
        self.ended = self.killed = False
        self.answer: Any = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self.ended = self._stopped.get(timeout=60)

    def go_on(self) -> None:
        self._go.put(None)
        self.ended = self._stopped.get(timeout=60)

    @property
    def address(self) -> str:
        return self._store.address

    def read(self, key: str) -> bytes:
        return self._request(lambda: self._store.read(key))

    def create(self, key: str, data: bytes) -> None:
        self._request(lambda: self._store.create(key, data))

    def list(self, prefix: str, limit: int | None = None) -> list[str]:
        return self._request(lambda: self._store.list(prefix, limit))

    def _request(self, request: Callable[[], Any]) -> Any:
        if self.killed:
            raise Crash
        if threading.current_thread() is not self._thread:
            return request()  # one of several reads that were asked for at once
        self._stopped.put(False)
        self._go.get()
        self.killed = self._death is not None and self._requests == self._death.request
        self._requests += 1
        if not self.killed:
            return request()
        if self._death and self._death.late:
            with suppress(KeepfitError):
                request()
        raise Crash

    def _run(self) -> None:
        self.answer = "no answer"
        try:
            self.answer = self.deed.does(self, self.deed.given)
        except Crash:
            self.answer = None
        except KeepfitError as error:
            self.answer = type(error).__name__
        finally:
            self._stopped.put(True)


def at_once(clients: Sequence[Client], bursts: Sequence[int]) -> None:
    """Let clients go on one request at a time: the first as often as the first burst says, …, in the end by turns."""
    for client in clients:
        client.start()
    turns = zip(cycle(range(len(clients))), bursts, strict=False)
    order = chain.from_iterable([*(repeat(*turn) for turn in turns), cycle(range(len(clients)))])
    while waiting := [client for client in clients if not client.ended]:
        waiting[next(order) % len(waiting)].go_on()


def possible(told: Told, clients: Sequence[Client]) -> Iterator[tuple[Told, list[Any]]]:
    """What may be there after deeds at once, and what they answer: every order of their steps.

    Who was killed does no more than the steps in that order; the others do all of theirs in the end.
    """
    everybody = range(len(clients))
    rest = [number for number in everybody if not clients[number].killed for _ in range(STEPS)]
    for length in range(STEPS * len(clients) + 1):
        for order in product(everybody, repeat=length):
            world, answers = World(told), [None] * len(clients)
            steps = [client.deed.tells(world, client.deed.given) for client in clients]
            for number in (*order, *rest):
                try:
                    next(steps[number])
                except StopIteration as end:
                    answers[number] = answers[number] if end.value is None else end.value
            yield world.told, [None if client.killed else a for client, a in zip(clients, answers, strict=True)]


def seen(store: Store) -> Told:
    """What the store says, in the words of the model."""
    history = entries(store, "flights")
    fold = history[0].fold if history else Fold()
    return Told(
        stands=tuple(sorted(positions(store))),
        versions=tuple(RUNS[entry.run] for entry in reversed(history) if entry.action == "registered"),
        champion=fold.champion and fold.champion.number,
        last=fold.last_champion and fold.last_champion.number,
        before=tuple(seat.number for seat in fold.past),
        disabled=fold.disabled,
        challenger=fold.challenger and fold.challenger.number,
        accepted=tuple(PROFILES[one.profile] for one in fold.accepted),
        replays=fold.replays and REPLAYS[fold.replays],
        on_trial=on_trial(fold),
        lines=tuple((how(entry), entry.version and entry.version.number) for entry in history),
    )


def positions(store: Store) -> Iterator[tuple[int, int | None]]:
    for key in store.list("flights/runs/"):
        memo = unwrap(store.read(key), key)
        stood = parse(bytes(memo.record), Position)
        yield RUNS[memo.inputs["run"]], stood.champion and stood.champion.number


def on_trial(fold: Fold) -> int | None:
    rollout = rollout_of(fold)
    return rollout and rollout.challenger.number


def how(entry: Entry) -> str:
    return "passed" if (entry.action, entry.details.get("by")) == ("promoted", "verdict") else entry.action


ROLLED_OUT = tuple(name for name, model in MODELS.items() if model.release != DIRECT)
STEPS = 3  # of a deed, at most
RUNS = {run_of(name): name for name in MODELS}
PROFILES = {sha256(f"profile of {name}".encode()): name for name in MODELS}
REPLAYS = {sha256(f"rows {rows}".encode()): rows for rows in (1, 2)}
# Requests that one client makes before it is the other's turn; in the end, and often from the start, one each.
BURSTS = st.just([]) | st.lists(st.integers(0, 30), max_size=4)
DEATHS = st.builds(Death, st.integers(0, 12) | st.integers(0, 32), st.booleans())


def histories(place: Callable[[], AbstractContextManager[Open]]) -> type[RuleBasedStateMachine]:
    """The machine on the stores that ``place`` opens: each time anew, each opening another client of one store."""

    class Histories(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self._closing = ExitStack()
            self._open = self._closing.enter_context(place())
            self._stores = [self._open(), self._open()]
            self._told = Told()

        def teardown(self) -> None:
            try:
                assert verify(self._stores[0]).problems == ()
            finally:
                self._closing.close()

        @initialize(
            slow=st.sets(NAMES, max_size=2),
            names=st.lists(NAMES, min_size=2, max_size=4, unique=True),
            trial=st.sampled_from([None, *ROLLED_OUT]),
        )
        def some_history(self, slow: set[int], names: list[int], trial: int | None) -> None:
            for name in sorted(slow):
                self.alone(Deed(stands, tells_where_it_stands, name))
            for name in (*names, *((1, 2, trial) if trial else ())):  # beside two champions, one of which serves
                self.alone(Deed(runs, tells_a_run, name))

        @rule(deed=DEEDS, death=DEATHS)
        def killed_and_done_again(self, deed: Deed, death: Death) -> None:
            self.see([Client(self._stores[0], deed, death)])
            assert verify(self._stores[1]).problems == ()
            self._stores[0] = self._open()
            self.alone(deed)

        @rule(one=DEEDS, other=DEEDS, bursts=BURSTS)
        def at_once(self, one: Deed, other: Deed, bursts: list[int]) -> None:
            clients = [Client(store, deed, None) for store, deed in zip(self._stores, (one, other), strict=True)]
            self.see(clients, bursts)

        @rule(deed=DEEDS, bursts=BURSTS)
        def twins(self, deed: Deed, bursts: list[int]) -> None:
            self.see([Client(store, deed, None) for store in self._stores], bursts)

        @rule(one=DEEDS, other=DEEDS, bursts=BURSTS, death=DEATHS)
        def at_once_and_one_is_killed(self, one: Deed, other: Deed, bursts: list[int], death: Death) -> None:
            self.see([Client(self._stores[0], one, death), Client(self._stores[1], other, None)], bursts)
            self._stores[0] = self._open()

        def alone(self, deed: Deed) -> None:
            self.see([Client(self._stores[0], deed, None)])

        def see(self, clients: list[Client], bursts: Sequence[int] = ()) -> None:
            at_once(clients, bursts)
            there, answers = seen(self._stores[1]), [client.answer for client in clients]
            deeds = [(client.deed.does.__name__, client.deed.given) for client in clients]
            story = f"{deeds} after {self._told} gave {answers} and {there}"
            assert (there, answers) in possible(self._told, clients), story
            self._told = there

        @invariant()
        def spends_no_more_than_the_rate_and_each_look_once(self) -> None:
            history = entries(self._stores[0], "flights")
            looks = [entry for entry in history if isinstance(entry.spent, float)]
            assert len({entry.run for entry in looks}) == len(looks)
            assert sum(entry.spent for entry in looks) <= UseCaseOf().false_promotions
            fold = history[0].fold if history else Fold()
            spent = 0.0 if fold.spending is UNSET else fold.spending.spent
            assert abs(spent - sum(entry.spent for entry in looks)) < 1e-12

        @invariant()
        def tries_beside_who_serves_and_never_again_what_was_stopped(self) -> None:
            history = entries(self._stores[0], "flights")
            stopped = {entry.version for entry in history if entry.action == "rollout_stopped"}
            for entry, before in pairwise([*history, None]):
                rollout = rollout_of(entry.fold)
                assert rollout is None or rollout.champion == entry.fold.champion != rollout.challenger
                if entry.details.get("by") == "server":
                    champion = before and before.fold.champion
                    assert (entry.action, entry.fold.champion, rollout) == ("rollout_stopped", champion, None)
            assert not history or on_trial(history[0].fold) not in {seat.number for seat in stopped}

        @invariant()
        def shows_the_newest_of_everything(self) -> None:
            shown, everything = show(self._stores[0], "flights"), show_all(self._stores[1], "flights")
            assert shown.versions == everything.versions[:20]
            for line, whole in zip(
                shown.ledger, everything.ledger[:20], strict=True
            ):  # long reasons are cut in the first
                assert whole.reason.startswith(line.reason.removesuffix("…"))
                assert replace_struct(line, reason="") == replace_struct(whole, reason="")
            assert (shown.versions_in_all, shown.entries_in_all) == (len(everything.versions), len(everything.ledger))
            assert replace_struct(shown, versions=(), ledger=()) == replace_struct(everything, versions=(), ledger=())

    return Histories
