"""What only a bucket can promise: whom it trusts, what it asks, what it says, and what it never says."""

import logging
import os
import secrets
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import s3_servers
from chaos_proxy import chaos
from s3_servers import ACCESS_KEY, BUCKET, READER, SECRET_KEY, Server

import keepfit.store.bucket
from keepfit.errors import ConfigError, Denied, Exists, InfrastructureError, IntegrityError
from keepfit.ledger import append
from keepfit.records import Draft, Seat, sha256
from keepfit.registry import verify
from keepfit.store import Bucket, Cached, get, get_many, object_key, open_store, publish, put

ROOT = Path(__file__).parents[2]
TOKEN = "canary-token-77b1"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def proxy(weed):
    """SeaweedFS, through something that counts."""
    with chaos(weed.url) as proxy:
        yield proxy


@pytest.fixture
def store(proxy, new_bucket):
    store = new_bucket(Server(proxy.url))
    store.create("first", b"1")
    proxy.set()
    return store


def name_of(store, key):
    return f"{store.address}/{key}".removeprefix(f"s3://{BUCKET}/")


# Whom it trusts.


def test_a_server_that_ignores_conditions_is_refused_before_anything_is_written(rclone, new_bucket):
    store = new_bucket(rclone)
    for _ in range(2):
        with pytest.raises(Denied, match="ignores create-only writes") as raised:
            store.create("flights/ledger/1.json", b"{}")
    assert raised.value.exit_code == 4
    assert store.address in raised.value.problems[0].where
    assert store.list("") == []


def test_reading_asks_no_server_for_a_probe(proxy, new_bucket):
    proxy.set()
    store = new_bucket(Server(proxy.url))
    assert store.list("") == []
    with pytest.raises(InfrastructureError):
        store.read("a")
    assert [request.split()[0] for request in proxy.requests] == ["GET", "GET"]


def test_the_probe_is_seen_by_nobody_and_comes_once_in_a_process(store, proxy):
    store.create("second", b"2")
    assert len(proxy.requests) == 1
    assert store.list("") == ["first", "second"]
    assert store.list("", 1) == ["first"]
    proxy.set()
    other = Bucket(BUCKET, store.address.removeprefix(f"s3://{BUCKET}/"))
    other.create("third", b"3")
    assert len(proxy.requests) == 3  # it was looked at in full before, and is tried once more
    assert verify(other).ok


# What it asks.


def test_an_append_takes_three_requests(store, proxy):
    for number in (1, 2):
        proxy.set()
        append(store, "flights", lambda _, number=number: drafted(number))
    assert [request.split()[0] for request in proxy.requests] == ["GET", "GET", "PUT"]


def drafted(number):
    version = Seat(number=number, digest=f"{number:064x}")
    at = datetime(2013, 4, 1, tzinfo=UTC)
    return Draft(action="registered", actor="ada", reason="…", at=at, outcome="pass", version=version)


def test_the_first_of_many_keys_takes_one_request_for_one_key(store, proxy):
    for number in range(3):
        store.create(f"u/ledger/{number}.json", b"")
    proxy.set()
    assert store.list("u/ledger/", 1) == ["u/ledger/0.json"]
    [request] = proxy.requests
    assert "max-keys=1&" in request


def test_a_long_list_comes_in_pages(store, proxy, monkeypatch):
    monkeypatch.setattr(keepfit.store.bucket, "PAGE", 7)
    keys = [f"u/{number:02d}" for number in range(20)]
    for key in keys:
        store.create(key, b"")
    proxy.set()
    assert store.list("u/") == keys
    assert len(proxy.requests) == 3
    assert store.list("u/", 9) == keys[:9]


def test_what_is_there_already_is_not_sent_again(store, proxy):
    put(store, b"x" * MIB)
    proxy.set()
    put(store, b"x" * MIB)
    assert [request.split()[0] for request in proxy.requests] == ["HEAD"]


