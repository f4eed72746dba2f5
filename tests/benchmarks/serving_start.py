"""How long `keepfit serve` takes from its start to its first verified answer, and how much memory it then has.

    python -m tests.benchmarks.serving_start STORE USE_CASE [TURNS]

From the start of the interpreter: libraries, ledger, every byte of the version verified, its probe set answered,
listening, one request. The store must hold a champion. Prints Markdown; nothing is asserted.
"""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from statistics import median
from time import perf_counter


def turn(store, use_case, record):
    """Seconds by the clock and of the processor, megabytes resident."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "flows.cli", "serve", use_case, "--store", store, "--port", "0", "--json"]
        start = perf_counter()
        process = subprocess.Popen(
            [*words, "--log", folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        url = json.loads(process.stdout.readline())["url"]
        path = f"{url}/v1/models/{use_case}"
        if not record:
            with urllib.request.urlopen(path) as answer:
                record.append(json.dumps(json.load(answer)["example"]).encode())
        asked = urllib.request.Request(f"{path}/predict", record[0], {"content-type": "application/json"})
        with urllib.request.urlopen(asked) as answer:
            assert json.load(answer)["predictions"]
        took = perf_counter() - start
        proc = Path(f"/proc/{process.pid}")
        ticks = proc.joinpath("stat").read_text().rpartition(")")[2].split()[11:13]
        memory = int(re.search(r"VmRSS:\s+(\d+)", proc.joinpath("status").read_text())[1]) / 1024
        process.terminate()
        process.wait(60)
        return took, sum(map(int, ticks)) / 100, memory


def main(store, use_case, turns):
    record = []
    turn(store, use_case, record)  # compiles, and learns what a record looks like
    wall, processor, memory = map(sorted, zip(*(turn(store, use_case, record) for _ in range(turns)), strict=True))
    print("| from the start of the process to its first answer | Keepfit | wanted |\n| --- | --- | --- |")
    print(f"| wall | {median(wall):.2f} s ({wall[0]:.2f} to {wall[-1]:.2f}) | 1 s |")
    print(f"| processor time | {median(processor):.2f} s ({processor[0]:.2f} to {processor[-1]:.2f}) | |")
    print(f"| resident memory | {median(memory):.0f} MB | 120 MB |")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 5)
