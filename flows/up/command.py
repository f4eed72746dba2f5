"""``keepfit up``: what is started, in which order, with which settings, and what is said."""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import msgspec

from flows.deploy.command import absolute_store, deployed, loaded_cases
from flows.doctor.machine import store as look_at_store
from flows.problems import show_problems
from flows.server import HEARTBEAT, configured, defaults, loopback
from flows.up.children import Child, keep, stop
from keepfit.config import Loaded
from keepfit.errors import ConfigError, InfrastructureError, Problem
from keepfit.records import digest_of

POOL = "keepfit"
READY_SECONDS = 120.0
_LOCK_SECONDS = 15.0  # how long a killed `up` may still be ending

# What the server is told wherever the user has not said otherwise: only its own pages may ask it, a lock outlives a
# restart, and a run that waits for another of its use case looks again soon.
_SERVER = {
    "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION": "60",  # of one killed before it begins; then 300
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "5",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}
_WORKER = {HEARTBEAT: "60", "PREFECT_WORKER_QUERY_SECONDS": "2", "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore"}


class Addresses(msgspec.Struct, frozen=True):
    """Where everything is."""

    prefect: str
    scoring: str
    store: str
    logs: str
    use_cases: tuple[str, ...]


def up(use_cases: Sequence[str], store: str | None, port: int, prefect_port: int, *, as_json: bool) -> int:
    """Start everything, say where it is, keep it until a signal comes, and stop it."""
    cases = loaded_cases(use_cases, Path.cwd())
    address = absolute_store(store)
    ending = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    home = _home(os.environ, address)
    with _alone(home), _listening(prefect_port, "--prefect-port") as listener:
        with _listening(port, "--port") as taken:
            scoring_port: int = taken.getsockname()[1]
        children = _children(cases, address, home, listener, scoring_port)
        try:
            _start(children, cases, address, ending, listener, all_of_them=not use_cases)
            if not ending.is_set():
                where = _addresses(cases, address, home, listener, scoring_port)
                _say(msgspec.json.encode(where).decode() if as_json else _text(where))
                keep(children, ending, _warn)
        finally:
            _warn("stopping")
            stop(children)
    return 0


def _start(
    children: Sequence[Child],
    cases: Sequence[Loaded],
    store: str,
    ending: Event,
    listener: socket.socket,
    *,
    all_of_them: bool,
) -> None:
    """Server first, since the others need it; then what it holds, then the rest."""
    worker, scoring, server = children
    _warn("starting Prefect's server; the first time takes half a minute")
    server.start()
    _look_at(store)
    _wait_ready(server, f"http://127.0.0.1:{listener.getsockname()[1]}/api/health", ending)
    if ending.is_set():
        return
    plan = deployed(cases, store, POOL, Path.cwd(), all_of_them=all_of_them)
    changed = sum(each.did != "unchanged" for each in plan.changes)
    _warn(f"deployed {len(cases)} use cases: {changed} of {len(plan.changes)} deployments and automations changed")
    worker.start()
    scoring.start()


def _look_at(store: str) -> None:
    """Say where the store cannot be used; it may be so again soon, and what this machine has of it is served."""
    _, found = look_at_store(store)
    bad = [each for each in found if each.health == "fail"]
    problems = [
        Problem(
            "the store cannot be used",
            where=store,
            expected="a place that answers, and takes new files",
            found=each.found,
            did="started all the same: what this machine has a copy of is served, runs fail until it is there",
            do=each.do,
        )
        for each in bad
    ]
    if problems:
        show_problems(InfrastructureError(*problems))


def _children(
    cases: Sequence[Loaded], store: str, home: Path, listener: socket.socket, scoring_port: int
) -> tuple[Child, Child, Child]:
    """The worker, the scoring service and the server; in the order in which they are stopped."""
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    os.environ.update({"PREFECT_API_URL": f"{origin}/api", **loopback(os.environ)})
    os.environ.update(_unsaid(_WORKER, os.environ))
    os.environ.update(defaults(os.environ))
    common = dict(os.environ) | {"PYTHONUNBUFFERED": "1"}
    own = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_UI_API_URL": f"{origin}/api",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),
        **_unsaid({**_SERVER, "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": origin}, os.environ),
    }
    serving = {name: value for name, value in common.items() if name != "PREFECT_API_URL"} | own
    names = [case.use_case.name for case in cases]
    return (
        Child(
            "worker",
            ["prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", _worker_name(),
             "--install-policy", "never"],
            common, home / "worker.log",
        ),
        Child(
            "scoring service",
            ["flows.cli", "serve", *names, "--port", str(scoring_port), "--store", store, "--json"],
            common, home / "scoring.log",
        ),
        Child("Prefect server", ["flows.up.server", str(listener.fileno())], serving, home / "server.log",
              [listener.fileno()]),
    )  # fmt: skip


