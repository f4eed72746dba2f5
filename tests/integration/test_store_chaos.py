"""Between Keepfit and S3 goes wrong what can: no wrong byte is accepted, keys are created once, all ends in time."""

import random
import secrets
import threading
from contextlib import contextmanager, suppress
from functools import partial
from time import monotonic

import pytest
import s3_servers
from chaos_proxy import FAULTS, Fault, chaos
from s3_servers import BUCKET, Server

import keepfit.store.bucket
from keepfit.errors import Denied, Exists, InfrastructureError, IntegrityError, Missing
from keepfit.records import sha256
from keepfit.store import Delivered, get, object_key, open_store
from keepfit.store.attempts import Patience

SECONDS = 2.0
PATIENCE = {"seconds": SECONDS, "silence": 0.3, "connect": 0.3}
ABORT = 2.0  # seconds that an upload may take to be taken back
SLACK = 1.5  # and that a busy machine may add
AT = {"delay": 0.2, "reset request": 700, "reset answer": 90, "truncate": 90, "flip request": 90, "flip answer": 90}
AT |= {"drop": 0, "status": 503, "silence": 0, "drip": 0.05}
KINDS = sorted(FAULTS.keys() - {"none"})
HARMLESS = {"delay"}
SMALL, PARTED = b"small " * 200, b"large " * 40_000


@pytest.fixture(scope="module")
def proxy(weed):
    with chaos(weed.url) as proxy:
        yield proxy


@pytest.fixture
def parted(monkeypatch):
    """Objects of 200 kB are large enough to be sent in parts."""
    monkeypatch.setattr(keepfit.store.bucket, "PARTS_FROM", 200_000)


@pytest.fixture(scope="module")
def probed():
    return []


@pytest.fixture
def store(proxy, new_bucket, parted, probed):
    """A store behind the proxy, shared by the tests of this file."""
    proxy.set()
    if not probed:
        store = new_bucket(Server(proxy.url), **PATIENCE)
        store.create("here", SMALL)
        store.create(object_key(sha256(PARTED)), PARTED)
        probed.append(store)
    proxy.set()
    yield probed[0]
    proxy.set()


@pytest.fixture
def empty(proxy, new_bucket, parted):
    """A store of one's own behind the proxy; it has not probed."""
    proxy.set()
    yield new_bucket(Server(proxy.url), **PATIENCE)
    proxy.set()


@contextmanager
def in_time(more=0.0):
    start = monotonic()
    yield
    assert monotonic() - start < SECONDS + SLACK + more


def faults(kind, times=1, methods=()):
    return [Fault(kind, AT[kind], methods)] * times


def name_of(store, key):
    return f"{store.address}/{key}"


def delivered(store):
    """What lies in the store as somebody else's files."""
    found = Delivered(BUCKET, Patience(attempts=5, pause=0.01, **PATIENCE))
    vars(found)["_s3"] = store._s3
    return found, store.address.removeprefix(f"s3://{BUCKET}/")


def source(store):
    found, prefix = delivered(store)
    with found.fetched(f"{prefix}/here") as copy:
        assert (copy.digest, copy.object.size) == (sha256(SMALL), len(SMALL))
        return copy.file.read()


def sources(store):
    found, prefix = delivered(store)
    return [each.key.removeprefix(f"{prefix}/") for each in found.objects(f"{prefix}/he")]


READS = {
    "read": (lambda store: store.read("here"), SMALL, "here"),
    "object": (lambda store: get(store, sha256(PARTED)), PARTED, object_key(sha256(PARTED))),
    "list": (lambda store: store.list("he"), ["here"], "he"),
    "source": (source, SMALL, "here"),
    "sources": (sources, ["here"], "he"),
}
LISTS = {"list", "sources"}
# A list has no checksum: whether a bit that flips in it is noticed depends on the bit (see keepfit/store/bucket.py).
FLIPPED_LIST = {("flip answer", what) for what in LISTS}


@pytest.mark.parametrize(
    ("kind", "what"),
    [(kind, what) for kind in KINDS for what in READS if kind != "drip" and (kind, what) not in FLIPPED_LIST],
)
def test_one_fault_costs_a_second_attempt_and_nothing_else(store, proxy, kind, what):
    read, expected, _ = READS[what]
    proxy.set(*faults(kind))
    with in_time():
        assert read(store) == expected
    assert len(proxy.requests) == (1 if kind in HARMLESS | {"flip request"} else 2)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (kind, what)
        for kind in KINDS
        for what in READS
        if kind not in HARMLESS | {"flip request"} and (kind, what) not in FLIPPED_LIST
    ],
)
def test_a_fault_that_stays_ends_in_time_and_says_where_and_how_often(store, proxy, kind, what):
    read, expected, key = READS[what]
    proxy.set(*faults(kind, 50))
    with in_time(), pytest.raises((InfrastructureError, IntegrityError)) as raised:
        read(store)
    problem = raised.value.problems[0]
    altered = kind in {"truncate", "flip answer"} and what not in LISTS
    assert raised.value.exit_code == (6 if altered else 4)
    assert problem.where.startswith(f"{name_of(store, key)} at {proxy.url.removeprefix('http://')} as …1234")
    assert f"{len(proxy.requests)} attempt" in str(problem)
    assert len(proxy.requests) == 5 or kind in {"drip", "silence"}
    proxy.set()
    assert read(store) == expected


