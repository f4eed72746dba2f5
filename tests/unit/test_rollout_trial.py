"""A challenger beside the champion in a server: whatever it does, callers get an answer, and what it did is known."""

import time
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import perf_counter

import pytest
import serving_world as world
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from keepfit.errors import InfrastructureError
from keepfit.ledger import fold_of, head, rollout_of
from keepfit.registry import verify
from keepfit.serving import asked as asking
from keepfit.serving.asked import Asked
from keepfit.serving.copy import LocalCopy
from keepfit.serving.follow import Follower
from keepfit.serving.log import PredictionLog, predictions
from keepfit.serving.logged import entries_of
from keepfit.serving.metrics import Metrics
from keepfit.serving.problems import HttpProblem, unprocessable
from keepfit.serving.rollout import rolling, shadow
from keepfit.serving.rollout.shadow import MOST_RECORDS as MOST_SHADOWED
from keepfit.serving.rollout.shadow import Background
from keepfit.serving.rollout.watch import NEWEST, Seen, Watch
from keepfit.serving.version import load
from keepfit.store import open_store

CASE = "visits"
TELL = rolling._TELL
BREAKING = world.GOOD | {"guests": 5, "minutes": 99.0}
pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in mat(mul|vec):RuntimeWarning")


class ReadOnly:
    """A store that takes nothing any more, or does not say whether it did."""

    def __init__(self, store):
        self._store, self.full = store, False
        self.answers = Event()
        self.answers.set()

    def __getattr__(self, name):
        return getattr(self._store, name)

    def create(self, key, data):
        if self.full:
            raise InfrastructureError("the disk is full")
        assert self.answers.wait(30)
        self._store.create(key, data)


@pytest.fixture(autouse=True)
def _told_within_a_look(monkeypatch):
    """A busy machine may need longer for an entry than a server waits for it before it goes on."""
    monkeypatch.setattr(rolling, "_TELL", 60.0)


@pytest.fixture
def store(tmp_path):
    return ReadOnly(open_store(str(tmp_path / "store")))


@pytest.fixture
def metrics():
    return Metrics((CASE,))


@pytest.fixture
def follower(tmp_path, store, metrics):
    world.champion(store)
    made = Follower(store, CASE, LocalCopy(tmp_path / "cache", store, CASE), metrics)
    yield made
    made.rolling.close()


@pytest.fixture
def log(tmp_path, store):
    made = PredictionLog(tmp_path / "log", store, CASE, "worker", sync=False)
    yield made
    made.close()


def begun(follower, turn=2, strategy="canary", **agreed):
    rollout = world.rolled_out(follower._store, turn, strategy=strategy, **agreed)
    follower.look()
    return rollout, follower.rolling.beside(follower.state.live)


def ask(follower, trial, record, log=None, first_id="a", latency=1.0, read=None):
    def checked(live):
        return live.rows.checked([record], ())

    trial.log, champion, now = log, follower.state.live, perf_counter()
    read = read or checked
    asked = Asked(champion, read(champion), first_id, now - latency / 1e3, lambda *_: None, read)
    scored = asking.alone(trial.asked(asked))
    trial.after([scored], now)
    return scored.asked, scored.answered


def alone(live, record):
    (answer,) = live.answer(live.rows.checked([record], ()), "x").predictions
    return answer.score


def logged(store, log):
    log.close()
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0)
    around = (day - timedelta(days=1), day + timedelta(days=2))
    return [row for part in predictions(store, CASE, *around) for row in part.to_pylist()]


def told(metrics, name, **labels):
    """The value of one sample of the page for Prometheus."""
    samples = [each for family in text_string_to_metric_families(metrics.page().decode()) for each in family.samples]
    (found,) = [each.value for each in samples if each.name == name and labels.items() <= each.labels.items()]
    return found


def asked_of_it(metrics, outcome):
    return told(metrics, "keepfit_challenger_predictions_total", outcome=outcome)


def newest(store):
    return head(store, CASE)


def test_without_a_rollout_there_is_nothing_beside(follower):
    follower.look()
    assert follower.rolling.beside(follower.state.live) is None
    assert follower.rolling.standing() is None


def test_a_canary_answers_some_keys_always_and_each_score_is_of_its_version(follower):
    _, trial = begun(follower)
    live = {seat.number: each for each in (follower.state.live, trial.live) for seat in [each.seat]}
    versions = {}
    for number in [*range(60), *range(60)]:
        record = world.GOOD | {"id": f"visitor {number}", "minutes": float(number)}
        given, answered = ask(follower, trial, record)
        version = given.live.seat.number
        assert versions.setdefault(number, version) == version
        assert answered.predictions[0].score == alone(live[version], record)
        assert given.role == ("champion" if version == 1 else "challenger")
    assert set(versions.values()) == {1, 2}


