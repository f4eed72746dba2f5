"""Answering over HTTP: the address, and one process or several behind it."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from flows.worker import Place, Settings, Versions, log_folder, prepare, work
from keepfit.errors import ConfigError, InfrastructureError, Problem

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_BACKLOG = 2048
_SHIP_EVERY = 300.0  # seconds
_SENSIBLE = {"workers": (1, 256), "most-waiting": (1, 100_000), "deadline": (0.001, 3600), "every": (0.01, 3600),
             "ship-every": (0.1, 86_400)}  # fmt: skip


def serve(
    use_cases: Sequence[str],
    host: str,
    port: int,
    store: str | None,
    most_waiting: int,
    deadline: float,
    every: float,
    log: str | None,
    workers: int,
    *,
    sync: bool,
    ship_every: float | None,
    as_json: bool,
) -> int:
    """Serve until a signal comes; returns when everything in flight is answered."""
    prepare()
    names = tuple(dict.fromkeys(map(_name, use_cases or [""])))
    ship_after = _ship_every(ship_every, os.environ)
    _see_that_sensible({"workers": workers, "most-waiting": most_waiting, "deadline": deadline, "every": every,
                        "ship-every": ship_after})  # fmt: skip
    _see_that_guarded(host)
    listener = _listener(host, port)
    settings = Settings(names, store, most_waiting, deadline, every, log_folder(log, os.environ), sync, ship_after)

    def say(versions: Versions, pids: Sequence[int] = ()) -> None:
        said = _said(versions, listener, pids)
        sys.stdout.write((msgspec.json.encode(said).decode() if as_json else _text(said)) + "\n")
        sys.stdout.flush()

    if workers == 1:
        work(settings, listener, say)
        return 0

    def started(lines: list[bytes]) -> None:
        told = [msgspec.json.decode(line) for line in lines]
        say(told[0]["use_cases"], [each["pid"] for each in told])

    return _several(settings, listener, workers, started)


def _several(settings: Settings, listener: socket.socket, workers: int, started: Any) -> int:
    from keepfit.serving.cells import shared_file
    from keepfit.serving.metrics import width
    from keepfit.serving.workers import Workers

    cells = shared_file(width(settings.names), workers)

    def command(row: int, born: int, lifeline: int) -> list[str]:
        place = Place(settings, listener.fileno(), cells, lifeline, row, again=born > 0)
        return [sys.executable, "-m", "flows.worker", msgspec.json.encode(place).decode()]

    async def keep() -> int:
        return await Workers(workers, command, (listener.fileno(), cells), started).run()

    return asyncio.run(keep())


def _ship_every(given: float | None, environ: Mapping[str, str]) -> float:
    """Seconds between two trips to the store, as asked for here or in ``KEEPFIT_SHIP_EVERY``.

    >>> _ship_every(None, {}), _ship_every(None, {"KEEPFIT_SHIP_EVERY": "5"}), _ship_every(1.0, {})
    (300.0, 5.0, 1.0)
    """
    if given is not None:
        return given
    named = environ.get("KEEPFIT_SHIP_EVERY", "").strip() or str(_SHIP_EVERY)
    try:
        return float(named)
    except ValueError:
        raise ConfigError(Problem("not a number of seconds", "KEEPFIT_SHIP_EVERY", "such as 300", named)) from None


def _see_that_sensible(given: Mapping[str, float]) -> None:
    for name, number in given.items():
        least, most = _SENSIBLE[name]
        if not least <= number <= most:
            raise ConfigError(Problem("not a number that serves", f"--{name}", f"{least} to {most}", str(number)))


def _see_that_guarded(host: str) -> None:
    from keepfit.serving.tokens import see_that_guarded, tokens_of

    see_that_guarded(host, tokens_of(os.environ.get("KEEPFIT_TOKENS")))


def _name(use_case: str) -> str:
    """The name of a use case, or of its file: what serves is in the store, the YAML is not needed."""
    name = Path(use_case).stem
    if not _NAME.fullmatch(name):
        raise ConfigError(Problem("not the name of a use case", "USE_CASE", "a name such as flight_delay", use_case))
    return name


def _listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
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
    listener.setblocking(False)  # for all processes that will have it
    return listener


def _said(versions: Versions, listener: socket.socket, pids: Sequence[int]) -> dict[str, Any]:
    host, port = listener.getsockname()[:2]
    return {
        "url": f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}",
        "pid": os.getpid(),
        **({"workers": pids} if pids else {}),
        "use_cases": versions,
    }


def _text(said: dict[str, Any]) -> str:
    cases = (f"{name}, {f'version {number}' if number else 'which has no champion'}"
             for name, number in said["use_cases"].items())  # fmt: skip
    crew = f" with {len(said['workers'])} workers" if "workers" in said else ""
    return f"{said['url']} answers for {'; '.join(cases)}{crew}\ndocumentation: {said['url']}/docs"
