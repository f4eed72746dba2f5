"""The train flow with store and source on SeaweedFS, also while that is killed: the same as from files."""

import random
import re
import secrets
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.request import Request, urlopen

import pytest
import s3_servers
from journeys import FIRST, SECOND, STAGES, TINY, TOOK, World, lines_of, ours, state, visits

from keepfit import score
from keepfit.data import read_snapshot
from keepfit.features import from_table
from keepfit.memo import unwrap
from keepfit.records import Split, parse
from keepfit.registry import manifest
from keepfit.score import one_thread
from keepfit.split import HOLDOUT, sides_of
from keepfit.store import open_store

BUCKET = s3_servers.BUCKET
CANARY = b"canary-"  # in the secret key and the session token, and nowhere else
COMMAND = ("run", "visits", "--json", "--as-of", SECOND)
DELIVERED = TINY.replace('{kind: files, path: "data/', f'{{kind: s3, path: "s3://{BUCKET}/delivered/')
OUTAGE = 1.5  # seconds: shorter than the patience with one request
WAITED_FOR = 10.0  # seconds that a server may be away
PATIENCE = 120.0
TOKEN = "canary-token-77b1"
NOT_TRIED_AGAIN = ("validate", "split", "export", "evaluate", "measure", "judge")  # stages without retries of Prefect's


@dataclass
class Served:
    """A server, and what lies in it."""

    server: s3_servers.Server | None = None

    @property
    def client(self):
        return s3_servers.client(self.server)

    def objects(self, prefix=""):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]


class Mortal(Served):
    """SeaweedFS that is killed (SIGKILL) and started again on the same folder and ports."""

    def __init__(self, folder):
        self._folder, self._ports = folder, s3_servers.free_ports(5, beside=10_000)
        self._life = ExitStack()

    def start(self):
        self.server = self._life.enter_context(s3_servers.weed(self._folder, self._ports))

    def kill(self):
        self._life.close()


@dataclass
class OnS3(World):
    """A world whose store lies in a bucket, as do its sources."""

    prefix: str = ""

    @property
    def address(self):
        return f"s3://{BUCKET}/{self.prefix}"

    @property
    def store(self):
        return open_store(self.address)


@pytest.fixture(scope="module")
def weed(tmp_path_factory):
    """A server of one's own; boto3 finds it in this process too."""
    mortal = Mortal(tmp_path_factory.mktemp("weed"))
    mortal.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ(mortal).items():
            patch.setenv(name, value)
        yield mortal
    mortal.kill()


def environ(weed):
    """No cache: every read is one of the server."""
    return {**weed.server.environ, "KEEPFIT_CACHE": ""}


def run(world, weed, warm, *words):
    return warm.run(world, *words, KEEPFIT_STORE=world.address, **environ(weed))


def deliver(weed, *months):
    for month in months:
        name = f"delivered/visits/2020-{month:02d}.csv"
        weed.client.put_object(Bucket=BUCKET, Key=name, Body=visits(2020, month).encode())


def new_world(folder, prefix):
    world = OnS3(folder, prefix=prefix)
    world.write("configs/visits.yaml", DELIVERED)
    return world


@pytest.fixture(scope="module")
def history(tmp_path_factory, weed, warm):
    """A use case whose first version is champion, in a bucket, and the next month's data have come."""
    deliver(weed, 1, 2)
    world = new_world(tmp_path_factory.mktemp("history"), "history")
    ended = run(world, weed, warm, "run", "visits", "--json", "--as-of", FIRST)
    assert (ended.code, ended.answer["champion"]) == (0, 1), ended.err
    deliver(weed, 3)
    return world


@pytest.fixture
def world(history, weed, tmp_path):
    return copy(history, weed, tmp_path)


def copy(history, weed, folder):
    """The same history under another prefix."""
    world, client = new_world(folder, f"store-{secrets.token_hex(4)}"), weed.client
    for key in weed.objects(f"{history.prefix}/"):
        source, name = {"Bucket": BUCKET, "Key": key}, key.replace(history.prefix, world.prefix, 1)
        client.copy_object(Bucket=BUCKET, Key=name, CopySource=source)
    return world