def new(what):
    """A key that nobody has used, and what is to lie there."""
    data = secrets.token_bytes(16) * (60 if what == "small" else 20_000)
    return object_key(sha256(data)) if what == "parts" else f"new/{secrets.token_hex(6)}", data


STEPS = {"small": ["PUT"], "large": ["HEAD", "PUT"], "parts": ["HEAD", "POST", "PUT", "POST"]}
CREATES = sorted(STEPS)
EACH = [(what, step) for what, steps in STEPS.items() for step in range(len(steps))]


@pytest.mark.parametrize(("what", "step"), EACH)
@pytest.mark.parametrize("kind", KINDS)
def test_a_create_survives_one_fault_in_any_of_its_requests(store, proxy, weed, kind, what, step):
    key, data = new(what)
    proxy.set(*[Fault("none")] * step, *faults(kind))
    with in_time():
        try:
            store.create(key, data)
        except InfrastructureError:
            assert kind == "drip"  # that alone takes longer than there is
    proxy.set()
    settled(store, weed, key, data)


@pytest.mark.parametrize("what", CREATES)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in HARMLESS])
def test_a_create_that_fails_is_settled_by_the_same_call(store, proxy, weed, kind, what):
    key, data = new(what)
    proxy.set(*faults(kind, 50, ("PUT", "POST")))
    with in_time(ABORT):
        try:
            store.create(key, data)
        except InfrastructureError as error:
            where = f"{name_of(store, key)} at {proxy.url.removeprefix('http://')} as …1234"
            assert error.problems[0].where == where
            assert " attempt" in error.problems[0].found
            assert not isinstance(error, Exists)
        else:  # there is no body to damage, or it takes no time
            assert kind in {"reset answer", "truncate", "flip answer", "drip"}
    proxy.set()
    settled(store, weed, key, data)


def settled(store, weed, key, data):
    """Whatever happened: the same call makes it so, the key is there once and whole, and nothing half is left."""
    with suppress(Exists):
        store.create(key, data)
    with pytest.raises(Exists):
        store.create(key, b"other" * 60_000)
    assert store.read(key) == data
    assert store.list(key) == [key]
    client = s3_servers.client(weed)
    for upload in client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
        if upload["Key"].endswith(key):  # an upload whose beginning was answered to nobody: it has no parts
            left = {"Bucket": BUCKET, "Key": upload["Key"], "UploadId": upload["UploadId"]}
            assert "Parts" not in client.list_parts(**left)


@pytest.mark.parametrize("what", CREATES)
def test_a_lost_answer_is_our_own_success_and_no_conflict(store, proxy, what):
    key, data = new(what)
    before = STEPS[what][:-1]
    proxy.set(*[Fault("none")] * len(before), *faults("drop"))
    store.create(key, data)
    assert store.read(key) == data


def test_another_writer_of_the_same_bytes_is_a_conflict_also_if_answers_are_lost(store, proxy):
    key, data = new("small")
    store.create(key, data)
    proxy.set(*faults("drop"))
    with pytest.raises(Exists):
        store.create(key, data)


def test_an_upload_that_is_said_to_be_complete_and_is_not_is_completed_again(store, proxy):
    key, data = new("parts")
    proxy.set(*[Fault("none")] * 3, Fault("status", 200))
    store.create(key, data)
    assert store.read(key) == data


@pytest.mark.parametrize("kind", ["silence", "status", "reset request"])
@pytest.mark.parametrize("step", [2, 3], ids=["part", "completion"])
def test_an_upload_that_fails_is_taken_back(store, proxy, weed, kind, step):
    key, data = new("parts")
    proxy.set(*[Fault("none")] * step, *faults(kind, 5))
    with in_time(ABORT), pytest.raises(InfrastructureError):
        store.create(key, data)
    assert proxy.requests[-1].startswith("DELETE")
    uploads = s3_servers.client(weed).list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    assert not [upload for upload in uploads if upload["Key"].endswith(key)]
    assert store.list(key) == []


def test_an_upload_does_not_replace_what_came_meanwhile(store, proxy, weed):
    key, data = new("parts")
    proxy.set(*[Fault("none")] * 2, Fault("delay", 0.2))
    name = name_of(store, key).removeprefix(f"s3://{BUCKET}/")
    put = partial(s3_servers.client(weed).put_object, Bucket=BUCKET, Key=name, Body=b"theirs")
    thread = threading.Timer(0.05, put)
    thread.start()
    with pytest.raises(Exists):
        store.create(key, data)
    thread.join()
    assert s3_servers.client(weed).get_object(Bucket=BUCKET, Key=name)["Body"].read() == b"theirs"
    assert sorted(request.split()[0] for request in proxy.requests[-2:]) == ["DELETE", "HEAD"]


