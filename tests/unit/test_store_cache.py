"""A store with a cache is a store; the cache is never wrong, never too large and never in the way."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from store_conformance import Conformance

from keepfit.errors import ConfigError, IntegrityError, Missing
from keepfit.records import sha256
from keepfit.store import Cached, Directory, get, get_many, object_key, open_store, put, uncached
from keepfit.store.cache import cache_folder


class TestCached(Conformance):
    @pytest.fixture
    def store(self, tmp_path):
        return Cached(Directory(tmp_path / "store"), tmp_path / "cache")


class Counting(Directory):
    """A directory that says what was read."""

    def __init__(self, root):
        super().__init__(root)
        self.reads = []

    def read(self, key):
        self.reads.append(key)
        return super().read(key)


@pytest.fixture
def behind(tmp_path):
    return Counting(tmp_path / "store")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_was_fetched_or_put_once_is_not_fetched_again(behind, folder):
    fetched, here = put(behind, b"fetched"), put(Cached(behind, folder), b"put")
    for _ in range(3):
        store = Cached(behind, folder)  # as another process would open it
        assert list(get_many(store, [fetched, here])) == [b"fetched", b"put"]
        assert store.read(object_key(here)) == b"put"
    assert behind.reads == [object_key(fetched)]


def test_only_objects_are_kept(behind, folder):
    store = Cached(behind, folder)
    store.create("flights/ledger/1.json", b"{}")
    assert store.read("flights/ledger/1.json") == store.read("flights/ledger/1.json") == b"{}"
    assert len(behind.reads) == 2
    assert files(folder) == []


@pytest.mark.parametrize("damage", [b"", b"objecT", b"object and more", None], ids=["empty", "bit", "longer", "gone"])
def test_a_damaged_file_is_fetched_again_and_mended(behind, folder, damage):
    store = Cached(behind, folder)
    digest = put(store, b"object")
    [path] = files(folder)
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    assert get(store, digest) == b"object"
    assert behind.reads == [object_key(digest)]
    assert get(store, digest) == b"object"
    assert len(behind.reads) == 1


def test_an_altered_object_is_not_kept(behind, folder):
    behind.create(object_key(sha256(b"model")), b"other")
    with pytest.raises(IntegrityError):
        get(Cached(behind, folder), sha256(b"model"))
    assert files(folder) == []


def test_without_the_cache_one_sees_what_is_in_the_store(behind, folder, tmp_path):
    store = Cached(behind, folder)
    digest = put(store, b"object")
    (tmp_path / "store" / object_key(digest)).unlink()
    assert get(store, digest) == b"object"
    with pytest.raises(Missing):
        get(uncached(store), digest)
    assert uncached(behind) is behind


def test_it_stays_below_its_limit_and_forgets_what_was_not_used_for_longest(behind, folder):
    store = Cached(behind, folder, limit=10_000)
    digests = [put(store, bytes([number]) * 1000) for number in range(9)]
    for age, path in enumerate(files(folder)):
        os.utime(path, (1000 + age, 1000 + age))
    oldest = files(folder)[0].name
    assert get(store, oldest)  # used now
    behind.reads.clear()
    for number in range(20, 23):
        digests.append(put(store, bytes([number]) * 1000))
        assert sum(path.stat().st_size for path in files(folder)) <= 10_000
    left = {path.name for path in files(folder)}
    assert oldest in left
    assert set(digests[-3:]) <= left
    assert all(get(store, digest) for digest in digests)  # what was forgotten is fetched
    assert sum(path.stat().st_size for path in files(folder)) <= 10_000


def test_what_would_push_everything_else_out_is_not_kept(behind, folder):
    store = Cached(behind, folder, limit=10_000)
    small = put(store, b"small")
    large = put(store, b"x" * 9_000)
    assert len(get(store, large)) == 9_000
    assert [path.name for path in files(folder)] == [small]


def test_what_killed_writers_left_is_removed_in_its_turn(behind, folder):
    store = Cached(behind, folder, limit=10_000)
    put(store, b"x" * 1000)
    [path] = files(folder)
    left = path.with_name(".0123456789abcdef.tmp")
    left.write_bytes(b"x" * 4000)
    os.utime(left, (1000, 1000))
    for number in range(9):
        put(store, bytes([number]) * 1000)
    assert not left.exists()


def test_without_room_or_right_to_write_everything_works(behind, folder):
    folder.write_text("a file where the folder should be")
    store = Cached(behind, folder)
    digest = put(store, b"object")
    assert get(store, digest) == get(store, digest) == b"object"
    assert folder.read_text() == "a file where the folder should be"


def test_a_digest_that_is_a_path_leads_nowhere(behind, folder, tmp_path):
    (tmp_path / "precious").write_text("precious")
    store = Cached(behind, folder)
    for digest in ("../../../precious", f"..{tmp_path}/precious", str(tmp_path / "precious")):
        with pytest.raises(ConfigError, match="cannot be a key"):
            get(store, digest)
    assert (tmp_path / "precious").read_text() == "precious"


def test_many_threads_may_use_one(behind, folder):
    digests = [put(behind, bytes([number]) * 1000) for number in range(30)]
    store = Cached(behind, folder, limit=12_000)
    wrong = []

    def take():
        wrong.extend(
            digest for digest, data in zip(digests, get_many(store, digests), strict=True) if sha256(data) != digest
        )

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert sum(path.stat().st_size for path in files(folder)) <= 12_000


FULL = """
import sys
from pathlib import Path
from keepfit.store import Cached, Directory, get, put
store = Cached(Directory(Path(sys.argv[1])), Path("disk/cache"))
small = put(store, b"small")
large = put(store, b"x" * 2_000_000)
print(len(get(store, small)), len(get(store, large)), len(list(Path("disk").rglob("*.tmp"))))
"""


def test_a_full_disk_is_no_reason_to_fail(tmp_path):
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs user namespaces, to mount a small disk")
    (tmp_path / "fill.py").write_text(FULL)
    (tmp_path / "disk").mkdir()
    done = subprocess.run(
        [*namespace, "sh", "-c", f"mount -t tmpfs -o size=1m none disk && {sys.executable} fill.py store"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout == "5 2000000 0\n"


def test_where_it_lies(monkeypatch, tmp_path):
    assert cache_folder({"HOME": "/home/ada", "XDG_CACHE_HOME": "/var/c"}) == Path("/var/c/keepfit")
    assert cache_folder({"HOME": "/home/ada"}).is_relative_to("/home/ada")
    assert cache_folder({"HOME": "/home/ada", "KEEPFIT_CACHE": " "}) is None
    assert cache_folder({}) is None
    monkeypatch.setenv("KEEPFIT_CACHE", str(tmp_path))
    assert isinstance(open_store("s3://bucket/prefix"), Cached)
    assert isinstance(open_store(str(tmp_path)), Directory)
    monkeypatch.setenv("KEEPFIT_CACHE", "")
    assert not isinstance(open_store("s3://bucket/prefix"), Cached)
