"""A window of 167,000 rows by 13 columns beside the reference: Keepfit, Evidently and NannyML, in one run.

    python -m tests.benchmarks.monitor_peers [TURNS] [FOLDER]

Each peer is installed in an environment of its own (in FOLDER, which is used again; else in a temporary one): both need
pandas below 3. They get the rows as data frames in memory, with the reference read and fitted; Keepfit gets them as an
Arrow table, and the reference as it lies in the store. Drift of single columns: Keepfit's counts and signals, the drift
preset of Evidently and the univariate calculator of NannyML as they come. Estimated performance: ROC AUC and accuracy
without labels, by Keepfit and by NannyML's CBPE, from probabilities that are calibrated. One thread each. Prints
Markdown; nothing is asserted.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

ROWS = 167_000
NUMBERS, CATEGORIES = 9, 4
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

EVIDENTLY = """
import json, sys, time
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

before, now = (pd.read_parquet(name).drop(columns=["at", "chance", "label", "decision"])
               for name in ("before.parquet", "now.parquet"))
start = time.perf_counter()
Report([DataDriftPreset()]).run(now, before).dict()
print(json.dumps({"drift": time.perf_counter() - start}))
"""
NANNYML = """
import json, time, warnings
warnings.simplefilter("ignore")
import pandas as pd
import nannyml as nml

before, now = (pd.read_parquet(name) for name in ("before.parquet", "now.parquet"))
names = [name for name in before if name[0] in "nc" and name[1:].isdigit()]
drift = nml.UnivariateDriftCalculator(column_names=names, chunk_number=1).fit(before)
start = time.perf_counter()
drift.calculate(now)
told = {"drift": time.perf_counter() - start}
cbpe = nml.CBPE(y_pred_proba="chance", y_pred="decision", y_true="label", problem_type="classification_binary",
                metrics=["roc_auc", "accuracy"], chunk_number=1).fit(before)
start = time.perf_counter()
found = cbpe.estimate(now.drop(columns="label"))
told["estimate"] = time.perf_counter() - start
frame = found.filter(period="analysis").to_df()
told |= {name: float(frame[(name, "value")].iloc[0]) for name in ("roc_auc", "accuracy")}
print(json.dumps(told))
"""
PEERS = {"Evidently": ("evidently", EVIDENTLY), "NannyML": ("nannyml", NANNYML)}


def rows(seed: int, shift: float, days: int) -> Any:
    """An Arrow table: 9 numbers, 4 categories, a time, a calibrated chance, a label and a decision."""
    import pyarrow as pa

    draw = np.random.default_rng(seed)
    made: dict[str, Any] = {f"n{place}": draw.normal(shift * (place == 0), 1.0, ROWS) for place in range(NUMBERS)}
    for place in range(CATEGORIES):
        levels = np.array([f"level {each}" for each in range(5 + 20 * place)])
        made[f"c{place}"] = levels[draw.integers(0, len(levels), ROWS)]
    chance = 1 / (1 + np.exp(-(made["n0"] + 0.5 * made["n1"] - 0.5)))
    label = (draw.random(ROWS) < chance).astype(int)
    at = np.datetime64("2020-01-01") + np.sort(draw.integers(0, days, ROWS)).astype("timedelta64[D]")
    made |= {
        "at": at.astype("datetime64[us]"),
        "chance": chance,
        "label": label,
        "decision": (chance >= 0.5).astype(int),
    }
    return pa.table(made)


def ours(folder: Path) -> dict[str, float]:
    """Seconds of Keepfit's, and what it estimates."""
    import pyarrow.parquet as pq

    from keepfit import features
    from keepfit.config.monitor import Monitor
    from keepfit.monitor import Answered, Answers, Reference, Rows, Seen, look, reference_of, tallied
    from keepfit.monitor.made import days_of
    from keepfit.monitor.performance import estimated_value
    from keepfit.monitor.signals import signals_of
    from keepfit.records import canonical, parse

    before, now = (pq.read_table(folder / f"{name}.parquet") for name in ("before", "now"))
    kinds = {f"n{place}": "number" for place in range(NUMBERS)} | {
        f"c{place}": "category" for place in range(CATEGORIES)
    }
    days = days_of(before, "at")
    labels, chance = before.column("label").to_numpy(), before.column("chance").to_numpy()
    answers = np.column_stack([1 - chance, chance])
    given = Rows(days, features.from_table(before, kinds), labels)
    made = reference_of("x", "binary", ("no", "yes"), given, Answered(days, labels, answers), Monitor())
    made = parse(canonical(made), Reference)
    chance = now.column("chance").to_numpy()
    answers, none = np.column_stack([1 - chance, chance]), np.zeros(0, np.int64)
    start = perf_counter()
    columns = features.from_table(now, kinds)
    rows = tallied(made, [Answers(columns, days_of(now, "at"), answers[:0], none, none)])
    checks = list(signals_of(made, rows, several=False))
    told = {"drift": perf_counter() - start}
    assert len(checks) > len(kinds)
    start = perf_counter()
    told |= {name: estimated_value(name, answers, None) or 0.0 for name in ("roc_auc", "accuracy")}
    told["estimate"] = perf_counter() - start
    start = perf_counter()
    rows = tallied(made, [Answers(columns, days_of(now, "at"), answers, none, none)])
    look(made, Seen(rows, ROWS, 0, 0.01), "log_loss")
    return told | {"all": perf_counter() - start}


