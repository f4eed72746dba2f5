"""What every store promises; a class of tests per store derives from this one and gives the fixture ``store``.

A key that is the folder of another key is left out: a directory cannot have both, and Keepfit never asks for it.
"""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from keepfit.errors import ConfigError, Exists, IntegrityError, Missing
from keepfit.records import sha256
from keepfit.store import get, get_many, open_store, publish, put

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024

NO_KEYS = [
    *(
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a/./b",
        "a//b",
        "a/",
        "/a",
        ".hidden",
        "a/.tmp",
        "A",
        "a b",
        "a\x00",
        "a\n",
    ),
    *("ä", "~", "a\\b", "a%2fb", "a?b", "a#b", "a+b", "a:b", "*", "é", "e\u0301", "ⅷ", "\u202ea", "a\ufeff", "\ud800"),
    *("x" * 300, "/".join("x" * 30), "/".join(["x" * 200] * 5)),
]
KEYS = [
    *("a", "0", "-", "_", "a.", "a..b", "-a/-", "b/b/c", "con", "index.html", "a.tmp", "-rf", "_a.b-c"),
    *("x" * 200, "/".join("x" * 16), f"{'y' * 200}/{'x' * 200}/{'x' * 200}"),
]

WRITER = """
import sys
from keepfit.errors import Exists
from keepfit.store import open_store
store = open_store(sys.argv[1])
sys.stdin.readline()
won = []
for number in range(5):
    try:
        store.create(f"race/{number}", sys.argv[2].encode())
    except Exists:
        continue
    won.append(number)
print(*won)
"""


