"""Servers that speak S3, on free ports of the loopback; each ends with the process that started it, in any case."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

BIN = Path(sys.executable).parent
BUCKET = "keepfit"
ACCESS_KEY = "AKIAKEEPFITCANARY1234"
READER = "AKIAKEEPFITREADER5678"
SECRET_KEY = "canary-secret-3f9a1c"  # appears in no output: tests look for it
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Server:
    """Where one listens."""

    url: str

    @property
    def environ(self):
        """What boto3 needs to find it, and nothing of the machine."""
        return environ_for(self.url)

    @property
    def host(self):
        return self.url.removeprefix("http://")


def environ_for(url):
    return {
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def client(server, **settings):
    """A client of boto3, for what a store does not do: buckets, deleting, overwriting."""
    import boto3
    from botocore.config import Config

    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 3}, max_pool_connections=32)
    known = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY, "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=server.url, config=config, **{**known, **settings})


@contextmanager
def weed(folder, ports=()):
    """SeaweedFS; the access key ``READER`` may only read and list.

    It ends by SIGKILL; with the same folder and ``ports`` it comes back as it was.
    """
    identities = folder / "s3.json"
    writer = _identity("writer", ACCESS_KEY, SECRET_KEY, "Admin", "Write")
    identities.write_text(json.dumps({"identities": [writer, _identity("reader", READER, SECRET_KEY)]}))
    data = folder / "weed"
    data.mkdir(exist_ok=True)
    master, volume, filer, s3, admin = ports or free_ports(5, beside=10_000)
    words = [
        *(f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-webdav=false"),
        *("-admin.ui=false", "-volume.preStopSeconds=0", f"-master.port={master}", f"-volume.port={volume}"),
        *(f"-filer.port={filer}", f"-s3.port={s3}", f"-admin.port={admin}", "-s3.port.iceberg=0"),
        *("-s3.port.lance=0", f"-s3.config={identities}", f"-bucket={BUCKET}"),
    ]
    with _running([str(BIN / "weed"), "mini", *words], folder):
        server = Server(f"http://127.0.0.1:{s3}")
        _wait(f"{server.url}/healthz")
        _wait_until(lambda: client(server).head_bucket(Bucket=BUCKET))
        yield server


@contextmanager
def moto(folder):
    """Moto's server, which keeps all in memory and asks nobody who they are."""
    [port] = free_ports(1)
    with _running([sys.executable, str(Path(__file__).with_name("moto_in_turn.py")), str(port)], folder):
        server = Server(f"http://127.0.0.1:{port}")
        _wait(f"{server.url}/moto-api/")
        client(server).create_bucket(Bucket=BUCKET)
        yield server


@contextmanager
def rclone(folder):
    """A server that says yes to every conditional write: the store that lies."""
    [port] = free_ports(1)
    data = folder / "rclone"
    (data / BUCKET).mkdir(parents=True)
    where = ["--addr", f"127.0.0.1:{port}", "--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--config", os.devnull]
    with _running([str(BIN / "rclone"), "serve", "s3", str(data), *where], folder):
        server = Server(f"http://127.0.0.1:{port}")
        _wait(server.url)
        yield server


def free_ports(number, beside=0):
    """Ports that nobody listens on, nor on the same plus ``beside``; below those that the system hands out itself."""
    sockets, found = [], []
    candidates = iter(range(11_000 + os.getpid() % 9_000, 22_000))
    while len(found) < number:
        port = next(candidates)
        try:
            for each in {port, port + beside}:
                taken = socket.socket()
                sockets.append(taken)
                taken.bind(("127.0.0.1", each))
        except OSError:
            continue
        found.append(port)
    for taken in sockets:
        taken.close()
    return found


def _identity(name, access, secret, *actions):
    credentials = [{"accessKey": access, "secretKey": secret}]
    return {"name": name, "credentials": credentials, "actions": [*actions, "Read", "List", "Tagging"]}


def _end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


@contextmanager
def _running(command, folder):
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 (one call into the C library, no lock of Python's)
        )
    try:
        yield
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
    finally:
        process.kill()  # what it holds is of no use to anybody
        process.wait()


def _wait(url):
    def answers():
        try:
            urlopen(url, timeout=2).close()
        except HTTPError as error:
            error.close()

    _wait_until(answers)


def _wait_until(call):
    from botocore.exceptions import BotoCoreError, ClientError

    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return call()
        except (URLError, OSError, BotoCoreError, ClientError):
            if time.monotonic() > end:
                raise
        time.sleep(0.1)
