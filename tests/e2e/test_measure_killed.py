"""A server that dies while the new version is measured: told as it is, nothing judged, and the next run goes on."""

import contextlib
import threading

import psutil
from journeys import SECOND, World, state

COMMAND = ("run", "visits", "--json", "--as-of", SECOND)


def server_of(world):
    """The process that is being measured, once it is there."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "keepfit.serving.lone" in process.cmdline() and process.environ()["TMPDIR"] == str(world.temporary):
                return process
    return None


def test_a_server_that_is_killed_while_it_is_measured(tmp_path, warm):
    world, over, killed = World(tmp_path).tiny(), threading.Event(), []

    def kill():
        while not over.is_set() and not killed:
            if (process := server_of(world)) is not None:
                process.kill()
                killed.append(process.pid)

    killer = threading.Thread(target=kill)
    killer.start()
    ended = warm.run(world, *COMMAND)
    over.set()
    killer.join()
    assert killed
    assert (ended.code, ended.out) == (4, "")
    assert "the new version could not be measured" in ended.err
    assert "signal 9" in ended.err
    assert "the champion stays" in ended.err
    assert "Traceback" not in ended.err
    assert state(world) == (None, [])

    again = warm.run(world, *COMMAND)
    assert again.code == 0, again.err
    assert again.computed[:1] == ["measure"]
    assert again.answer["measured"]["over"] == "http"
    assert list(world.temporary.glob("keepfit-measure-*")) == []
