"""Disks that are full, read-only or not ours, too few open files, a clock that jumps back.

Each time: one block that says what, where, what was needed and what is there; exit code 4; the champion as it was; a
store that verifies. And when the cause is gone, the same command does what it was asked.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from history_world import ran

from keepfit.errors import InfrastructureError
from keepfit.ledger import entries
from keepfit.registry import show, verify
from keepfit.store import Directory

ROOT = Path(__file__).parents[2]
PROMOTE = ("promote", "flights", "3", "--reason", "the numbers are good", "--actor", "ada")
NO_CAPABILITIES = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")  # root that obeys permissions

# When a command that is refused has imported everything, no further file can be opened.
NO_MORE_FILES = """
import contextlib, io, os, resource, sys
from flows.cli import main
with contextlib.redirect_stderr(io.StringIO()):
    for _ in range(2):  # the command line itself imports more when it meets what the first one has loaded
        with contextlib.suppress(SystemExit):
            main(["promote", "flights", "0", "--reason", "none", *sys.argv[-2:]])
used = max(int(name) for name in os.listdir("/proc/self/fd"))
resource.setrlimit(resource.RLIMIT_NOFILE, (used, used))
main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Two champions, the newer of which serves, and a challenger that a person may promote."""
    store = Directory(tmp_path_factory.mktemp("disks") / "store")
    for number, outcome in ((1, "pass"), (2, "pass"), (3, "not_enough_evidence")):
        ran(store, number, outcome)
    return store.root


@pytest.fixture
def store(history, tmp_path):
    return Directory(shutil.copytree(history, tmp_path / "store"))


@contextlib.contextmanager
def mounted(folder):
    """A file system of 1 MB."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False) if shutil.which("mount") else None
    if done is None or done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip() if done else 'no mount'}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small(history, tmp_path):
    """The store on a file system of its own that can be filled and remounted."""
    with mounted(tmp_path / "small") as folder:
        yield Directory(shutil.copytree(history, folder / "store"))


def keepfit(store, *words, before=(), program=("-m", "flows.cli"), **environ):
    command = [*before, sys.executable, *program, *words, "--store", str(store.root)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environ}
    environ.pop("KEEPFIT_STORE", None)
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)


def see_one_block(ended, *told):
    """Exit code 4, nothing on stdout, one block on stderr that says all of this."""
    assert (ended.returncode, ended.stdout) == (4, ""), ended
    assert ended.stderr.count("error  ") == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    for text in told:
        assert re.search(text, ended.stderr), (text, ended.stderr)


def see_that_nothing_happened(store, history):
    assert verify(store).problems == ()
    assert show(store, "flights") == keepfit_shown(store, history)


def keepfit_shown(store, history):
    from msgspec.structs import replace

    return replace(show(Directory(history), "flights"), store=store.address)


def see_that_it_works_now(store):
    ended = keepfit(store, *PROMOTE)
    assert ended.returncode == 0, ended
    assert show(store, "flights").champion == 3
    assert verify(store).problems == ()


