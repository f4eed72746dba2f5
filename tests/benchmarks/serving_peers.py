"""Requests per second of `keepfit serve` beside MLflow's and BentoML's own servers, in one run.

    python -m tests.benchmarks.serving_peers STORE USE_CASE [SECONDS] [TURNS] [FOLDER]

Each peer is installed in an environment of its own (in FOLDER, which is used again; else in a temporary one) and serves
a scikit-learn pipeline on the same columns: ColumnTransformer, then logistic regression, learnt from the version's own
decisions on its probe records. Their requests bring hour and day of the week ready made; ours the time. One row a
request, one worker each, one client thread of wrk, 1 and 32 connections; the servers take turns. Prints Markdown;
nothing is asserted. The store must hold the champion of a binary use case.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from keepfit.export import Probe
from keepfit.ledger import fold_of, head
from keepfit.records import parse
from keepfit.registry import manifest
from keepfit.serving.version import load
from keepfit.store import get, open_store
from tests.benchmarks.serving_speed import running, wrk

PEERS = {"MLflow": "mlflow", "BentoML": "bentoml"}

LEARN = """
import json, sys
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

given = json.load(open("learn.json"))
frame = pd.DataFrame(given["records"])[given["numbers"] + given["categories"]]
frame = frame.astype({name: float for name in given["numbers"]} | {name: str for name in given["categories"]})
numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
parts = [("n", numbers, given["numbers"]), ("c", OneHotEncoder(handle_unknown="ignore"), given["categories"])]
model = make_pipeline(ColumnTransformer(parts), LogisticRegression(max_iter=1000)).fit(frame, given["labels"])
"""
MLFLOW = """
import mlflow
mlflow.sklearn.save_model(model, "model", pyfunc_predict_fn="predict_proba", skops_trusted_types=["numpy.dtype"])
"""
BENTOML = """
import joblib
joblib.dump(model, "model.joblib")
"""
SERVICE = """
import bentoml, joblib
import pandas as pd


@bentoml.service(workers=1)
class Model:
    def __init__(self) -> None:
        self.model = joblib.load("model.joblib")

    @bentoml.api
    def predict(self, records: list[dict]) -> list[float]:
        return self.model.predict_proba(pd.DataFrame(records))[:, 1].tolist()
