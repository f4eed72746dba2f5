"""What the benchmarks work on: the flights in a folder of their own, one use case, a Prefect server that runs."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import sleep

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
KEEPFIT = str(BIN / "keepfit")
AS_OF = "2014-01-01"
MONTH_BEFORE = "2013-12-01"


def environment(home: Path, url: str) -> dict[str, str]:
    """The same for all: a Prefect home of their own, no telemetry, boosting's threads sleep while they wait."""
    return os.environ | {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONPATH": str(ROOT),
    }


def write_use_case(folder: Path) -> Path:
    """``configs/flight_delay.yaml`` over the whole year, with one candidate that has nothing to search."""
    text = (ROOT / "configs" / "flight_delay.yaml").read_text()
    before, _, rest = text.partition("  candidates:\n")
    _, _, after = rest.partition("  optimize:")
    candidate = "    - hist_gradient_boosting: {learning_rate: 0.1, max_leaf_nodes: 31}\n"
    text = f"{before}  candidates:\n{candidate}  optimize:{after}"
    text = text.replace("name: flight_delay", "name: flight_year").replace("history: 180d", "history: 365d")
    path = folder / "configs" / "flight_year.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def deliver(folder: Path, until: str, environ: Mapping[str, str]) -> None:
    """The months that are over by a day."""
    subprocess.run([KEEPFIT, "demo", "--until", until], cwd=folder, env=dict(environ), check=True, capture_output=True)


@contextmanager
def prefect_running(home: Path) -> Iterator[str]:
    """A Prefect server as a team has one; yields the address of its API."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    words = [str(BIN / "prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(words, cwd=home, env=environment(home, url), stdout=log, stderr=log)
    try:
        _wait(url, server)
        yield url
    finally:
        server.terminate()
        server.wait()


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise SystemExit("Prefect's server did not start")
        try:
            urllib.request.urlopen(f"{url}/health", timeout=1).close()
        except (urllib.error.URLError, OSError):
            sleep(0.2)
        else:
            return
    raise SystemExit("Prefect's server does not answer")
