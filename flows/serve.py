"""Answering over HTTP."""

import logging
import os
import re
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from keepfit.errors import ConfigError, InfrastructureError, Problem

if TYPE_CHECKING:
    from keepfit.serving.log.log import PredictionLog
    from keepfit.store import Store

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_BACKLOG = 2048


def serve(
    use_cases: Sequence[str],
    host: str,
    port: int,
    store: str | None,
    most_waiting: int,
    every: float,
    log: str | None,
    *,
    sync: bool,
    as_json: bool,
) -> int:
    """Serve until a signal comes; returns when everything in flight is answered."""
    # Numerical libraries read this when they are loaded. One request has one thread, so that its sums have one order.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", stream=sys.stderr)

    from flows.commands import opened
    from keepfit.serving.answers import Answers
    from keepfit.serving.copy import LocalCopy
    from keepfit.serving.follow import Follower
    from keepfit.serving.metrics import Metrics
    from keepfit.serving.routes import application
    from keepfit.serving.server import serve as answer_on
    from keepfit.serving.tokens import see_that_guarded, tokens_of
    from keepfit.store.cache import cache_folder

    names = tuple(dict.fromkeys(map(_name, use_cases or [""])))
    tokens = tokens_of(os.environ.get("KEEPFIT_TOKENS"))
    see_that_guarded(host, tokens)
    listener = _listener(host, port)
    bytes_of, caches, metrics = opened(store), cache_folder(os.environ), Metrics(names)
    followers = {name: Follower(bytes_of, name, LocalCopy(caches, bytes_of, name), metrics, every) for name in names}
    for follower in followers.values():
        follower.start()
    logs = _logs(names, _log_folder(log, os.environ), bytes_of, sync=sync)
    answers = Answers(followers, tokens, metrics, most=most_waiting, logs=logs)

    def started() -> None:
        said = _said(answers.followers, listener)
        sys.stdout.write((msgspec.json.encode(said).decode() if as_json else _text(said)) + "\n")
        sys.stdout.flush()

    answer_on(application(answers), answers, listener, started)
    for follower in followers.values():
        follower.stop()
    for each in logs.values():
        each.close()
    return 0


def _log_folder(given: str | None, environ: Mapping[str, str]) -> Path | None:
    """Where predictions are logged before they go to the store; None where none are.

    >>> _log_folder(None, {"HOME": "/home/ada"})
    PosixPath('/home/ada/.local/state/keepfit/log')
    >>> _log_folder("", {"HOME": "/home/ada"})
    """
    named = environ.get("KEEPFIT_LOG") if given is None else given
    if named is not None:
        return Path(named).expanduser().absolute() if named.strip() else None
    state = environ.get("XDG_STATE_HOME") or (f"{environ['HOME']}/.local/state" if environ.get("HOME") else None)
    return Path(state) / "keepfit" / "log" if state else None


def _logs(names: Sequence[str], folder: Path | None, store: "Store", *, sync: bool) -> "dict[str, PredictionLog]":
    """A log for each use case; this process is a worker of its own, so that none waits for another."""
    if folder is None:
        return {}
    from keepfit.serving.log.log import PredictionLog

    host = re.sub(r"[^a-z0-9-]+", "-", socket.gethostname().lower()).strip("-")[:60] or "host"
    return {name: PredictionLog(folder, store, name, f"{host}-{os.getpid()}", sync=sync) for name in names}


def _name(use_case: str) -> str:
    """The name of a use case, or of its file: what serves is in the store, the YAML is not needed."""
    name = Path(use_case).stem
    if not _NAME.fullmatch(name):
        raise ConfigError(Problem("not the name of a use case", "USE_CASE", "a name such as flight_delay", use_case))
    return name


def _listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        raise InfrastructureError(
            Problem(
                "the server cannot listen",
                where=f"--host {host} --port {port}",
                expected="an address of this machine and a port that nobody has",
                found=str(error),
                do="choose another port; 0 takes one that is free",
            )
        ) from None


def _said(followers: Any, listener: socket.socket) -> dict[str, Any]:
    host, port = listener.getsockname()[:2]
    states = {name: follower.state for name, follower in followers.items()}
    return {
        "url": f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}",
        "pid": os.getpid(),
        "use_cases": {name: state.live.seat.number if state.live else None for name, state in states.items()},
    }


def _text(said: dict[str, Any]) -> str:
    cases = (f"{name}, {f'version {number}' if number else 'which has no champion'}"
             for name, number in said["use_cases"].items())  # fmt: skip
    return f"{said['url']} answers for {'; '.join(cases)}\ndocumentation: {said['url']}/docs"
