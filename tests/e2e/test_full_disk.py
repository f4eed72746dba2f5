"""A run whose disk fills up: one block, exit code 4, the champion stays, and with room again the command completes."""

import contextlib
import shutil
import subprocess

import pytest
from journeys import FIRST, SECOND, World, lasting, state

COMMAND = ("run", "visits", "--json", "--as-of", SECOND)


@pytest.fixture(scope="module")
def history(tmp_path_factory, warm):
    world = World(tmp_path_factory.mktemp("history")).tiny()
    assert warm.run(world, "run", "visits", "--as-of", FIRST).code == 0
    return world


@pytest.fixture
def small(history, tmp_path):
    """That world, with its store on a file system of 8 MB."""
    world = World(tmp_path / "world")
    shutil.copytree(history.work, world.work, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".keepfit"))
    world.store.root.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(world.store.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False) if shutil.which("mount") else None
    if done is None or done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip() if done else 'no mount'}")
    try:
        shutil.copytree(history.store.root, world.store.root, dirs_exist_ok=True)
        yield world
    finally:
        subprocess.run(["umount", "--lazy", str(world.store.root)], check=True)


def fill(folder, room):
    """Leave ``room`` bytes; the file that takes the rest."""
    filler = folder / ".filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    with filler.open("r+b") as file:
        file.truncate(filler.stat().st_size - room)
    return filler


def test_a_run_on_a_disk_that_fills_up(small, history, warm, tmp_path):
    before = state(small)
    for room in (0, 60_000):
        filler = fill(small.store.root, room)
        ended = warm.run(small, *COMMAND)
        assert (ended.code, ended.out) == (4, ""), ended.err
        block = ended.err[ended.err.index("error  ") :]
        for told in ("No space left on device", str(small.store.root), "bytes free", "free space"):
            assert told in block
        assert "Traceback" not in ended.err
        assert state(small) == before
        filler.unlink()
    again = warm.run(small, *COMMAND)
    assert again.code == 0, again.err
    undisturbed = World(tmp_path / "undisturbed")
    shutil.copytree(history.work, undisturbed.work, dirs_exist_ok=True)
    assert lasting(again.answer) == lasting(warm.run(undisturbed, *COMMAND).answer)
    assert state(small) == state(undisturbed)
