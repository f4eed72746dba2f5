"""The Prefect server that a run talks to: the one the user configured, else one of its own.

`prefect_server` returns at once. An own server starts while the caller imports its libraries; its address is known from
the start and stands in the environment before Prefect reads its settings, so enter this *before* importing Prefect.
The own server listens on loopback, uses no network, and ends with this process, however that ends (server_child.py).
Prefect's ephemeral mode is never used: after a kill -9 its server would live on.
"""

import contextlib
import http.client
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from keepfit.errors import InfrastructureError, Problem

READY_SECONDS = 90.0  # a fresh home on a slow, busy machine: bytecode and migrations
DRAIN_SECONDS = 5.0
END_SECONDS = 4.0
API_URL = "PREFECT_API_URL"
DATABASES = ("PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_API_DATABASE_CONNECTION_URL")

# What Prefect is told wherever the user has not said otherwise.
DEFAULTS = {
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # its lines stand between ours; the server has them
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",  # pickle by default; the stage memo does this
    "PREFECT_TASKS_DEFAULT_NO_CACHE": "true",
}
HEARTBEAT = "PREFECT_FLOWS_HEARTBEAT_FREQUENCY"
# The thread that sends a flow's heartbeats sleeps in steps of a second, and the end of the flow waits for it: 0.5 s a
# run on average, 1 s for a run without work. Only this form of the setting can say "none".
NO_HEARTBEAT = {"PREFECT_FLOWS": '{"heartbeat_frequency": null}'}


class PrefectServer:
    """A server, ours or the user's.

    Attributes
    ----------
    url : str
        The address of its API, for people and for Prefect.
    """

    def __init__(self, url: str, child: "Child | None" = None) -> None:
        self.url = url
        self._child = child

    @property
    def own(self) -> bool:
        """Whether it was started for this run."""
        return self._child is not None

    def wait_ready(self, timeout: float = READY_SECONDS) -> str:
        """Wait until the server answers.

        Parameters
        ----------
        timeout : float
            Seconds to wait for a server of our own. A configured one has to be there already.

        Returns
        -------
        str
            The address of the API.

        Raises
        ------
        InfrastructureError
            It did not answer.
        """
        import prefect.flow_engine
        import prefect.task_engine  # noqa: F401 - the first flow would import them, and waits here anyway

        if self._child is None:
            ask_configured(self.url)
        else:
            self._child.wait_ready(timeout)
        return self.url


class Child:
    """A server process that cannot outlive this one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="keepfit-prefect-"))
        self._log = self._scratch / "server.log"
        # The socket is bound here and handed down, so nobody can take the port in between, and it listens from the
        # start, so a question asked too early waits instead of being refused.
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener, self._log.open("wb") as log:
            self.port: int = listener.getsockname()[1]
            key = f"keepfit:{secrets.token_urlsafe(24)}"  # other users of this machine reach the port too
            self.environment = {API_URL: self.url, "PREFECT_API_AUTH_STRING": key, **loopback(environ)}
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                # by path and with -P: neither the folder it is started from nor this one is searched for modules
                [
                    *(sys.executable, "-P", str(Path(__file__).with_name("server_child.py"))),
                    *(str(os.getpid()), str(listener.fileno()), str(self._scratch)),
                ],
                stdin=subprocess.PIPE,  # the lifeline: only this process holds its other end
                stdout=log,
                stderr=log,
                cwd="/",
                env=child_environment(environ) | self.environment | {"PREFECT_SERVER_API_AUTH_STRING": key},
                pass_fds=[listener.fileno()],
                start_new_session=True,  # Ctrl-C in the terminal is ours to handle
            )

    @property
    def url(self) -> str:
        """The address of its API."""
        return f"http://127.0.0.1:{self.port}/api"

    def wait_ready(self, timeout: float) -> None:
        """Ask once; the socket listens already, so the answer comes when the server is up, or an error when it dies."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", "/api/health")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise InfrastructureError(self._problem(f"{type(error).__name__}: {error}")) from error
        finally:
            connection.close()
        if status != http.client.OK:
            raise InfrastructureError(self._problem(f"status {status}"))

    def close(self) -> None:
        """Let the last events through, let go of the lifeline and wait; what is left after a while is killed."""
        if self._process.poll() is None:
            drain()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _problem(self, found: str) -> Problem:
        with contextlib.suppress(OSError):
            lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
            found = "\n            ".join([found, *lines[-4:]])
        return Problem(
            "Keepfit's own Prefect server did not start",
            where=self.url,
            expected="an answer from /api/health",
            found=found,
            did="nothing was run",
            do="run `prefect server start` and set PREFECT_API_URL, or see whether memory and disk are full",
        )