def fill(folder):
    """Leave no byte free; the file that takes the room."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return filler


def test_a_full_disk(small, history):
    filler = fill(small.root.parent)
    see_one_block(
        keepfit(small, *PROMOTE),
        "No space left on device",
        rf"where +{small.root}/flights/ledger/\d{{12}}\.json",
        r"expected +[\d,]+ bytes free",
        rf"found +0 bytes free at {small.root}",
        "do +free space",
    )
    with pytest.raises(InfrastructureError, match="bytes free"):
        ran(small, 4)
    see_that_nothing_happened(small, history)
    filler.unlink()
    see_that_it_works_now(small)


def test_a_disk_that_fills_up_on_the_way(small, history):
    """At each write of a run there is room for one more than the time before."""
    root, champions = small.root.parent, []
    for room in range(0, 25):
        filler = fill(root)
        os.truncate(filler, filler.stat().st_size - 4096 * room)
        try:
            champions.append(ran(small, 4).champion)
        except InfrastructureError as error:
            assert "No space left" in str(error)
            champions.append(show(small, "flights").champion)
        assert verify(small).problems == ()
        filler.unlink()
    assert champions == sorted(champions)
    assert set(champions) == {2, 4}
    assert [entry.action for entry in entries(small, "flights", 2)] == ["promoted", "registered"]
    assert len(entries(small, "flights")) == len(entries(Directory(history), "flights")) + 2


def test_a_disk_that_is_mounted_for_reading(small, history):
    mount = str(small.root.parent)
    subprocess.run(["mount", "-o", "remount,ro", mount], check=True)
    see_one_block(keepfit(small, *PROMOTE), "Read-only file system", rf"where +{small.root}/", "do +mount the file")
    for words in (("show", "flights"), ("verify",)):
        assert keepfit(small, *words).returncode == 0
    see_that_nothing_happened(small, history)
    subprocess.run(["mount", "-o", "remount,rw", mount], check=True)
    see_that_it_works_now(small)


def obeying():
    """What a command is preceded by so that permissions count for it."""
    if os.getuid():
        return ()
    if not shutil.which("setpriv") or subprocess.run([*NO_CAPABILITIES, "true"], check=False).returncode:
        pytest.skip("root cannot be made to obey permissions here: no setpriv")
    return NO_CAPABILITIES


@pytest.mark.parametrize(
    ("mode", "told"), [(0o500, r"cannot write to the store.*Permission denied"), (0o000, "Permission denied")]
)
def test_a_folder_that_is_not_ours(store, history, mode, told):
    ledger = store.root / "flights/ledger"
    ledger.chmod(mode)
    ended = keepfit(store, *PROMOTE, before=obeying())
    ledger.chmod(0o755)
    see_one_block(ended, told, rf"where +{ledger}")
    see_that_nothing_happened(store, history)
    see_that_it_works_now(store)


def test_a_file_that_is_not_ours(store, history):
    (model,) = (path for path in (store.root / "objects").iterdir() if path.read_bytes() == b"model 3")
    model.chmod(0)
    ended = keepfit(store, *PROMOTE, before=obeying())
    model.chmod(0o644)
    see_one_block(ended, "cannot read the store: Permission denied", rf"where +{model}")
    see_that_nothing_happened(store, history)
    see_that_it_works_now(store)


def test_a_place_where_no_store_can_be_made(tmp_path, history):
    outer = tmp_path / "outer"
    outer.mkdir(mode=0o500)
    store = Directory(outer / "store")
    assert keepfit(store, "show", "flights").returncode == 0
    program = f"from history_world import ran; from keepfit.store import open_store; ran(open_store('{store.root}'), 1)"
    command = [*obeying(), sys.executable, "-c", program]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests/unit")])}
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert "InfrastructureError: cannot write to the store: Permission denied" in ended.stderr
    assert f"bytes free at {outer}" in ended.stderr
    outer.chmod(0o755)
    assert ran(store, 1).champion == 1


def test_too_many_open_files(store, history):
    ended = keepfit(store, *PROMOTE, program=("-c", NO_MORE_FILES))
    see_one_block(ended, "the store: Too many open files", rf"where +{store.root}")
    see_that_nothing_happened(store, history)
    see_that_it_works_now(store)


@pytest.mark.skipif(not shutil.which("faketime"), reason="no faketime here: apt-get install faketime")
def test_a_clock_that_jumps_back(store):
    """History is ordered by its numbers, whatever the clock says; what is told keeps the clock's word."""
    for moment, words in (
        ("2031-06-01 12:00:00", PROMOTE),
        ("2009-06-01 12:00:00", ("rollback", "flights", "--reason", "the doors were swapped")),
        ("2019-06-01 12:00:00", ("disable", "flights", "--reason", "for a day")),
    ):
        ended = keepfit(store, *words, before=("faketime", moment), TZ="UTC")
        assert ended.returncode == 0, ended
    newest = entries(store, "flights", 3)
    assert [(entry.action, entry.at.year) for entry in newest] == [
        ("disabled", 2019),
        ("rolled_back", 2009),
        ("promoted", 2031),
    ]
    assert verify(store).problems == ()
    assert [line.seq for line in show(store, "flights").ledger] == list(range(8, 0, -1))
    assert keepfit(store, "show", "flights", before=("faketime", "2001-01-01")).returncode == 0
    see_that_it_works_now(store)