@pytest.fixture(scope="module")
def from_files(tmp_path_factory, warm):
    """What the same two runs give with a folder for a store and files for a source."""
    world = World(tmp_path_factory.mktemp("files")).tiny()
    for moment in (FIRST, SECOND):
        ended = warm.run(world, *COMMAND[:-1], moment)
        assert (ended.code, ended.answer["released"]) == (0, True), ended.err
    return told(ended.answer), predictions(world)


def told(answer):
    """An answer without what names the place of the data: config and digest of the version; and what took how long."""
    measured = {name: value for name, value in answer["measured"].items() if name not in TOOK}
    return {name: value for name, value in answer.items() if name not in {"digest", "report"}} | {"measured": measured}


def predictions(world):
    """The bytes of what each version's files answer about the newest holdout."""
    store = world.store
    memos = [unwrap(store.read(key), key) for key in store.list("visits/runs/")]
    splits = [parse(bytes(memo.record), Split) for memo in memos if memo.stage == "split"]
    division = max(splits, key=lambda split: split.holdout_until)
    table = read_snapshot(store, "visits", division.snapshot).filter(sides_of(store, division) == HOLDOUT)
    found = []
    for digest in state(world)[1]:
        scorer = score.load(store, manifest(store, "visits", digest).files)
        with one_thread():
            found.append(scorer.predict(from_table(table, scorer.encoding.kinds)).tobytes())
    assert len(found[0]) >= 8 * division.holdout > 0
    return found


def run_through(world, weed, warm, moments, outage=OUTAGE):
    """A run, during which the server is killed at each of these moments; and the longest time (s) that it was away.

    It comes back after an outage, as soon as this machine lets it; an outage of None ends with the run. A moment is a
    stage, whose body has just ended (its answer is to be written next), or seconds from the start.
    """
    told_of = world.folder / "told"
    told_of.unlink(missing_ok=True)
    with ThreadPoolExecutor(1) as pool:  # the server lives and dies with this thread: it starts it
        running = pool.submit(run, world, weed, warm, *COMMAND)
        try:
            away = [0.0]
            for moment in moments:
                wait_for(moment, told_of, running)
                start = time.monotonic()
                weed.kill()
                time.sleep(outage) if outage is not None else running.exception(PATIENCE)
                weed.start()
                away.append(time.monotonic() - start)
            return running.result(PATIENCE), max(away)
        except BaseException:
            weed.kill()
            weed.start()
            raise


def wait_for(moment, told_of, running):
    if isinstance(moment, float):
        return time.sleep(moment)
    deadline = time.monotonic() + PATIENCE
    while f"computed {moment}" not in lines_of(told_of):
        assert not running.done(), running.result().err
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return None


def see_that_it_is_as_from_files(world, weed, warm, ended, from_files, before=()):
    assert ended.code == 0, ended.err
    assert told(ended.answer) == from_files[0]
    assert predictions(world) == from_files[1]
    verified = run(world, weed, warm, "verify", "--json")
    assert (verified.code, verified.answer["ok"], verified.answer["checked"]["versions"]) == (0, True, 2), verified.out
    see_no_secret(world, weed, warm, ended, verified, *before)


def see_no_secret(world, weed, warm, *ended):
    """In no object, no mark of one, no output, no file of the run, and nothing that Prefect knows of it."""
    for one in ended:
        assert CANARY not in (one.out + one.err + "".join(one.told)).encode()
    for key in weed.objects(f"{world.prefix}/"):
        answer = weed.client.get_object(Bucket=BUCKET, Key=key)
        assert CANARY not in str(answer["Metadata"]).encode() + key.encode()
        assert CANARY not in answer["Body"].read(), key
    files = [path for folder in (world.folder, warm.world.folder) for path in folder.rglob("*") if path.is_file()]
    for path in files:
        assert CANARY not in path.read_bytes(), path
    known = known_to_prefect(warm)
    assert b"visits as of" in known
    assert CANARY not in known