"""


def lesson(store, use_case):
    """What the peers learn, and a record for them and for us."""
    seat = fold_of(head(store, use_case)).champion
    live = load(store, use_case, seat)
    probe = parse(get(store, manifest(store, use_case, seat.digest).files["probe"]), Probe)
    kinds, zone = live.scorer.kinds, ZoneInfo(live.signature.timezone)
    times = [name for name, kind in kinds.items() if kind == "time"]
    own = [record for record in probe.records if all(record[name] is not None for name in kinds)][:200]
    records = [plain(record, times, zone) for record in own]
    labels = [each.decision for each in live.answer(own, "x").predictions]
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    categories = [name for name, kind in kinds.items() if kind == "category"]
    parts = [f"{name}_{part}" for name in times for part in ("hour", "day")]
    taught = {"records": records, "labels": labels, "numbers": numbers, "categories": [*categories, *parts]}
    return taught, records[0], live.example


def plain(record, times, zone):
    """A record whose times are parts of a day and a week."""
    made = {name: value for name, value in record.items() if name not in times}
    for name in times:
        local = datetime.fromisoformat(record[name]).astimezone(zone)
        made |= {f"{name}_hour": str(local.hour), f"{name}_day": str(local.weekday())}
    return made


def installed(folder, package):
    """The programs of an environment that has the package."""
    programs = Path(folder) / package / "bin"
    if not (programs / package).exists():
        subprocess.run([sys.executable, "-m", "venv", str(programs.parent)], check=True)
        quiet = ("install", "-q", "--disable-pip-version-check")
        subprocess.run([programs / "python", "-m", "pip", *quiet, package, "scikit-learn", "pandas"], check=True)
    said = f"import importlib.metadata as m; print(*(m.version(n) for n in ({package!r}, 'scikit-learn')))"
    return programs, subprocess.check_output([programs / "python", "-c", said], text=True).split()


@contextlib.contextmanager
def served(programs, package, taught):
    """A peer's server; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ |= {"PATH": f"{programs}:{environ['PATH']}", "OMP_NUM_THREADS": "1", "DO_NOT_TRACK": "1",
                "BENTOML_DO_NOT_TRACK": "True", "MLFLOW_DISABLE_TELEMETRY": "true"}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        environ["HOME"] = folder
        Path(folder, "learn.json").write_text(json.dumps(taught))
        Path(folder, "service.py").write_text(SERVICE)
        more = MLFLOW if package == "mlflow" else BENTOML
        learn = [programs / "python", "-c", LEARN + more]
        done = subprocess.run(learn, cwd=folder, env=environ, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        words = (["mlflow", "models", "serve", "-m", "model", "-h", "127.0.0.1", "-p", port, "--env-manager", "local",
                  "--workers", "1"] if package == "mlflow"
                 else ["bentoml", "serve", "service:Model", "--host", "127.0.0.1", "--port", port])  # fmt: skip
        with Path(folder, "server.log").open("w") as log:
            process = subprocess.Popen(
                [programs / words[0], *words[1:]],
                cwd=folder,
                env=environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            ready = "/ping" if package == "mlflow" else "/readyz"
            wait_for(f"http://127.0.0.1:{port}{ready}", process, Path(folder, "server.log"))
            path = "/invocations" if package == "mlflow" else "/predict"
            yield f"http://127.0.0.1:{port}{path}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            process.wait(60)


def wait_for(url, process, log):
    """Until the server is there."""
    for _ in range(300):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        if process.poll() is not None:
            break
        time.sleep(0.4)
    raise SystemExit(log.read_text()[-3000:])


def script_of(folder, name, body):
    """What wrk sends."""
    path = Path(folder) / f"{name}.lua"
    path.write_text(
        'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\n'
        f"wrk.body = {json.dumps(json.dumps(body))}\n"
    )
    return path


def main(store, use_case, seconds, turns, environments):
    taught, theirs, ours = lesson(open_store(store), use_case)
    bodies = {"Keepfit": ours, "MLflow": {"dataframe_records": [theirs]}, "BentoML": {"records": [theirs]}}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        words = ("flows.cli", "serve", use_case, "--store", store, "--port", "0", "--json", "--log", f"{folder}/log")
        url, _ = stack.enter_context(running(*words))
        urls = {"Keepfit": f"{url}/v1/models/{use_case}/predict"}
        versions = {"Keepfit": ""}
        for name, package in PEERS.items():
            programs, (version, learn) = installed(environments or folder, package)
            urls[name] = stack.enter_context(served(programs, package, taught))
            versions[name] = f" {version}, scikit-learn {learn}"
        scripts = {name: script_of(folder, name, body) for name, body in bodies.items()}
        print(
            "| connections | server | requests/s | median | Keepfit's rate beside it |\n| --- | --- | --- | --- | --- |"
        )
        for connections in (1, 32):
            found = {name: [] for name in urls}
            for _ in range(turns):
                for name, at in urls.items():
                    found[name].append(wrk(at, connections, seconds, scripts[name]))
            rates = {name: [median(each[part] for each in those) for part in (0, 1)] for name, those in found.items()}
            for name, (rate, middle) in rates.items():
                times = f"{rates['Keepfit'][0] / rate:.0f} times" if name != "Keepfit" else ""
                print(
                    f"| {connections} | {name}{versions[name]} | {rate:,.0f} | {middle:,.0f} µs | {times} |", flush=True
                )


if __name__ == "__main__":
    seconds, turns = map(int, [*sys.argv[3:5], "5", "3"][:2] if len(sys.argv) > 4 else ["5", "3"])
    main(sys.argv[1], sys.argv[2], seconds, turns, sys.argv[5] if len(sys.argv) > 5 else None)
