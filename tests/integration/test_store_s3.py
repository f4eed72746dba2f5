"""Buckets of two servers are stores like any other."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from store_conformance import Conformance


class TestSeaweedFS(Conformance):
    @pytest.fixture
    def store(self, weed, new_bucket):
        return new_bucket(weed)


class TestMoto(Conformance):
    @pytest.fixture
    def store(self, moto, new_bucket):
        return new_bucket(moto)


HOST = """
import sys
from pathlib import Path
import s3_servers
with s3_servers.weed(Path(sys.argv[1])), s3_servers.moto(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_servers_end_with_who_started_them_also_after_kill_9(tmp_path):
    command = [sys.executable, "-c", HOST, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=Path(__file__).parent, **pipes) as host:
        assert host.stdout.readline() == b"ready\n"
        servers = psutil.Process(host.pid).children(recursive=True)
        assert {"moto" in " ".join(server.cmdline()) for server in servers} == {True, False}  # and SeaweedFS
        host.send_signal(signal.SIGKILL)
        host.wait(10)
    assert psutil.wait_procs(servers, timeout=10)[1] == []