def known_to_prefect(warm):
    key = b64encode(warm.server["PREFECT_API_AUTH_STRING"].encode()).decode()
    headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}
    found = b""
    for kind in ("flow_runs", "task_runs", "artifacts", "logs"):
        with urlopen(Request(f"{warm.server['PREFECT_API_URL']}/{kind}/filter", b"{}", headers)) as answer:
            found += answer.read()
    return found


def see_that_it_ends(ended, away, world, weed, warm, from_files):
    """At once, or, on a machine that took too long to start the server, with a clear error and when run again."""
    if away >= WAITED_FOR and ended.code:
        see_a_clear_error(ended, weed, world)
        ended = run(world, weed, warm, *COMMAND)
    see_that_it_is_as_from_files(world, weed, warm, ended, from_files)


def see_a_clear_error(ended, weed, world):
    """Exit code 4; bucket, key and attempts are named."""
    assert (ended.code, ended.out) == (4, ""), ended.err
    host = re.escape(weed.server.host)
    assert re.search(rf"s3://{BUCKET}/({world.prefix}|delivered)/[^ ]* at {host} as …1234\n", ended.err), ended.err
    assert re.search(r"\b[1-9][0-9]* attempts? in [0-9.]+ s", ended.err), ended.err
    assert "run the same command again" in ended.err
    assert "Traceback" not in ended.err


def test_a_server_that_comes_back_in_time_costs_nothing_but_time(world, weed, warm, from_files):
    ended, away = run_through(world, weed, warm, ("parse", "train", "register"))
    if away < WAITED_FOR:
        assert ours(ended.computed) == list(STAGES)
    see_that_it_ends(ended, away, world, weed, warm, from_files)


def test_a_server_that_stays_away_is_a_clear_error_and_the_same_command_goes_on(world, weed, warm, from_files):
    see_that_it_goes_on_after("train", world, weed, warm, from_files)


@pytest.mark.soak
@pytest.mark.parametrize("stage", NOT_TRIED_AGAIN)
def test_a_server_that_stays_away_in_other_stages(stage, world, weed, warm, from_files):
    see_that_it_goes_on_after(stage, world, weed, warm, from_files)


def see_that_it_goes_on_after(stage, world, weed, warm, from_files):
    failed, _ = run_through(world, weed, warm, (stage,), outage=None)
    see_a_clear_error(failed, weed, world)
    assert state(world)[0] == 1
    again = run(world, weed, warm, *COMMAND)
    first = STAGES.index(ours(again.computed)[0])
    assert first - STAGES.index(stage) in {0, 1}  # its answer may just have been kept when the server was killed
    assert ours(again.remembered)[:first] == list(STAGES[:first])
    assert ours(again.computed) == list(STAGES[first:])
    see_that_it_is_as_from_files(world, weed, warm, again, from_files, [failed])


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(12))
def test_killed_at_random_moments(seed, world, weed, warm, from_files):
    chosen = random.Random(seed)
    outage = chosen.choice([0.0, 1.0, 3.0])
    moments = [chosen.uniform(0.3, 3.0) for _ in range(chosen.randint(1, 3))]
    ended, away = run_through(world, weed, warm, moments, outage)
    see_that_it_ends(ended, away, world, weed, warm, from_files)


def test_a_session_token_is_nowhere(tmp_path, warm):
    """SeaweedFS knows no session tokens; Moto takes any."""
    with s3_servers.moto(tmp_path) as server:
        moto = Served(server)
        world = new_world(tmp_path / "world", "tokens")
        deliver(moto, 1, 2)
        words = ("run", "visits", "--json", "--as-of", FIRST)
        ended = warm.run(world, *words, KEEPFIT_STORE=world.address, **environ(moto), AWS_SESSION_TOKEN=TOKEN)
        assert ended.code == 0, ended.err
        see_no_secret(world, moto, warm, ended)