def installed(folder: Path, package: str) -> tuple[Path, str]:
    """The Python of an environment that has the package, and its version."""
    python = folder / package / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / package)], check=True)
        words = ("install", "-q", "--disable-pip-version-check", package, "pandas<3", "pyarrow", "statsmodels")
        subprocess.run([python, "-m", "pip", *words], check=True)
    said = f"import importlib.metadata as m; print(m.version({package!r}))"
    return python, subprocess.check_output([python, "-c", said], text=True).strip()


def asked(words: list[str], folder: Path) -> dict[str, float]:
    """What a process of its own says in its last line."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | THREADS
    environ |= {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1"}
    root = {"PYTHONPATH": str(Path(__file__).parents[2])} if words[0] == sys.executable else {}
    done = subprocess.run(words, cwd=folder, env=environ | root, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    told: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def main(turns: int, environments: Path | None) -> None:
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(rows(1, 0.0, 180), folder / "before.parquet")
        pq.write_table(rows(2, 0.3, 7), folder / "now.parquet")
        script = "import json; from pathlib import Path; from tests.benchmarks.monitor_peers import ours; "
        commands = {"Keepfit": [sys.executable, "-c", script + "print(json.dumps(ours(Path())))"]}
        for peer, (package, text) in PEERS.items():
            python, version = installed(environments or folder, package)
            commands[f"{peer} {version}"] = [str(python), "-c", text]
        found: dict[str, list[dict[str, float]]] = {each: [] for each in commands}
        for _ in range(turns):
            for each, words in commands.items():
                found[each].append(asked(words, folder))
    _show(found)


def _show(found: dict[str, list[dict[str, float]]]) -> None:
    middle = {who: {name: median(each[name] for each in told) for name in told[0]} for who, told in found.items()}
    us = middle["Keepfit"]
    print("| | drift of single columns | Keepfit's share | estimate | Keepfit's share | ROC AUC, accuracy |")
    print("| --- | --- | --- | --- | --- | --- |")
    for who, told in middle.items():
        cells = [f"{told['drift']:.3f} s", f"1/{told['drift'] / us['drift']:.0f}"]
        if "estimate" in told:
            cells += [f"{told['estimate']:.3f} s", f"1/{told['estimate'] / us['estimate']:.0f}"]
            cells += [f"{told['roc_auc']:.4f}, {told['accuracy']:.4f}"]
        print(f"| {who} | {' | '.join(cells)} |")
    print(f"\nEverything that `keepfit monitor` asks about the window, once it is read: {us['all']:.3f} s.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
