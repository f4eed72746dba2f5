"""What answers while the ledger moves, files rot and the store goes away."""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from threading import Event
from weakref import ref

import pytest
import serving_world as world

from keepfit.errors import InfrastructureError
from keepfit.records import canonical
from keepfit.serving import follow as follow_module
from keepfit.serving.copy import LocalCopy
from keepfit.serving.follow import Follower
from keepfit.serving.metrics import Metrics
from keepfit.serving.version import load
from keepfit.store import object_key, open_store

ROOT = Path(__file__).parents[2]
CASE = "visits"


class Away:
    """A store that can be out of reach."""

    def __init__(self, store):
        self.behind, self.reachable = store, True
        self.answers = Event()
        self.answers.set()

    @property
    def address(self):
        return self.behind.address

    def _there(self):
        self.answers.wait()
        if not self.reachable:
            raise InfrastructureError("the store does not answer")

    def read(self, key):
        self._there()
        return self.behind.read(key)

    def create(self, key, data):
        self._there()
        self.behind.create(key, data)

    def list(self, prefix, limit=None):
        self._there()
        return self.behind.list(prefix, limit)


@pytest.fixture
def store(tmp_path):
    return Away(open_store(str(tmp_path / "store")))


@pytest.fixture
def follow(tmp_path, store):
    def make():
        copy = LocalCopy(tmp_path / "cache", store, CASE)
        return Follower(store, CASE, copy, Metrics((CASE,)))

    return make


def looked(follower):
    """A look, and the copy that it leads to, which is made in the background."""
    follower.look()
    assert follower.copied(10)
    return follower


def spoil(store, seat, role="model"):
    manifest = load(store, CASE, seat).manifest
    path = Path(store.address) / "objects" / manifest.files[role]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def score(state):
    (answer,) = state.live.answer(state.live.rows.read(canonical(world.GOOD)), "id").predictions
    return answer.score


def test_a_new_champion_takes_its_place(store, follow):
    first = world.champion(store, 1)
    follower = follow()
    follower.look()
    assert follower.state.live.seat == first
    before = score(follower.state)
    second = world.champion(store, 2)
    follower.look()
    assert follower.state.live.seat == second
    assert score(follower.state) != before


def test_nothing_is_loaded_again_while_nothing_moves(store, follow):
    world.champion(store, 1)
    follower = follow()
    follower.look()
    live = follower.state.live
    follower.look()
    world.registered(store, world.version(store, 2))
    follower.look()
    assert follower.state.live is live
    assert follower.state.seq == 3


@pytest.mark.parametrize("role", ["compiled", "probe"])
def test_a_champion_with_an_altered_file_is_refused_and_the_old_one_goes_on(store, follow, role):
    first = world.champion(store, 1)
    follower = follow()
    follower.look()
    seat = world.registered(store, world.version(store, 2))
    spoil(store, seat, role)
    world.promoted(store, CASE, seat)
    follower.look()
    assert (follower.state.live.seat, follower.state.refused) == (first, seat)
    assert "version 2 is refused" in follower.state.trouble


def test_a_champion_that_was_refused_answers_when_its_file_is_put_back(store, follow, monkeypatch):
    world.champion(store, 1)
    follower = follow()
    follower.look()
    made = world.version(store, 2)
    path = Path(store.address) / "objects" / made.files["probe"]
    path.rename(tmp := path.with_name("elsewhere"))
    second = world.promoted(store, CASE, world.registered(store, made))
    follower.look()
    assert follower.state.refused == second
    tmp.rename(path)
    follower.look()
    assert follower.state.refused == second  # not looked at each second
    monkeypatch.setattr(follow_module, "TRY_AGAIN", 0.0)
    follower.look()
    assert (follower.state.live.seat, follower.state.trouble) == (second, "")


def test_a_champion_that_answers_otherwise_is_refused(store, follow):
    first = world.champion(store, 1)
    follower = follow()
    follower.look()
    other = world.version(store, 1)
    wrong = (Path(store.address) / "objects" / other.files["compiled"]).read_bytes()
    world.champion(store, 2, compile_it=False, compiled=wrong)
    follower.look()
    assert follower.state.live.seat == first
    assert "does not answer its probe set" in follower.state.trouble


def test_a_version_of_an_earlier_build_is_refused_with_advice(store, follow):
    world.champion(store, 1, signature=None)
    follower = follow()
    follower.look()
    assert follower.state.live is None
    assert "does not say which records it takes" in follower.state.trouble


def test_after_a_refused_champion_the_next_good_one_answers(store, follow):
    world.champion(store, 1)
    follower = follow()
    follower.look()
    world.champion(store, 2, signature=None)
    follower.look()
    third = world.champion(store, 3)
    follower.look()
    assert (follower.state.live.seat, follower.state.trouble, follower.state.refused) == (third, "", None)


