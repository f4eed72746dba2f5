"""A Prefect server with its pages, as `prefect server start` runs it, on a free port, in a folder of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import httpx


@contextlib.contextmanager
def prefect_with_pages(folder, **settings):
    """Yields its address and the environment of whoever asks it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "KEEPFIT_"))}
    environ = clean | {
        "HOME": str(folder),
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(folder / "ui"),
        "PREFECT_SERVER_UI_API_URL": f"{origin}/api",
        "DO_NOT_TRACK": "1",
        **settings,
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    log = (folder / "server.log").open("w")
    process = subprocess.Popen(command, env=environ, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(process, origin, folder / "server.log")
        yield origin, environ | {"PREFECT_API_URL": f"{origin}/api"}
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


def _wait(process, origin, log):
    for _ in range(300):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{origin}/api/health", trust_env=False, timeout=2).is_success:
                return
        assert process.poll() is None, log.read_text()
        time.sleep(0.4)
    raise AssertionError(log.read_text())