def test_a_restart_changes_nobodys_version(follower, tmp_path, store, metrics):
    _, trial = begun(follower)
    again = Follower(store, CASE, LocalCopy(tmp_path / "cache", store, CASE), metrics)
    again.look()
    other = again.rolling.beside(again.state.live)
    records = [world.GOOD | {"id": str(number)} for number in range(80)]
    assert [ask(follower, trial, each)[0].role for each in records] == [
        ask(again, other, each)[0].role for each in records
    ]


def test_what_a_canary_cannot_answer_the_champion_does_and_the_log_says_so(follower, store, log, metrics):
    _, trial = begun(follower, "breaks", share=0.999999)
    given, answered = ask(follower, trial, BREAKING, log, first_id="a")
    assert (given.live.seat.number, given.role) == (1, "champion")
    assert answered.predictions[0].score == alone(follower.state.live, BREAKING)
    (row,) = logged(store, log)
    assert (row["id"], row["version"], row["role"], row["decision"]) == ("a", 2, "challenger", None)
    assert all(score != score for score in row["score"])
    assert "did not answer" in row["warnings"][0]
    assert asked_of_it(metrics, "failed") == 1


@pytest.mark.parametrize("raised", [ValueError("x"), MemoryError(), unprocessable([])], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("strategy", ["canary", "shadow"])
def test_a_challenger_that_raises_fails_nobody(follower, log, store, strategy, raised):
    _, trial = begun(follower, strategy=strategy, share=0.999999)

    def read(live):
        if live is trial.live:
            raise raised
        return live.rows.checked([world.GOOD], ())

    trial.live = _with_another_signature(trial.live)
    given, _ = ask(follower, trial, world.GOOD, log, read=read)
    trial.close(5)
    assert given.live is follower.state.live
    assert trial.watch.seen().failed == 1
    assert [row["role"] for row in logged(store, log)] == ["challenger"]


def _with_another_signature(live):
    return changed(live, signature=replace(live.signature, description="another"))


@pytest.mark.parametrize("strategy", ["canary", "shadow"])
def test_who_asks_for_the_champion_by_its_number_gets_it_and_it_counts_for_no_failure(follower, strategy):
    _, trial = begun(follower, strategy=strategy, share=0.999999)
    trial.live = _with_another_signature(trial.live)

    def read(live):
        if live is trial.live:
            raise HttpProblem(404, "unknown_version", "version 1 answers, and no other")
        return live.rows.checked([world.GOOD], ())

    given, _ = ask(follower, trial, world.GOOD, read=read)
    trial.close(10)
    assert (given.role, trial.watch.seen().failed) == ("champion", 0)


def test_a_shadow_is_asked_the_same_and_nobody_hears_it(follower, log, store, metrics):
    _, trial = begun(follower, strategy="shadow")
    records = [world.GOOD | {"minutes": float(number)} for number in range(30)]
    for number, record in enumerate(records):
        given, answered = ask(follower, trial, record, log, first_id=f"n{number}")
        assert (given.live.seat.number, given.role) == (1, "champion")
        assert answered.predictions[0].score == alone(follower.state.live, record)
    trial.close(10)
    rows = {row["id"]: row for row in logged(store, log)}
    assert set(rows) == {f"n{number}" for number in range(30)}
    assert {(row["version"], row["role"]) for row in rows.values()} == {(2, "challenger")}
    assert [rows[f"n{number}"]["score"][1] for number in range(30)] == [alone(trial.live, each) for each in records]
    assert asked_of_it(metrics, "answered") == 30


def test_a_shadow_that_does_not_keep_up_is_dropped_and_counted(follower, log, metrics):
    _, trial = begun(follower, strategy="shadow")
    hold = Event()
    trial._background = shadow.Background("held", lambda _pieces: hold.wait())
    trial._background.offer(0, None)
    time.sleep(0.2)
    for number in range(shadow.MOST + 20):
        assert ask(follower, trial, world.GOOD, log, first_id=f"n{number}")[0].role == "champion"
    hold.set()
    dropped = asked_of_it(metrics, "dropped")
    assert dropped == 20


def test_what_a_shadow_logs_leaves_room_for_what_is_answered(follower, tmp_path, store):
    log = PredictionLog(tmp_path / "small", store, CASE, "worker", sync=False, window=timedelta(hours=1), limit=20_000)
    _, trial = begun(follower, strategy="shadow")
    for number in range(200):
        ask(follower, trial, world.GOOD, log, first_id=f"n{number}")
    trial.close(10)
    live = follower.state.live
    answered = live.answer(live.rows.checked([world.GOOD], ()), "answered")
    for _ in range(20):  # raises LogFull where there is no room
        log.put(list(entries_of(live, answered, datetime.now(UTC), 0.001)))
    rows = logged(store, log)
    assert sum(row["role"] == "champion" for row in rows) == 20
    assert 10 < sum(row["role"] == "challenger" for row in rows) < 200


def test_a_shadow_is_no_slower_than_it_is(follower):
    """Its latency is the champion's, with its own scoring instead."""
    _, trial = begun(follower, "slow", strategy="shadow")
    for number in range(60):
        ask(follower, trial, world.GOOD | {"minutes": float(number)}, latency=2.0)
    trial.close(30)
    assert trial.watch.seen().slower.value > 1.5


BAD = {
    "errors": ("breaks", {}, BREAKING, "errors"),
    "latency": ("slow", {"slower_at_most": 1.5}, world.GOOD, "times as slow"),
    "scores": (2, {"scores_differ_at_most": 0.2}, world.GOOD, "scores differ"),
}


@pytest.mark.parametrize("strategy", ["canary", "shadow"])
@pytest.mark.parametrize(("turn", "limit", "record", "says"), BAD.values(), ids=BAD)
def test_a_bad_challenger_is_stopped_with_an_entry(follower, store, turn, limit, record, says, strategy):
    _, trial = begun(follower, turn, strategy, **limit)
    for number in range(400):
        ask(follower, trial, record | {"id": str(number)}, latency=_latency(follower, trial, turn, number, strategy))
    if strategy == "shadow":
        trial._background.close(60)
    follower.look()
    entry = newest(store)
    assert (entry.action, entry.version) == ("rollout_stopped", trial.live.seat)
    assert says in entry.reason
    assert entry.actor.startswith("server ")
    assert entry.metrics["answers"] + entry.metrics["failed"] > 0
    assert follower.rolling.beside(follower.state.live) is None
    follower.look()
    assert follower.rolling.standing() is None
    assert newest(store) == entry
    assert verify_ledger(store) == []


def _latency(follower, trial, turn, number, strategy):
    """What a request to a canary took; of a shadow it is measured."""
    if strategy == "shadow" or turn != "slow":
        return 1.0 + number % 3 / 10
    records = [world.GOOD | {"id": str(number)}]
    asked = trial.asked(Asked(follower.state.live, records, "x", 0.0, lambda *_: None))
    return 9.0 if asked.role == "challenger" else 1.0


def verify_ledger(store):
    """Problems of the ledger; the files of these versions are no whole versions."""
    return [each for each in verify(store).problems if "entry" in each.what and "verdict" not in each.what]


def test_a_good_challenger_is_not_stopped(follower, store):
    rollout, trial = begun(follower, 3, scores_differ_at_most=0.2, slower_at_most=2.0)
    for number in range(400):
        ask(follower, trial, world.raw_records(400)[number] | {"id": str(number)}, latency=1.0 + number % 7)
    follower.look()
    assert rollout_of(fold_of(newest(store))) == rollout
    assert follower.rolling.standing()["status"] == "running"
    assert follower.rolling.standing()["newest"]["answers"] > 100


@pytest.mark.parametrize("harm", ["altered", "gone"])
def test_a_challenger_that_cannot_be_verified_is_stopped_with_an_entry(follower, store, harm):
    rollout = world.rolled_out(store)
    path = next((Path(store.address) / "objects").glob(world.version(store, 2).files["probe"]))
    if harm == "gone":
        path.unlink()
    else:
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    follower.look()
    entry = newest(store)
    assert (entry.action, entry.version) == ("rollout_stopped", rollout.challenger)
    assert "version 2 is refused" in entry.reason
    assert follower.state.live.seat.number == 1


def test_a_stop_that_cannot_be_written_down_holds_here_and_is_said(follower, store, metrics):
    _, trial = begun(follower, "breaks", share=0.999999)
    for _ in range(20):
        ask(follower, trial, BREAKING)
    store.full = True
    follower.look()
    assert newest(store).action == "rollout_started"
    assert follower.rolling.beside(follower.state.live) is None
    standing = follower.rolling.standing()
    assert standing["status"] == "stopped here"
    assert "errors" in standing["trouble"]
    assert "the ledger could not be told" in standing["trouble"]
    assert told(metrics, "keepfit_rollout_stopped_here") == 1
    assert follower.state.live.seat.number == 1
    store.full = False
    follower.look()
    assert newest(store).action == "rollout_stopped"
    follower.look()
    assert told(metrics, "keepfit_rollout_stopped_here") == 0


def test_a_store_that_takes_its_time_with_a_stop_delays_no_disable(follower, store, monkeypatch):
    monkeypatch.setattr(rolling, "_TELL", TELL)
    _, trial = begun(follower, "breaks", share=0.999999)
    for _ in range(20):
        ask(follower, trial, BREAKING)
    store.answers.clear()
    began = time.monotonic()
    follower.look()
    assert follower.rolling.beside(follower.state.live) is None
    assert "has not answered yet" in follower.rolling.standing()["trouble"]
    world.disabled(store._store, CASE)
    follower.look()
    assert follower.state.disabled
    assert time.monotonic() - began < 4
    store.answers.set()
    time.sleep(0.2)
    assert newest(store).action == "disabled"  # the rollout was over when the entry came through


def test_two_servers_that_stop_at_once_write_one_entry(follower, store, tmp_path, metrics):
    _, trial = begun(follower, "breaks", share=0.999999)
    other = Follower(store, CASE, LocalCopy(tmp_path / "cache", store, CASE), metrics)
    other.look()
    for each, own in ((follower, trial), (other, other.rolling.beside(other.state.live))):
        for _ in range(20):
            ask(each, own, BREAKING)
    before = newest(store)
    follower.look()
    other.rolling.see(before.fold, other.state.live)  # it has not seen yet that it is over
    assert newest(store).seq == before.seq + 1


def test_a_newer_challenger_takes_the_place_of_the_one_on_trial(follower, store):
    _, first = begun(follower)
    _, second = begun(follower, 3)
    assert (first.stopped, second.live.seat.number) == ("over", 3)


def test_a_champion_that_changes_ends_it_at_once(follower, store):
    rollout, trial = begun(follower)
    live = follower.state.live
    world.promoted(store, CASE, rollout.challenger)
    follower.look()
    assert follower.rolling.beside(live) is None
    assert follower.state.live.seat == rollout.challenger
    assert trial.stopped == "over"


@pytest.mark.parametrize(("strategy", "role"), [("canary", "challenger"), ("shadow", "shadow")])
def test_how_long_it_takes_is_told_by_role(follower, metrics, strategy, role):
    _, trial = begun(follower, strategy=strategy, share=1.0)
    for number in range(3):
        ask(follower, trial, world.GOOD | {"id": f"visitor {number}"})
    trial.close(10)
    if strategy == "shadow":
        assert told(metrics, "keepfit_request_seconds_count", role=role) == 3
    else:
        metrics.answered(CASE, 1, 0, 0.5, role)
        assert told(metrics, "keepfit_request_seconds_count", role=role) == 1


def test_beside_another_champion_than_it_was_agreed_for_nobody_is_asked(follower, store):
    """Also in the moment between a swap and the next look."""
    begun(follower)
    other = load(store, CASE, world.registered(store, world.version(store, 3)))
    assert follower.rolling.beside(follower.state.live) is not None
    assert follower.rolling.beside(other) is None


def test_who_is_stopped_is_not_asked_by_those_who_are_under_way(follower):
    _, trial = begun(follower, share=1.0)
    assert ask(follower, trial, world.GOOD)[0].role == "challenger"
    trial.stopped = "for a test"
    assert ask(follower, trial, world.GOOD)[0].role == "champion"


def test_what_waits_for_a_shadow_is_bounded_in_records():
    begun, go, done = Event(), Event(), []

    def work(pieces):
        begun.set()
        go.wait(10)
        done.extend(pieces)

    background = Background("test", work)
    assert background.offer(1, "first")
    assert begun.wait(10)
    assert background.offer(MOST_SHADOWED, "second")
    assert not background.offer(1, "third")
    go.set()
    background.close(10)
    assert done == ["first", "second"]


def test_a_champion_without_a_finite_answer_is_beside_nobody(follower, store):
    """Of it the challenger is not better or worse: only finite answers are compared."""
    world.champion(store, "breaks")
    _, trial = begun(follower, 1, share=0.5)
    asked = {"champion": [], "challenger": []}
    for number in range(40):
        record = BREAKING | {"id": str(number)}
        asked[trial.asked(Asked(follower.state.live, [record], "x", 0.0, lambda *_: None)).role].append(record)
    for record in (*asked["challenger"][:3], *asked["champion"][:3]):
        ask(follower, trial, record)
    assert (trial.watch.seen().answers, trial.watch.seen().champion_answers) == (3, 0)
    ask(follower, trial, asked["champion"][0] | {"minutes": 50.0, "guests": 3})
    assert trial.watch.seen().champion_answers == 1


def test_a_shadow_that_is_stopped_is_not_asked_what_waits_for_it(follower, metrics, monkeypatch):
    monkeypatch.setattr(shadow, "LINGER", 30)
    _, trial = begun(follower, strategy="shadow")
    for number in range(5):
        ask(follower, trial, world.GOOD, first_id=f"n{number}")
    trial.stopped = "a limit is left"
    trial.close(10)
    assert trial.watch.seen().answers == 0
    assert "keepfit_challenger_predictions_total{" not in metrics.page().decode()


def test_a_rollout_beside_a_champion_that_was_refused_here_does_not_begin_here(follower, store):
    follower.look()
    first = follower.state.live
    refused = world.champion(store, 3, signature=None)
    rollout = world.rolled_out(store, 2)
    follower.look()
    assert (rollout.champion, follower.state.live, follower.state.refused) == (refused, first, refused)
    assert (follower.rolling.challenger, follower.rolling.standing()) == (None, None)


def test_what_failed_long_ago_is_forgotten():
    watch = Watch(paired=True)
    for _ in range(30):
        watch.failed()
    for _ in range(NEWEST):
        watch.pair(Seen((0.5,), 1.0), Seen((0.5,), 1.0))
    assert (watch.seen().failed, watch.seen().answers) == (0, NEWEST)


def test_a_shadow_that_keeps_up_does_so_for_ever():
    done, hold = [], Event()
    background = Background("test", lambda pieces: (done.extend(pieces), hold.wait(10)))
    hold.set()
    for number in range(3):
        assert background.offer(MOST_SHADOWED - 1, number)
        until(lambda wanted=number: len(done) > wanted)
    hold.clear()
    assert background.offer(1, "held")
    until(lambda: "held" in done)
    assert background.offer(1, "waits")
    assert background.offer(1, "waits too")
    hold.set()
    background.close(10)


def until(holds):
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_class_that_only_one_of_two_versions_knows_counts_as_zero_of_the_other(follower, store, monkeypatch):
    case = world.use_case(task="multiclass")
    world.champion(store, 1, case)
    made = world.version
    renamed = ("few", "some", "lots")
    monkeypatch.setattr(world, "version", lambda *words, **more: replace(made(*words, **more), classes=renamed))
    world.rolled_out(store, 1, case, "shadow")
    follower.look()
    trial = follower.rolling.beside(follower.state.live)
    ask(follower, trial, world.GOOD)
    trial.close(10)
    (answer,) = follower.state.live.answer(follower.state.live.rows.checked([world.GOOD], ()), "x").predictions
    assert trial.watch.seen().scores_differ.value == pytest.approx(answer.scores["many"])


def test_a_shadow_is_not_compared_with_a_champion_that_has_no_finite_answer(follower, store):
    world.champion(store, "breaks")
    _, trial = begun(follower, 1, "shadow")
    for number, record in enumerate((BREAKING, BREAKING, world.GOOD)):
        ask(follower, trial, record, first_id=f"n{number}")
    trial.close(10)
    assert (trial.watch.seen().answers, trial.watch.seen().champion_answers) == (1, 1)


def test_what_a_shadow_was_asked_before_the_end_is_answered(follower, metrics, monkeypatch):
    monkeypatch.setattr(shadow, "LINGER", 30)
    _, trial = begun(follower, strategy="shadow")
    for number in range(3):
        ask(follower, trial, world.GOOD, first_id=f"n{number}")
    follower.rolling.close()
    assert asked_of_it(metrics, "answered") == 3


def test_the_next_rollout_does_not_inherit_the_trouble_of_the_one_before(follower, store):
    _, trial = begun(follower, "breaks", share=0.999999)
    for _ in range(20):
        ask(follower, trial, BREAKING)
    store.full = True
    follower.look()
    assert "could not be told" in follower.rolling.standing()["trouble"]
    store.full = False
    begun(follower, 3)
    assert (follower.rolling.standing()["status"], follower.rolling.standing()["trouble"]) == ("running", "")