class Conformance:
    """Given ``store``, empty, and ``open_store(store.address)`` leads back to it from another process."""

    def test_what_was_created_is_read(self, store):
        store.create("a/b.json", b"\x00bytes\xff\r\n")
        assert store.read("a/b.json") == b"\x00bytes\xff\r\n"

    def test_an_empty_value_is_a_value(self, store):
        store.create("empty", b"")
        assert store.read("empty") == b""
        with pytest.raises(Exists):
            store.create("empty", b"more")
        assert store.list("") == ["empty"]

    def test_nothing_is_ever_overwritten(self, store):
        store.create("a/b.json", b"first")
        for other in (b"second", b"first", b""):
            with pytest.raises(Exists, match=r"a/b\.json"):
                store.create("a/b.json", other)
        assert store.read("a/b.json") == b"first"

    def test_a_large_value_is_never_overwritten_either(self, store):
        store.create("large", b"1" * MIB)
        with pytest.raises(Exists):
            store.create("large", b"2" * MIB)
        assert store.read("large") == b"1" * MIB

    def test_a_missing_key_says_which(self, store):
        with pytest.raises(Missing, match=r"use_case/versions/x\.json") as raised:
            store.read("use_case/versions/x.json")
        assert raised.value.exit_code == 4

    def test_a_folder_is_no_key(self, store):
        store.create("a/b", b"")
        for key in ("a", "a/b/c"):
            with pytest.raises(Missing):
                store.read(key)

    def test_an_empty_store_lists_nothing(self, store):
        assert store.list("") == []
        assert store.list("flights/ledger/", limit=1) == []

    def test_list_is_sorted_by_prefix_and_limited(self, store):
        for key in ("u/ledger/3", "u/ledger/1", "u/ledger/2", "u/ledgers", "v/ledger/0"):
            store.create(key, b"")
        assert store.list("u/ledger/") == ["u/ledger/1", "u/ledger/2", "u/ledger/3"]
        assert store.list("u/ledger/", limit=1) == ["u/ledger/1"]
        assert store.list("u/ledger/", limit=3) == store.list("u/ledger/", limit=9) == store.list("u/ledger/")
        assert store.list("u/led") == ["u/ledger/1", "u/ledger/2", "u/ledger/3", "u/ledgers"]
        assert store.list("u/led", limit=2) == ["u/ledger/1", "u/ledger/2"]
        assert store.list("u/ledger/2") == ["u/ledger/2"]
        assert store.list("u/ledger/2", limit=1) == ["u/ledger/2"]
        assert store.list("u/ledger/2/") == []
        assert store.list("w") == []
        assert store.list("", limit=0) == []

    def test_list_is_in_the_order_of_bytes_also_where_folders_and_files_mix(self, store):
        chosen = random.Random(7)
        parts = [a + b for a in "a0_-" for b in ("", "a", "0", "_", "-", ".")]
        for number in range(4):
            drawn = {"/".join(chosen.choices(parts, k=chosen.randint(1, 3))) for _ in range(8)}
            keys = sorted(f"{number}/{key}" for key in drawn if not any(each.startswith(f"{key}/") for each in drawn))
            for key in keys:
                store.create(key, b"")
            assert store.list(f"{number}/") == keys
            for limit in (1, 2, 3, len(keys)):
                assert store.list(f"{number}/", limit) == keys[:limit]
            prefix = keys[0][:3]
            assert store.list(prefix) == [key for key in keys if key.startswith(prefix)]

    @pytest.mark.parametrize("key", NO_KEYS, ids=repr)
    def test_what_cannot_be_a_key_is_refused(self, store, key):
        for act in (lambda: store.read(key), lambda: store.create(key, b"")):
            with pytest.raises(ConfigError, match="cannot be a key"):
                act()

    def test_what_can_be_a_key_is_one_everywhere(self, store):
        for key in KEYS:
            store.create(key, key.encode())
            assert store.read(key) == key.encode()
            assert key in store.list(key)
        assert store.list("") == sorted(KEYS)

    def test_of_many_threads_one_wins(self, store):
        start = threading.Barrier(8)
        won = []

        def write(name):
            start.wait()
            for number in range(5):
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
        assert sorted(number for number, _ in won) == list(range(5))
        assert all(store.read(f"race/{number}") == name for number, name in won)

    def test_of_many_processes_one_wins_and_what_it_wrote_is_there_when_it_has_ended(self, store):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", WRITER, store.address]
        writers = [subprocess.Popen([*command, str(name)], env=environ, **pipes) for name in range(4)]
        for writer in writers:
            writer.stdin.write("\n")
            writer.stdin.flush()
        won = {name: writer.communicate(timeout=60)[0].split() for name, writer in enumerate(writers)}
        assert [writer.returncode for writer in writers] == [0] * 4
        assert sorted(number for numbers in won.values() for number in numbers) == list("01234")
        for name, numbers in won.items():
            assert all(store.read(f"race/{number}") == b"%d" % name for number in numbers)

    def test_what_one_created_another_reads_at_once(self, store):
        other = open_store(store.address)
        store.create("a/b", b"1")
        assert other.read("a/b") == b"1"
        assert other.list("a/") == ["a/b"]
        with pytest.raises(Exists):
            other.create("a/b", b"2")

    def test_an_object_is_found_by_its_digest(self, store):
        assert put(store, b"model") == sha256(b"model")
        assert put(store, b"model") == sha256(b"model")
        assert get(store, sha256(b"model")) == b"model"
        assert store.list("objects/") == [f"objects/{sha256(b'model')}"]

    def test_a_large_object_goes_there_and_back(self, store):
        data = random.Random(1).randbytes(40 * MIB)
        digest = put(store, data)
        assert put(store, data) == digest
        assert get(open_store(store.address), digest) == data

    def test_objects_are_fetched_in_the_order_in_which_they_are_asked_for(self, store):
        wanted = [put(store, b"%d" % number * (1 + number)) for number in range(20)]
        asked = [*reversed(wanted), wanted[3], wanted[3]]
        assert [sha256(data) for data in get_many(store, asked)] == asked
        assert list(get_many(store, [])) == []

    def test_a_missing_object_is_told_when_its_turn_comes(self, store):
        digest = put(store, b"there")
        found = get_many(store, [digest, sha256(b"not there"), digest])
        assert next(found) == b"there"
        with pytest.raises(Missing, match=sha256(b"not there")):
            next(found)

    def test_an_altered_object_is_not_handed_out(self, store):
        store.create(f"objects/{sha256(b'model')}", b"other")
        for read in (get, lambda store, digest: next(get_many(store, [digest]))):
            with pytest.raises(IntegrityError) as raised:
                read(store, sha256(b"model"))
            problem = raised.value.problems[0]
            assert raised.value.exit_code == 6
            assert f"objects/{sha256(b'model')}" in problem.where
            assert sha256(b"model") in problem.expected
            assert sha256(b"other") in problem.found

    def test_publishing_the_same_twice_is_fine_and_something_else_is_not(self, store):
        publish(store, "a/b", b"one")
        publish(store, "a/b", b"one")
        with pytest.raises(IntegrityError, match="a/b"):
            publish(store, "a/b", b"two")
        assert store.read("a/b") == b"one"
