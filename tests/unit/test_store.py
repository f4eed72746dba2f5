"""A directory is a store; and what only a directory can suffer."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_conformance import Conformance

from keepfit.errors import ConfigError, Exists, InfrastructureError
from keepfit.records import sha256
from keepfit.store import Directory, open_store, publish


class TestDirectory(Conformance):
    @pytest.fixture
    def store(self, tmp_path):
        return open_store(str(tmp_path / "new" / "store"))


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


# What only a directory can suffer.


def test_opening_makes_nothing(tmp_path):
    store = open_store(str(tmp_path / "store"))
    assert store.list("") == []
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "address", ["gs://bucket", "", "  ", "s3://", "s3://B", "s3://bucket/a//b", "s3://bucket/../a"]
)
def test_an_address_that_is_no_store_is_a_config_error(address):
    with pytest.raises(ConfigError) as raised:
        open_store(address)
    assert raised.value.exit_code == 2


def test_opening_a_bucket_asks_nobody_and_imports_no_client():
    program = (
        "import sys; from keepfit.store import open_store; print(open_store('s3://bucket/some/prefix/').address);"
        "open_store('.').list(''); print({'boto3', 'botocore'} & {*sys.modules})"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["s3://bucket/some/prefix", "set()"]


def test_a_password_in_an_address_is_refused_and_not_repeated():
    for address in ("s3://key:canary@bucket/prefix", "https://key:canary@host/bucket"):
        with pytest.raises(ConfigError) as raised:
            open_store(address)
        assert "canary" not in str(raised.value)


def test_a_bucket_that_lists_in_no_order_is_refused():
    with pytest.raises(ConfigError, match="in order"):
        open_store("s3://fast--usw2-az1--x-s3")


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
