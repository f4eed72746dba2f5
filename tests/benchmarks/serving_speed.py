"""Requests per second of `keepfit serve`, beside the same server that reads the same body and answers a constant.

The constant comes from an ASGI application, as any other server's would, and once more by the short way that
predictions take past ASGI (`keepfit.serving.quick`), which is as fast as this server can be.

    python -m tests.benchmarks.serving_speed STORE USE_CASE [SECONDS] [TURNS]

One row a request (the version's own example), one worker, one client thread of wrk, 1 and 32 connections; the two take
turns. Prints Markdown; nothing is asserted. The store must hold a champion.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from statistics import median

CONSTANT, SHORT = "constant", "short"
WANTED = {1: "median under 2 times", 32: "at least 60 %"}


def constant(size, way):
    """Answer every request with so many bytes, from the same server with the same settings."""
    from keepfit.serving import quick, server
    from keepfit.serving.answers import Answers
    from keepfit.serving.metrics import Metrics
    from keepfit.serving.server import serve
    from keepfit.serving.tokens import Tokens

    body = b"x" * size
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % size)]

    async def app(_scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    class Constant(quick.Quick):
        def takes(self, cycle):
            return way == SHORT and cycle.scope["method"] == "POST"

        def answer(self, cycle):
            self.score(cycle, "", bytes(cycle.body))
            return True

        def learn(self, data, cycle):
            self._heads.learn(data, "", bytes(cycle.body))

        def score(self, cycle, _use_case, _body):
            self.write(
                cycle, b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n" % size, body
            )

    server.Quick = Constant
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    serve(app, Answers({}, Tokens({}), Metrics(())), listener, lambda: print(json.dumps({"url": url}), flush=True))


@contextlib.contextmanager
def running(*command):
    """A server process; its address."""
    environ = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True, env=environ)
    try:
        yield json.loads(process.stdout.readline())["url"], process.pid
    finally:
        process.terminate()
        process.wait(60)


def wrk(url, connections, seconds, script):
    """Requests a second, and the median in microseconds."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", said).groups()
    micro = {"us": 1.0, "ms": 1e3, "s": 1e6}[unit]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), float(value) * micro


def resident(pid):
    """Megabytes of a process."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def main(store, use_case, seconds, turns):
    with tempfile.TemporaryDirectory() as name:
        serve = ("flows.cli", "serve", use_case, "--store", store, "--port", "0", "--json", "--log", f"{name}/log")
        with running(*serve) as (url, pid):
            with urllib.request.urlopen(f"{url}/v1/models/{use_case}") as answer:
                record = json.dumps(json.load(answer)["example"]).encode()
            path = f"{url}/v1/models/{use_case}/predict"
            asked = urllib.request.Request(path, record, {"content-type": "application/json"})
            with urllib.request.urlopen(asked) as answer:
                size = len(answer.read())
            script = Path(name) / "post.lua"
            script.write_text(
                'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\n'
                f"wrk.body = {json.dumps(record.decode())}\n"
            )
            own = ("tests.benchmarks.serving_speed", CONSTANT, str(size))
            with running(*own, "asgi") as (beside, _), running(*own, SHORT) as (short, _):
                print("| connections | Keepfit | constant answer | ratio | wanted | constant, the short way | ratio |")
                print("| --- | --- | --- | --- | --- | --- | --- |")
                for connections in (1, 32):
                    measured = [tuple(wrk(at, connections, seconds, script) for at in (path, beside, short))
                              for _ in range(turns)]  # fmt: skip
                    print(row(connections, measured), flush=True)
            print(f"\nresident memory of the worker afterwards: {resident(pid):.0f} MB")


def row(connections, found):
    """A row of the table: medians of the turns."""
    ours, others, short = (tuple(median(each[side][part] for each in found) for part in (0, 1)) for side in (0, 1, 2))
    part = 0 if connections > 1 else 1

    def ratio(beside):
        times = ours[part] / beside[part]
        return f"{times:.0%} of the rate" if part == 0 else f"{times:.2f} times the median"

    shown = [f"{rate:,.0f} requests/s, median {time:,.0f} µs" for rate, time in (ours, others, short)]
    words = [str(connections), *shown[:2], ratio(others), WANTED[connections], shown[2], ratio(short)]
    return f"| {' | '.join(words)} |"


if __name__ == "__main__":
    if sys.argv[1] == CONSTANT:
        constant(int(sys.argv[2]), sys.argv[3])
    else:
        main(sys.argv[1], sys.argv[2], *map(int, [*sys.argv[3:5], "3", "3"][:2]))
