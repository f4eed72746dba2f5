"""A server process of one version, and a connection to it."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from keepfit.errors import InfrastructureError, IntegrityError, Problem
from keepfit.records import Manifest, Seat, canonical, digest_of, sha256
from keepfit.registry.versions import manifest_key
from keepfit.serving.lone import DEADLINE, STORE, Job
from keepfit.store import Directory, Store, get, object_key

START = 300.0  # seconds for the first answer: a large model takes its time to load
PATIENCE = 2 * DEADLINE  # seconds for any other
LEAVE = 5.0  # seconds until a process that was told to end is killed
NUMBER = 0  # of a version that has none yet
_NOT_SERVED = {"naive"}
_SAID = 2_000  # characters of what the process wrote
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Lone:
    """A running server, asked over one connection that stays open."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, token: str, log: Path, started: float) -> None:
        self.started = started
        self._process, self._log = process, log
        self._connection = HTTPConnection("127.0.0.1", port, timeout=START)
        self._headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """Status and JSON of an answer; a POST where there is a body.

        Raises
        ------
        InfrastructureError
            The process has ended, or did not answer in time or in HTTP.
        IntegrityError
            It has refused the version.
        """
        try:
            self._connection.request("GET" if body is None else "POST", path, body, self._headers)
            response = self._connection.getresponse()
            said = response.status, msgspec.json.decode(response.read())
        except (OSError, HTTPException, msgspec.DecodeError) as error:
            raise self._failed(error) from error
        if self._connection.sock is not None:
            self._connection.sock.settimeout(PATIENCE)
        return said

    def memory(self) -> int | None:
        """Bytes that the process holds resident; None where the system does not say."""
        with suppress(OSError, ValueError, IndexError):
            pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1]
            return int(pages) * os.sysconf("SC_PAGE_SIZE")
        return None

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _failed(self, error: Exception) -> InfrastructureError | IntegrityError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LEAVE)  # it may be about to end
        code = self._process.poll()
        said = self._log.read_text(encoding="utf-8", errors="replace").strip()[-_SAID:]
        if code == IntegrityError.exit_code:
            return IntegrityError(Problem("a server refuses the new version", "measure", found=said, did=_DID))
        how = f"{type(error).__name__}: {error}" if code is None else _ended(code)
        return InfrastructureError(
            Problem(
                "the new version could not be measured: its server did not answer",
                where="measure",
                expected="answers over HTTP on this machine",
                found="\n".join(filter(None, [how, said])),
                did=_DID,
                do="run the same command again; it continues here",
            )
        )


_DID = "judged and registered nothing; the champion stays"


def _ended(code: int) -> str:
    return f"it was ended by signal {-code}" if code < 0 else f"it ended with exit code {code}"


@contextmanager
def lone(store: Store, manifest: Manifest) -> Iterator[Lone]:
    """A server of the version that the manifest describes, on a port of its own of the loopback.

    Its files are copied to a folder that is gone at the end; only who holds a token made up here is answered.

    Raises
    ------
    InfrastructureError
        The folder cannot be written, or the process cannot be started.
    """
    with _scratch() as folder:
        seat = Seat(number=NUMBER, digest=digest_of(manifest))
        _copy(store, manifest, seat, Directory(folder / STORE))
        token, log = secrets.token_hex(16), folder / "log"
        job = Job(folder=str(folder), use_case=manifest.use_case, seat=seat, token=sha256(token.encode()))
        with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as errors:
            port, started = listener.getsockname()[1], perf_counter()
            process = _started(listener, errors.fileno())
        server = Lone(process, port, token, log, started)
        try:
            _tell(process, job)
            yield server
        finally:
            server.close()
            _end(process)


@contextmanager
def _scratch() -> Iterator[Path]:
    try:
        with tempfile.TemporaryDirectory(prefix="keepfit-measure-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    except OSError as error:
        where = tempfile.gettempdir()
        raise InfrastructureError(
            Problem("the new version could not be measured", where, found=str(error), did=_DID)
        ) from error


def _copy(store: Store, manifest: Manifest, seat: Seat, target: Directory) -> None:
    """What a server reads: where there is a compiled form that is not the trained one."""
    unread = _NOT_SERVED | ({"model"} if "compiled" in manifest.files else set())
    for role, digest in manifest.files.items():
        if role not in unread:
            target.create(object_key(digest), get(store, digest))
    target.create(manifest_key(manifest.use_case, seat.digest), canonical(manifest))


def _started(listener: socket.socket, errors: int) -> "subprocess.Popen[bytes]":
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | _ONE_THREAD
    number = listener.fileno()
    words = [sys.executable, "-P", "-m", "keepfit.serving.lone", str(number)]
    return subprocess.Popen(  # noqa: S603 - our own words
        words, stdin=subprocess.PIPE, stdout=errors, stderr=errors, pass_fds=[number], env=environ
    )


def _tell(process: "subprocess.Popen[bytes]", job: Job) -> None:
    assert process.stdin
    with suppress(BrokenPipeError):  # whoever asks it hears that it has ended, and why
        process.stdin.write(canonical(job) + b"\n")
        process.stdin.flush()


def _end(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(LEAVE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