def test_large_objects_go_in_parts_and_everything_else_at_once(store, weed):
    data = os.urandom(17 * MIB)
    digest = put(store, data)
    store.create("large", data)
    client = s3_servers.client(weed)
    tags = [client.head_object(Bucket=BUCKET, Key=name_of(store, key))["ETag"] for key in (object_key(digest), "large")]
    assert [tag.partition("-")[2] for tag in tags] == ['3"', ""]
    assert get(store, digest) == store.read("large") == data
    with pytest.raises(Exists):
        store.create(object_key(digest), data)


# What it says.


def test_a_right_that_is_missing_is_named(weed, store, aws, monkeypatch):
    aws(weed)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", READER)
    reader = open_store(store.address)
    assert reader.read("first") == b"1"
    with pytest.raises(Denied, match="refuses to write: 403 AccessDenied") as raised:
        reader.create("a", b"")
    problem = raised.value.problems[0]
    assert "s3:PutObject" in problem.expected
    assert problem.where.endswith(f"at {weed.host} as …5678")
    assert "did not try again" in problem.did
    assert reader.list("") == ["first"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("AWS_ACCESS_KEY_ID", "AKIANOBODY", "InvalidAccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "wrong", "SignatureDoesNotMatch"),
    ],
)
def test_credentials_that_are_wrong_are_told_and_not_tried_again(proxy, aws, monkeypatch, name, value, code):
    aws(Server(proxy.url))
    monkeypatch.setenv(name, value)
    proxy.set()
    with pytest.raises(Denied, match=code) as raised:
        open_store(f"s3://{BUCKET}/x").read("a")
    assert raised.value.problems[0].do
    assert len(proxy.requests) == 1


def test_a_bucket_that_is_not_there_is_told_plainly(moto, weed, aws):
    for server in (moto, weed):
        aws(server)
        store = open_store("s3://no-such-bucket/x")
        for call in (lambda store=store: store.read("a"), lambda store=store: store.create("a", b"")):
            with pytest.raises(Denied, match="there is no bucket no-such-bucket"):
                call()


def test_without_credentials_there_is_no_request(proxy, aws, monkeypatch):
    aws(Server(proxy.url))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    proxy.set()
    with pytest.raises(Denied, match="no credentials"):
        open_store(f"s3://{BUCKET}/x").list("")
    assert proxy.requests == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL_S3", "http://ada:canary@127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_S3", "no url"),
        ("AWS_PROFILE", "nobody"),
    ],
)
def test_settings_that_cannot_be_used_are_a_mistake_of_the_configuration(weed, aws, monkeypatch, name, value):
    aws(weed)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as raised:
        open_store(f"s3://{BUCKET}/x").list("")
    assert raised.value.exit_code == 2
    assert "canary" not in str(raised.value)