def test_disable_stops_answers_and_a_promotion_brings_them_back(store, follow):
    first = world.champion(store, 1)
    follower = follow()
    follower.look()
    world.disabled(store, CASE)
    follower.look()
    assert follower.state.disabled
    assert follower.state.live is None
    world.promoted(store, CASE, first)
    follower.look()
    assert (follower.state.disabled, follower.state.live.seat) == (False, first)


def test_what_was_disabled_does_not_come_back_when_the_next_champion_is_refused(store, follow):
    world.champion(store, 1)
    follower = follow()
    follower.look()
    world.disabled(store, CASE)
    follower.look()
    world.champion(store, 2, signature=None)
    follower.look()
    assert (follower.state.live, follower.state.disabled) == (None, False)
    assert "version 2 is refused" in follower.state.trouble


def test_a_store_out_of_reach_stops_nothing(store, follow):
    first = world.champion(store, 1)
    follower = follow()
    follower.look()
    store.reachable = False
    follower.look()
    assert follower.state.live.seat == first
    assert "does not answer" in follower.state.trouble
    store.reachable = True
    follower.look()
    assert follower.state.trouble == ""


def test_a_cold_start_without_the_store_answers_from_the_last_verified_copy(store, follow):
    world.champion(store, 1)
    second = world.champion(store, 2)
    first_process = looked(follow())
    store.reachable = False
    follower = follow()
    follower.look()
    assert (follower.state.live.seat, follower.state.local) == (second, True)
    assert score(follower.state) == score(first_process.state)
    store.reachable = True
    third = world.champion(store, 3)
    follower.look()
    assert (follower.state.live.seat, follower.state.local) == (third, False)


def test_a_store_that_does_not_come_to_an_answer_is_not_waited_for(store, follow):
    first = world.champion(store, 1)
    looked(follow())
    second = world.champion(store, 2)
    store.answers.clear()
    follower = follow()
    follower.start(patience=0.1)
    assert (follower.state.live.seat, follower.state.local) == (first, True)
    assert "has not answered yet" in follower.state.trouble
    store.answers.set()
    while follower.state.trouble:
        time.sleep(0.01)
    assert (follower.state.live.seat, follower.state.local) == (second, False)
    follower.stop()


def test_a_cold_start_without_the_store_does_not_revive_what_was_disabled(store, follow):
    world.champion(store, 1)
    follower = looked(follow())
    world.disabled(store, CASE)
    looked(follower)
    store.reachable = False
    again = follow()
    again.look()
    assert (again.state.disabled, again.state.live) == (True, None)


def test_an_altered_local_copy_is_refused(store, follow, tmp_path):
    world.champion(store, 1)
    looked(follow())
    store.reachable = False
    for path in (tmp_path / "cache").rglob("objects/*"):
        path.chmod(0o600)
        path.write_bytes(b"?" + path.read_bytes()[1:])
    follower = follow()
    follower.look()
    assert follower.state.live is None


def test_a_folder_that_was_emptied_is_not_taken_for_a_new_history(store, follow):
    first = world.champion(store, 1)
    follower = looked(follow())
    shutil.rmtree(store.address)
    for each in (follower, follow()):
        each.look()
        assert each.state.live.seat == first
        assert "0 entries, but there have been 2" in each.state.trouble


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_each_task_answers_in_its_own_words(store, task):
    seat = world.champion(store, 1, world.use_case(task=task))
    live = load(store, CASE, seat)
    first, second = live.answer(
        live.rows.checked([world.GOOD, world.GOOD | {"colour": "pink"}], ("records",)), "x"
    ).predictions
    assert (first.id, second.id) == ("x.0", "x.1")
    assert (first.warnings, second.warnings) == ((), ("colour: training has not seen this value",))
    if task == "regression":
        assert isinstance(first.value, float)
    elif task == "binary":
        assert 0 <= first.score <= 1
        assert first.decision == ("true" if first.score > 0.5 else "false")
    else:
        assert list(first.scores) == list(world.CLASSES[task])
        assert first.decision == max(first.scores, key=first.scores.get)


def test_the_example_of_a_version_is_a_record_that_it_takes(store):
    live = load(store, CASE, world.champion(store, 1))
    assert live.rows.read(canonical(live.example))


def test_to_answer_takes_neither_prefect_nor_pandas_nor_scikit_learn(store):
    seat = world.champion(store, 1)
    program = (
        "import sys\n"
        "from keepfit.records import Seat, canonical\n"
        "from keepfit.serving import routes, server\n"
        "from keepfit.serving.version import load\n"
        "from keepfit.store import open_store\n"
        f"live = load(open_store({store.address!r}), {CASE!r}, Seat(number={seat.number}, digest={seat.digest!r}))\n"
        f"live.answer(live.rows.read({canonical(world.GOOD)!r}), 'id')\n"
        "apart = ('prefect', 'pandas', 'sklearn', 'scipy', 'skops', 'pyarrow', 'duckdb', 'boto3', 'fastapi')\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in apart)[:9])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "at",
    ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z"],
)
def test_the_first_and_the_last_moment_that_can_be_written_are_answered(store, at):
    live = load(store, CASE, world.champion(store, 1))
    (prediction,) = live.answer(live.rows.read(canonical(world.GOOD | {"at": at})), "id").predictions
    assert 0 <= prediction.score <= 1


