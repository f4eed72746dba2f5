"""What `keepfit up` says before anything is started, and what its children have in common."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from flows.up import command
from flows.up.children import Child
from keepfit.errors import ConfigError, InfrastructureError

CHILD = Path(command.__file__).with_name("child.py")


def test_a_second_one_is_told_who_holds_the_lock_and_the_next_one_gets_it(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "_LOCK_SECONDS", 0.3)
    with command._alone(tmp_path):
        with pytest.raises(ConfigError) as told, command._alone(tmp_path):
            pass
        assert f"process {os.getpid()} holds it" in str(told.value)
    with command._alone(tmp_path):
        pass


def test_a_place_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InfrastructureError, match="file/up") as told, command._alone(tmp_path / "file" / "up"):
        pass
    assert "XDG_STATE_HOME" in told.value.problems[0].do


def test_a_port_that_somebody_has_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InfrastructureError, match=f"--port {port}"), command._listening(port, "--port"):
            pass


def test_a_store_that_cannot_be_used_is_said_at_once_and_a_good_one_is_not(tmp_path, capsys):
    (tmp_path / "file").touch()
    command._look_at(str(tmp_path / "store"))
    command._look_at(str(tmp_path))
    assert capsys.readouterr().err == ""
    command._look_at(str(tmp_path / "file" / "store"))
    assert f"cannot be made: {tmp_path / 'file'} is no folder" in capsys.readouterr().err


def test_a_server_that_dies_is_quoted_without_the_places_of_its_traceback(tmp_path):
    child = Child("server", [], {}, tmp_path / "log")
    assert child.last_words() == []
    child.log.write_text("started\n  File x.py, line 1\n    raise\nOSError: disk full\n    ^^^^\n")
    assert child.last_words() == ["started", "OSError: disk full"]


def test_a_child_hears_ctrl_c_also_where_its_parent_is_deaf_to_it(tmp_path):
    """As a shell's background job is, and what it starts; and Prefect's worker ends by sending itself one."""
    (tmp_path / "ends_itself.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(20)\n"
    )
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", str(CHILD), "ends_itself"],
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # at the end of its input it ends its whole group
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        assert process.wait(15) == -signal.SIGINT