def test_an_upload_that_vanishes_is_begun_again(store, proxy, weed):
    key, data = new("parts")
    proxy.set(*[Fault("none")] * 2, Fault("delay", 0.25))
    client = s3_servers.client(weed)

    def vanish():
        upload = None
        while upload is None:
            found = client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
            upload = next((each for each in found if each["Key"].endswith(key)), None)
        client.abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])

    thread = threading.Thread(target=vanish)
    thread.start()
    store.create(key, data)
    thread.join()
    assert store.read(key) == data


def test_of_writers_that_all_lose_answers_one_wins(proxy, empty):
    empty.create("a", b"")
    for number in range(6):
        chosen = random.Random(number)
        proxy.set(*[chosen.choice([Fault("none"), Fault("drop"), Fault("status", 503)]) for _ in range(8)])
        won = []

        def write(name, number=number, won=won):
            try:
                empty.create(f"race/{number}", b"%d" % name)
            except Exists:
                return
            won.append(name)

        threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        proxy.set()
        assert [b"%d" % name for name in won] == [empty.read(f"race/{number}")]


@pytest.mark.parametrize("what", [*READS, *CREATES])
def test_what_is_forbidden_is_asked_once(store, proxy, what):
    if what in READS:
        call, right = READS[what][0], "s3:ListBucket"
    else:
        call, right = lambda store: store.create(*new(what)), "s3:PutObject"
    proxy.set(*[Fault("status", 403)] * 20)
    with pytest.raises(Denied) as raised:
        call(store)
    assert len(proxy.requests) == 1
    assert "403" in raised.value.problems[0].found
    assert right in raised.value.problems[0].expected
    assert "…1234" in raised.value.problems[0].do


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(store, proxy, status):
    proxy.set(*[Fault("status", status)] * 3)
    assert store.read("here") == SMALL
    key, data = new("small")
    proxy.set(*[Fault("status", status)] * 3)
    store.create(key, data)
    assert store.read(key) == data


def test_a_server_that_is_not_there_is_named(new_bucket):
    [port] = s3_servers.free_ports(1)
    store = new_bucket(Server(f"http://127.0.0.1:{port}"), **PATIENCE)
    for call in (lambda: store.read("a"), lambda: store.create("a", b""), lambda: store.list("")):
        with in_time(), pytest.raises(InfrastructureError, match=f"no connection(?s:.*)at 127.0.0.1:{port}"):
            call()


def test_what_breaks_while_the_server_is_probed_does_not_make_it_unfit(proxy, new_bucket):
    for kind in ("drop", "status", "reset request", "flip request"):
        proxy.set(*[Fault("none"), Fault(kind, AT[kind])] * 4)
        store = new_bucket(Server(proxy.url), **PATIENCE)
        store.create("a", b"1")
        proxy.set()
        assert store.read("a") == b"1"


@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_of_faults_leaves_what_a_dictionary_would_hold(empty, proxy, seed):
    store, chosen = empty, random.Random(seed)
    store.create("here", SMALL)
    model = {"here": SMALL}
    for number in range(25):
        size = chosen.choice([0, 10, 5_000, 250_000])
        data = chosen.randbytes(size)
        key = object_key(sha256(data)) if chosen.random() < 0.4 else f"k/{chosen.randint(0, 12)}"
        operation = chosen.choice(["create", "create", "read", "list"])
        kinds = [kind for kind in KINDS if kind != "drip" and not (operation == "list" and kind == "flip answer")]
        proxy.set(*[some_fault(chosen, kinds) for _ in range(chosen.randint(0, 7))])
        with in_time(ABORT):
            OPERATIONS[operation](store, proxy, model, key, data)
        assert len(proxy.requests) < 50, number
    proxy.set()
    assert store.list("") == sorted(model)
    assert all(store.read(key) == data for key, data in model.items())


def some_fault(chosen, kinds):
    kind = chosen.choice([*kinds, "none"])
    status = chosen.choice([403, 429, 500, 502, 503, 504])
    bytes_ = chosen.choice([0, 1, 100, 100_000])
    return Fault(kind, {"status": status, "delay": 0.05, "silence": 0}.get(kind, bytes_))


def create(store, proxy, model, key, data):
    try:
        store.create(key, data)
    except Exists:
        assert key in model
    except InfrastructureError:
        proxy.set()
        if key not in model:
            with suppress(Exists):
                store.create(key, data)
            model[key] = data
    else:
        assert key not in model
        model[key] = data


def read(store, proxy, model, key, _data):
    try:
        assert store.read(key) == model[key]
    except Missing:
        assert key not in model
    except (InfrastructureError, IntegrityError):
        assert proxy.requests


def listed(store, proxy, model, key, _data):
    try:
        assert store.list("k/") == sorted(each for each in model if each.startswith("k/"))
    except (InfrastructureError, IntegrityError):
        assert proxy.requests


OPERATIONS = {"create": create, "read": read, "list": listed}


def test_the_address_of_a_store_behind_a_proxy_leads_back_to_it(store, proxy, aws):
    aws(Server(proxy.url))
    assert open_store(store.address).read("here") == SMALL
