"""A lone request with reasons beside one without, over HTTP, taking turns on one connection.

    python -m tests.benchmarks.reasons_speed STORE USE_CASE [TURNS]

The store must hold a champion. Prints a row of Markdown; nothing is asserted.
"""

import json
import sys
import tempfile
from http.client import HTTPConnection
from statistics import quantiles
from time import perf_counter

from tests.benchmarks.serving_speed import running

HEADERS = {"content-type": "application/json"}


def milliseconds(connection, path, body):
    """One request and its answer."""
    start = perf_counter()
    connection.request("POST", path, body, HEADERS)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    return (perf_counter() - start) * 1e3


def main(store, use_case, turns):
    with tempfile.TemporaryDirectory() as name:
        serve = ("flows.cli", "serve", use_case, "--store", store, "--port", "0", "--json", "--log", f"{name}/log")
        with running(*serve) as (url, _):
            connection = HTTPConnection(url.removeprefix("http://"))
            connection.request("GET", f"/v1/models/{use_case}")
            said = json.load(connection.getresponse())
            path, body = f"/v1/models/{use_case}/predict", json.dumps(said["example"]).encode()
            for _ in range(20):
                milliseconds(connection, f"{path}?explain=true", body)
            pairs = [
                (milliseconds(connection, path, body), milliseconds(connection, f"{path}?explain=true", body))
                for _ in range(turns)
            ]
    (plain, plain_99), (explained, explained_99) = (
        (cuts[49], cuts[98]) for cuts in (quantiles([pair[side] for pair in pairs], n=100) for side in (0, 1))
    )
    print("| use case | plain, median (99%) | with reasons | ratio |\n| --- | --- | --- | --- |")
    print(
        f"| {use_case}, {said['engine']}, {len(said['features'])} columns | {plain:.2f} ms ({plain_99:.2f}) | "
        f"{explained:.2f} ms ({explained_99:.2f}) | {explained / plain:.0f} times |"
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 400)