@contextlib.contextmanager
def prefect_server(environ: MutableMapping[str, str] = os.environ) -> Iterator[PrefectServer]:
    """The configured Prefect server, or one of our own that starts now and ends with this block.

    Parameters
    ----------
    environ : mutable mapping of str to str
        The environment that Prefect will read; it gets the address and our defaults, and is put back at the end.

    Yields
    ------
    PrefectServer
        Call its ``wait_ready()`` before the flow starts; import in between.
    """
    before = dict(environ)
    environ.update(defaults(environ))
    url = active_url(environ)
    child = None if url else started(environ)
    try:
        if child is None:
            yield PrefectServer(str(url))
        else:
            environ.update(child.environment)
            yield PrefectServer(child.url, child)
    finally:
        if child is not None:
            child.close()
        environ.clear()
        environ.update(before)


def started(environ: Mapping[str, str]) -> Child:
    """A server of our own, on its way."""
    try:
        return Child(environ)
    except OSError as error:
        raise InfrastructureError(
            Problem(
                "Keepfit's own Prefect server cannot be started",
                where=tempfile.gettempdir(),
                expected="a place for its log, and leave to start a process",
                found=str(error),
                did="nothing was run",
                do="see whether disk and memory are full, or set PREFECT_API_URL to a server that runs",
            )
        ) from error


def drain(seconds: float = DRAIN_SECONDS) -> None:
    """Wait until Prefect's client has sent the events and logs it holds: task runs' states travel that way."""
    if "prefect.events.worker" in sys.modules:
        from prefect.events.worker import EventsWorker
        from prefect.logging.handlers import APILogWorker

        APILogWorker.drain_all(timeout=seconds)
        EventsWorker.drain_all(timeout=seconds)


def defaults(environ: Mapping[str, str]) -> dict[str, str]:
    """What to add to the environment: our defaults, where neither it nor the active profile has a say.

    >>> sorted(set(DEFAULTS) - set(defaults({"DO_NOT_TRACK": "0", "PREFECT_HOME": "/nowhere"})))
    ['DO_NOT_TRACK']
    """
    chosen = {name: value for name, value in DEFAULTS.items() if configured(name, environ) is None}
    return chosen if configured(HEARTBEAT, environ) else chosen | NO_HEARTBEAT


def loopback(environ: Mapping[str, str]) -> dict[str, str]:
    """Exempt our own server from a proxy that the environment may name.

    >>> loopback({"NO_PROXY": "intranet"})["NO_PROXY"]
    'intranet,127.0.0.1'
    """
    exempt = environ.get("no_proxy") or environ.get("NO_PROXY")
    value = f"{exempt},127.0.0.1" if exempt else "127.0.0.1"
    return {"NO_PROXY": value, "no_proxy": value}


def active_url(environ: Mapping[str, str]) -> str | None:
    """The address of the configured server; asks Prefect itself if it is imported already."""
    if "prefect.settings" in sys.modules:
        from prefect.settings import get_current_settings

        url: str | None = get_current_settings().api.url
        return url
    return configured(API_URL, environ)


def configured(name: str, environ: Mapping[str, str]) -> str | None:
    """A Prefect setting as the environment or the active profile has it, without importing Prefect.

    >>> configured("PREFECT_API_URL", {"PREFECT_API_URL": "http://localhost:4200/api"})
    'http://localhost:4200/api'
    """
    if environ.get(name):
        return environ[name]
    path = Path(environ.get("PREFECT_PROFILES_PATH") or prefect_home(environ) / "profiles.toml").expanduser()
    try:
        profiles: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # no profiles; Prefect itself warns about a broken file
    active = environ.get("PREFECT_PROFILE") or profiles.get("active")
    value = profiles.get("profiles", {}).get(active, {}).get(name)
    return None if value is None else str(value)


def prefect_home(environ: Mapping[str, str]) -> Path:
    """Prefect's home folder, absolute.

    >>> str(prefect_home({"PREFECT_HOME": "/srv/prefect"}))
    '/srv/prefect'
    """
    return Path(environ.get("PREFECT_HOME") or "~/.prefect").expanduser().absolute()


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What the own server inherits: the user's settings, without what would slow it down or turn it into a client."""
    database = next((value for name in DATABASES if (value := configured(name, environ))), None)
    return {name: value for name, value in environ.items() if name not in {API_URL, "PYTHONWARNINGS"}} | {
        "PREFECT_HOME": str(prefect_home(environ)),
        "PREFECT_UI_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # block types are for deployments; and their memo must not tell the user's own server that they are there
        "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
        "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",
        # write what happened in batches, at the latest at the end: fewer transactions beside the flow's own
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "1000",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "1000",
        **({DATABASES[0]: database} if database else {}),
    }


def ask_configured(url: str) -> None:
    """Ask the server that the user configured whether it is well, the way Prefect itself would."""
    started = time.monotonic()
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
    if error is None:
        return
    raise InfrastructureError(
        Problem(
            "the configured Prefect server does not answer",
            where=url,
            expected="an answer from its /health",
            found=f"{str(error).partition(' - For more')[0]} (after {time.monotonic() - started:.1f} s)",
            did="nothing was run; the champion is as it was",
            do="start that server, or unset PREFECT_API_URL so that Keepfit starts one of its own",
        )
    ) from error