def test_endpoint_and_credentials_come_from_a_profile_too(proxy, aws, monkeypatch, tmp_path, store):
    aws(Server(proxy.url))
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.delenv(name)
    (tmp_path / "config").write_text(
        f"[profile other]\nendpoint_url = {proxy.url}\naws_access_key_id = {ACCESS_KEY}\n"
        f"aws_secret_access_key = {SECRET_KEY}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "other")
    proxy.set()
    assert open_store(store.address).read("first") == b"1"
    [request] = proxy.requests
    assert request == f"GET /{BUCKET}/{name_of(store, 'first')}"  # the bucket in the path, not in the host


# What is in the bucket.


def test_what_others_put_there_is_read(weed, store):
    s3_servers.client(weed).put_object(Bucket=BUCKET, Key=name_of(store, "theirs"), Body=b"theirs")
    assert store.read("theirs") == b"theirs"
    assert store.list("t") == ["theirs"]


def test_what_was_altered_behind_our_back_is_refused(weed, store):
    client = s3_servers.client(weed)
    digest = put(store, b"object")
    for key in ("first", object_key(digest)):
        marks = client.head_object(Bucket=BUCKET, Key=name_of(store, key))["Metadata"]
        client.put_object(Bucket=BUCKET, Key=name_of(store, key), Body=b"other", Metadata=marks)
    for read in (lambda: store.read("first"), lambda: get(store, digest), lambda: list(get_many(store, [digest]))):
        with pytest.raises(IntegrityError, match="not what was written") as raised:
            read()
        assert raised.value.exit_code == 6
        assert sha256(b"other") in raised.value.problems[0].found
        assert "5 attempts" in raised.value.problems[0].did
    with pytest.raises(IntegrityError):
        publish(store, "first", b"1")


def test_folders_that_a_console_made_are_no_keys(weed, store):
    client = s3_servers.client(weed)
    for name in ("made/", "made/in/", ".hidden/x"):
        client.put_object(Bucket=BUCKET, Key=name_of(store, name), Body=b"")
    assert store.list("") == ["first"]


def test_verify_looks_at_the_bucket_and_not_at_the_cache(weed, store, tmp_path):
    cached = Cached(store, tmp_path)
    digest = put(cached, b"object")
    s3_servers.client(weed).put_object(Bucket=BUCKET, Key=name_of(store, object_key(digest)), Body=b"other")
    assert get(cached, digest) == b"object"
    verified = verify(cached)
    assert not verified.ok
    assert object_key(digest) in verified.problems[0].where


# What it never says.

EVERYTHING = """
import logging, sys, traceback
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
from keepfit.store import open_store, put, get
print(open_store(sys.argv[1]))
for address in sys.argv[1:]:
    store = open_store(address)
    for call in (
        lambda: store.create("a", b"1"), lambda: store.create("a", b"2"), lambda: print(store.read("a")),
        lambda: get(store, put(store, b"x" * 17_000_000)), lambda: print(store.list("")), lambda: store.read("none"),
    ):
        try:
            call()
        except Exception as error:
            traceback.print_exc()
            print(repr(error), vars(store))
print("the end")
"""


@pytest.mark.parametrize(
    ("name", "change", "works"),
    [
        ("weed", {}, True),
        ("weed", {"AWS_ACCESS_KEY_ID": READER}, False),
        ("weed", {"AWS_SESSION_TOKEN": TOKEN}, False),
        ("moto", {"AWS_SESSION_TOKEN": TOKEN}, True),
    ],
)
def test_no_secret_is_in_any_output(request, aws, tmp_path, name, change, works):
    server = request.getfixturevalue(name)
    aws(server)
    address = f"s3://{BUCKET}/{secrets.token_hex(4)}"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "KEEPFIT_CACHE": str(tmp_path), **change}
    command = [sys.executable, "-c", EVERYTHING, address, "s3://no-such-bucket/x"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    said = done.stdout + done.stderr
    assert "the end" in said
    assert "DEBUG" in said
    assert "canary" not in said
    client = s3_servers.client(server)
    prefix = address.removeprefix(f"s3://{BUCKET}/")
    objects = client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    assert (len(objects) > 3) == works
    for found in objects:
        answer = client.get_object(Bucket=BUCKET, Key=found["Key"])
        assert "canary" not in str(answer["Metadata"])
        assert b"canary" not in answer["Body"].read()


@pytest.mark.parametrize("flags", [[], ["--debug"]], ids=["", "debug"])
def test_no_secret_is_in_what_the_command_line_says(weed, aws, monkeypatch, tmp_path, flags):
    aws(weed)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    keepfit = Path(sys.executable).with_name("keepfit")
    command = [keepfit, "verify", "flight_delay", *flags, "--store", f"s3://{BUCKET}/x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert ("Traceback" in done.stderr) == bool(flags)
    assert f"s3://{BUCKET}/x/flight_delay/ledger/ at {weed.host} as …1234" in done.stderr
    assert "canary" not in done.stdout + done.stderr


def test_the_loggers_of_others_are_left_alone(weed, store):
    assert logging.getLogger().level != logging.ERROR
    assert logging.getLogger("botocore").level == logging.WARNING  # below, it logs the tokens of what it signs
    assert logging.getLogger("boto3").level == logging.NOTSET