class Slow(Away):
    """A store of which one key does not come until somebody lets it."""

    key, coming = "", Event()

    def read(self, key):
        if key == self.key:
            self.coming.set()
            assert self.answers.wait(30)
        return self.behind.read(key)

    def _there(self):
        """All others come at once."""


@pytest.mark.parametrize("what", ["champion", "challenger"])
def test_disable_is_noticed_while_a_version_loads(tmp_path, what):
    store = Slow(open_store(str(tmp_path / "store")))
    world.champion(store, 1)
    follower = Follower(store, CASE, LocalCopy(None, store, CASE), Metrics((CASE,)), every=0.05)
    follower.start()
    made, store.coming = world.version(store, 2), Event()
    store.key = object_key(made.files["compiled"])
    store.answers.clear()
    if what == "champion":
        world.promoted(store, CASE, world.registered(store, made))
    else:
        world.rolled_out(store, 2)
    assert store.coming.wait(10)
    assert follower.state.live.seat.number == 1
    began = time.monotonic()
    world.disabled(store, CASE)
    until(lambda: follower.state.disabled)
    assert time.monotonic() - began < 2
    store.answers.set()  # what comes now is not wanted any more
    time.sleep(0.3)
    assert follower.state.live is None
    assert follower.rolling.standing() is None
    world.champion(store, 1)
    until(lambda: follower.state.live is not None)
    follower.stop()


def test_a_challenger_that_loads_stops_nobody_from_following(tmp_path):
    store = Slow(open_store(str(tmp_path / "store")))
    world.champion(store, 1)
    follower = Follower(store, CASE, LocalCopy(None, store, CASE), Metrics((CASE,)), every=0.05)
    follower.start()
    store.key = object_key(world.version(store, 2).files["compiled"])
    store.answers.clear()
    world.rolled_out(store, 2)
    time.sleep(0.2)
    third = world.champion(store, 3)
    until(lambda: follower.state.live.seat == third)
    store.answers.set()
    follower.stop()


class SlowToCopy(Slow):
    """A store that gives a file once, to be loaded, and not again until somebody lets it."""

    given = False

    def read(self, key):
        if key == self.key and not self.given:
            self.given = True
            return self.behind.read(key)
        return super().read(key)


def test_disable_is_noticed_while_a_version_is_copied(tmp_path):
    store = SlowToCopy(open_store(str(tmp_path / "store")))
    first = world.champion(store, 1)
    follower = Follower(store, CASE, LocalCopy(tmp_path / "cache", store, CASE), Metrics((CASE,)), every=0.05)
    follower.start()
    made, store.coming = world.version(store, 2), Event()
    store.key = object_key(made.files["compiled"])
    store.answers.clear()
    second = world.promoted(store, CASE, world.registered(store, made))
    assert store.coming.wait(10)
    assert follower.state.live.seat == second
    began = time.monotonic()
    world.disabled(store, CASE)
    until(lambda: follower.state.disabled)
    assert time.monotonic() - began < 2
    world.promoted(store, CASE, first)
    until(lambda: follower.state.live is not None)
    assert not follower.copied(0.1)
    store.answers.set()
    assert follower.copied(10)  # of the newest; what was given up for it is gone
    follower.stop()
    (note,) = tmp_path.glob("cache/serving/*/visits/last.json")
    assert first.digest in note.read_text()
    assert [each.name for each in note.parent.iterdir() if each.is_dir()] == [first.digest]


def test_a_worker_that_is_behind_does_not_put_back_the_copy_of_one_that_is_ahead(store, follow):
    world.champion(store, 1)
    behind, ahead = looked(follow()), follow()
    old = behind._copy.note()
    second = world.champion(store, 2)
    looked(ahead)
    assert behind._copy.keep(store, old, None, lambda: True) is False
    assert ahead._copy.note().seat == second
    store.reachable = False
    assert looked(follow()).state.live.seat == second


def test_a_copy_that_cannot_be_made_is_said(store, tmp_path, caplog):
    world.champion(store, 1)
    (tmp_path / "cache").write_text("a file")
    follower = looked(Follower(store, CASE, LocalCopy(tmp_path / "cache", store, CASE), Metrics((CASE,))))
    assert follower.state.live is not None
    assert "no copy on this machine" in caplog.text


def until(holds):
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_version_that_was_left_leaves_nothing_behind(store, follow):
    """Also not its classes, which are as large as all else of a small version together."""
    follower, left = follow(), []
    for turn in range(1, 5):
        world.champion(store, turn)
        follower.look()
        rows = follower.state.live.rows
        rows.read(canonical(world.GOOD))
        left.append(ref(type(rows._one.decode(canonical(world.GOOD)))))
        del rows
    assert [kind() is None for kind in left] == [True, True, True, False]