def _unsaid(settings: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in settings.items() if configured(name, environ) is None}


def _worker_name() -> str:
    return f"keepfit-{socket.gethostname().split('.')[0]}"


def _home(environ: Mapping[str, str], store: str) -> Path:
    """The folder of Prefect's database and of the logs: one for each store, so that projects do not meet.

    >>> str(_home({"XDG_STATE_HOME": "/state"}, "/srv/models"))
    '/state/keepfit/up/b4e84917'
    """
    state = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "/tmp")) / ".local" / "state")  # noqa: S108
    return Path(state) / "keepfit" / "up" / digest_of(store)[:8]


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the lock of the folder: a second `up` for the same store would break its database."""
    descriptor = _lock_of(home)
    deadline = time.monotonic() + _LOCK_SECONDS
    try:
        if not _locked(descriptor):
            _warn("waiting for another `keepfit up` of this store to end")
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                raise ConfigError(
                    Problem(
                        "`keepfit up` runs already for this store",
                        where=str(home / "lock"),
                        expected=f"that nobody holds it for {_LOCK_SECONDS:g} s",
                        found=f"process {os.pread(descriptor, 20, 0).decode() or 'unknown'} holds it",
                        did="started nothing",
                        do="use that one, stop it, or name another store",
                    )
                )
            time.sleep(0.2)
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _lock_of(home: Path) -> int:
    try:
        home.mkdir(parents=True, exist_ok=True)
        return os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InfrastructureError(
            Problem(
                "there is no place for Prefect's database and the logs",
                where=str(home),
                expected="a folder that can be made and written",
                found=error.strerror or str(error),
                did="started nothing",
                do="make room, give this user the right to write there, or set XDG_STATE_HOME to another folder",
            )
        ) from None


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _listening(port: int, option: str) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server(("127.0.0.1", port), backlog=256)
    except (OSError, OverflowError) as error:
        raise InfrastructureError(
            Problem(
                "a port of this machine cannot be had",
                where=f"{option} {port}",
                expected="one that nobody listens on",
                found=str(error),
                did="started nothing",
                do="choose another; 0 takes one that is free",
            )
        ) from None
    with listener:
        yield listener


def _wait_ready(server: Child, url: str, ending: Event) -> None:
    import httpx

    deadline = time.monotonic() + READY_SECONDS
    while not ending.is_set():
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, timeout=2.0, trust_env=False).is_success:
                return
        if server.pid is None or time.monotonic() > deadline:
            raise InfrastructureError(
                Problem(
                    "the Prefect server does not start",
                    where=url,
                    expected=f"an answer within {READY_SECONDS:g} s",
                    found="\n            ".join([*server.last_words(), _room(server.log.parent)]),
                    did="stopped all again",
                    do=f"see {server.log}",
                )
            )
        ending.wait(0.2)


def _room(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    return f"{free / 1e6:,.0f} MB left on the disk of {folder}"


def _addresses(
    cases: Sequence[Loaded], store: str, home: Path, listener: socket.socket, scoring_port: int
) -> Addresses:
    names = tuple(case.use_case.name for case in cases)
    prefect = f"http://127.0.0.1:{listener.getsockname()[1]}"
    return Addresses(prefect, f"http://127.0.0.1:{scoring_port}", store, str(home), names)


def _text(where: Addresses) -> str:
    return "\n".join(
        [
            f"Prefect   {where.prefect}   schedules, runs, forms; one worker",
            f"scoring   {where.scoring}   {', '.join(where.use_cases)}; answers as soon as there is a champion",
            f"store     {where.store}",
            f"logs      {where.logs}",
            "Ctrl-C stops them all",
        ]
    )


def _say(text: Any) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _warn(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
