"""One conformance suite for every store, and what only a directory can suffer."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepfit.errors import ConfigError, Exists, InfrastructureError, IntegrityError, Missing
from keepfit.records import sha256
from keepfit.store import Directory, get, open_store, publish, put

STORES = {"directory": lambda tmp_path: open_store(str(tmp_path / "new" / "store"))}


@pytest.fixture(params=sorted(STORES))
def store(request, tmp_path):
    return STORES[request.param](tmp_path)


def test_what_was_created_is_read(store):
    store.create("a/b.json", b"\x00bytes")
    assert store.read("a/b.json") == b"\x00bytes"


def test_an_empty_value_is_a_value(store):
    store.create("empty", b"")
    assert store.read("empty") == b""


def test_nothing_is_ever_overwritten(store):
    store.create("a/b.json", b"first")
    with pytest.raises(Exists, match=r"b\.json"):
        store.create("a/b.json", b"second")
    assert store.read("a/b.json") == b"first"


def test_a_missing_key_says_which(store):
    with pytest.raises(Missing, match=r"use_case/versions/x\.json"):
        store.read("use_case/versions/x.json")


def test_a_folder_is_no_key(store):
    store.create("a/b", b"")
    for key in ("a", "a/b/c"):
        with pytest.raises(Missing):
            store.read(key)


def test_an_empty_store_lists_nothing(store):
    assert store.list("") == []
    assert store.list("flights/ledger/", limit=1) == []


def test_list_is_sorted_by_prefix_and_limited(store):
    for key in ("u/ledger/3", "u/ledger/1", "u/ledger/2", "u/ledgers", "v/ledger/0"):
        store.create(key, b"")
    assert store.list("u/ledger/") == ["u/ledger/1", "u/ledger/2", "u/ledger/3"]
    assert store.list("u/ledger/", limit=1) == ["u/ledger/1"]
    assert store.list("u/led") == ["u/ledger/1", "u/ledger/2", "u/ledger/3", "u/ledgers"]
    assert store.list("u/ledger/2") == ["u/ledger/2"]
    assert store.list("w") == []


parts = st.text("ab0_-.", min_size=1, max_size=3).filter(lambda part: not part.startswith("."))
keys = st.lists(parts, min_size=1, max_size=3).map("/".join)


@settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.sets(keys, max_size=8), prefix=keys, number=st.integers(0, 10**9))
def test_list_is_what_sorting_the_keys_gives(tmp_path, wanted, prefix, number):
    store = open_store(str(tmp_path / f"{number}-{sha256(repr(sorted(wanted)).encode())}"))
    there = {key for key in wanted if not any(other.startswith(f"{key}/") for other in wanted)}
    for key in there:
        publish(store, key, b"")
    assert store.list("") == sorted(there)
    assert store.list(prefix) == sorted(key for key in there if key.startswith(prefix))
    assert store.list("", 2) == sorted(there)[:2]


@pytest.mark.parametrize(
    "key",
    [
        *(
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "/a",
            ".hidden",
            "a/.tmp",
            "A",
            "a b",
            "a\x00",
            "a\n",
            "ä",
            "~",
        ),
        *("a\\b", "x" * 300, "/".join("x" * 30)),
    ],
)
def test_what_cannot_be_a_key_touches_no_file(store, key):
    for act in (lambda: store.read(key), lambda: store.create(key, b"")):
        with pytest.raises(ConfigError, match="cannot be a key"):
            act()
    assert store.list("") == []


def test_of_many_writers_one_wins(store):
    start = threading.Barrier(8)
    won = []

    def write(name):
        start.wait()
        for number in range(10):
            try:
                store.create(f"race/{number}", name)
            except Exists:
                continue
            won.append((number, name))

    threads = [threading.Thread(target=write, args=(f"writer {i}".encode(),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number, _ in won) == list(range(10))
    assert all(store.read(f"race/{number}") == name for number, name in won)


def test_an_object_is_found_by_its_digest(store):
    assert put(store, b"model") == sha256(b"model")
    assert put(store, b"model") == sha256(b"model")
    assert get(store, sha256(b"model")) == b"model"


def test_an_altered_object_is_not_handed_out(store):
    store.create(f"objects/{sha256(b'model')}", b"other")
    with pytest.raises(IntegrityError) as raised:
        get(store, sha256(b"model"))
    problem = raised.value.problems[0]
    assert f"objects/{sha256(b'model')}" in problem.where
    assert sha256(b"model") in problem.expected
    assert sha256(b"other") in problem.found


def test_publishing_the_same_twice_is_fine_and_something_else_is_not(store):
    publish(store, "a/b", b"one")
    publish(store, "a/b", b"one")
    with pytest.raises(IntegrityError, match="a/b"):
        publish(store, "a/b", b"two")
    assert store.read("a/b") == b"one"


# What only a directory can suffer.


def test_opening_makes_nothing(tmp_path):
    store = open_store(str(tmp_path / "store"))
    assert store.list("") == []
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("address", ["s3://bucket/prefix", "gs://bucket", "", "  "])
def test_an_address_that_is_no_directory_is_a_config_error(address):
    with pytest.raises(ConfigError) as raised:
        open_store(address)
    assert raised.value.exit_code == 2


def test_s3_is_refused_in_words(tmp_path):
    with pytest.raises(ConfigError, match="this build keeps its store in a directory"):
        open_store("s3://bucket/prefix")


def test_a_file_is_no_store(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="not a directory"):
        open_store(str(tmp_path / "file"))


def test_the_address_leads_back_to_the_store_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store("store")
    store.create("a", b"1")
    monkeypatch.chdir("/")
    assert open_store(store.address).read("a") == b"1"


def test_leftovers_of_a_killed_writer_are_never_listed(tmp_path):
    store = open_store(str(tmp_path))
    store.create("u/ledger/1", b"")
    (tmp_path / "u/ledger/.0123456789abcdef.tmp").write_bytes(b"half")
    assert store.list("") == ["u/ledger/1"]
    assert store.list("u/ledger/", 1) == ["u/ledger/1"]


def test_no_temporary_file_remains(tmp_path):
    store = open_store(str(tmp_path))
    store.create("a/b", b"")
    with pytest.raises(Exists):
        store.create("a/b", b"")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


class Failing(Directory):
    """A directory whose disk fails when a file is to be published."""

    def __init__(self, root: Path, number: int) -> None:
        super().__init__(root)
        self.number = number

    def _publish(self, temporary: Path, path: Path) -> None:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO])
def test_a_failing_disk_is_told_with_path_and_room(tmp_path, number):
    with pytest.raises(InfrastructureError) as raised:
        Failing(tmp_path, number).create("u/ledger/1", b"x" * 1234)
    problem = raised.value.problems[0]
    assert raised.value.exit_code == 4
    assert os.strerror(number) in problem.what
    assert problem.where == str(tmp_path / "u/ledger/1")
    assert "1,234 bytes" in problem.expected
    assert "bytes free" in problem.found
    assert problem.do
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_in_the_way_of_a_folder_is_an_infrastructure_error(tmp_path):
    store = open_store(str(tmp_path))
    store.create("a", b"")
    with pytest.raises(InfrastructureError, match="cannot write"):
        store.create("a/b", b"")


FULL = """
import sys
from keepfit.errors import InfrastructureError
from keepfit.store import open_store, put
store = open_store(sys.argv[1] + "/store")
small = put(store, b"small")
try:
    put(store, b"x" * 2_000_000)
except InfrastructureError as error:
    print(error)
print(store.list("") == ["objects/" + small])
"""


def test_a_full_disk_keeps_what_was_there(tmp_path):
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs user namespaces, to mount a small disk")
    (tmp_path / "fill.py").write_text(FULL)
    (tmp_path / "disk").mkdir()
    done = subprocess.run(
        [*namespace, "sh", "-c", f"mount -t tmpfs -o size=1m none disk && {sys.executable} fill.py disk"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert "No space left on device" in done.stdout
    assert "2,000,000 bytes free" in done.stdout
    assert done.stdout.endswith("True\n")
