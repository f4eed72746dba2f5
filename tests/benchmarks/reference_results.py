"""Keepfit beside plain scikit-learn on data sets that ship with packages; prints Markdown.

    python -m tests.benchmarks.reference_results [NAME ...] [--write docs/reference.md]

`keepfit run` is called as a user would call it; `plain_reference.py` then learns from exactly the same training rows,
with as many folds and settings, and both are measured on the same holdout. All rows of small data sets are held out
once, in parts: keys are chosen so that the hash that splits undated rows holds out one part after the other. Nothing is
asserted.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.model_selection import KFold, StratifiedKFold

from keepfit import registry
from keepfit.config import METRICS
from keepfit.data import read_snapshot
from keepfit.evaluate import Clusters
from keepfit.evaluate.metrics import measure
from keepfit.evaluate.spread import spread_of
from keepfit.records import Estimate
from keepfit.split import TRAIN, key_places
from keepfit.store import get
from tests.benchmarks.child_process import Measured, measured
from tests.benchmarks.flights_world import KEEPFIT, environment, prefect_running
from tests.benchmarks.holdouts import Holdout, better, put_below_mark, table
from tests.benchmarks.reference_data import Case, cases

SEED = 7
STORE = "store"
LONGEST = "28d"  # the holdout of dated rows
HEAD = ["data set", "rows", "metric", "Keepfit", "plain script", "better by", "best of the script, in hindsight"]
HEAD += ["better by", "within the noise", "published"]
TIMES = ["data set", "Keepfit chose", "script chose", "Keepfit, wall s", "script", "Keepfit, processor s", "script"]


@dataclass(frozen=True)
class Part:
    """One run: the holdout, what Keepfit and each plain model say about it, and how long both took."""

    holdout: Holdout
    ours: Any
    theirs: Mapping[str, Any]
    scores: Mapping[str, float]
    candidate: str
    keepfit: Measured
    plain: Measured

    @property
    def choice(self) -> str:
        """The plain model with the best cross-validated score."""
        return max(self.scores, key=lambda name: self.scores[name])


@dataclass(frozen=True)
class Found:
    """All parts of a case, one below the other."""

    case: Case
    parts: Sequence[Part]

    @cached_property
    def labels(self) -> Any:
        return np.concatenate([part.holdout.labels for part in self.parts])

    @cached_property
    def clusters(self) -> Clusters:
        """Days, where rows have a time; otherwise a row, however many seeds were asked about it."""
        if self.case.time:
            return self.parts[0].holdout.clusters
        return Clusters.by([key for part in self.parts for (key,) in part.holdout.keys], "rows")

    @cached_property
    def ours(self) -> Any:
        return np.concatenate([part.ours for part in self.parts])

    @cached_property
    def chosen(self) -> Any:
        """What the script answers that takes the model with the best cross-validated score, part by part."""
        return np.concatenate([part.theirs[part.choice] for part in self.parts])

    def theirs(self, name: str) -> Any:
        return np.concatenate([part.theirs[name] for part in self.parts])

    def best(self, metric: str) -> str:
        """The plain model that turned out best on the holdouts, which nobody could have known before."""
        sign = 1.0 if METRICS[metric].higher_is_better else -1.0
        worth = {name: measure(metric, self.labels, self.theirs(name)).value for name in self.parts[0].theirs}
        return max(worth, key=lambda name: -np.inf if worth[name] is None else sign * worth[name])

    def row(self, metric: str) -> list[str]:
        """A row of the table of results."""
        name = self.best(metric)
        beside = [
            better(metric, self.labels, self.ours, other, self.clusters) for other in (self.chosen, self.theirs(name))
        ]
        return [
            self.case.name,
            f"{self.labels.size // self.case.seeds:,}",
            metric,
            self._figure(metric, self.ours),
            self._figure(metric, self.chosen),
            _gain(beside[0]),
            f"{self._figure(metric, self.theirs(name))} {name}",
            _gain(beside[1]),
            _within(beside[1]),
            self.case.published if metric in {"accuracy", "r2"} else "",
        ]

    def _figure(self, metric: str, prediction: Any) -> str:
        score = measure(metric, self.labels, prediction)
        error = spread_of(score.influence, self.clusters, score.strata).error
        return f"{score.value:.{_digits(error)}f} ± {error:.{_digits(error)}f}"

    def times(self) -> list[str]:
        """A row of the table of times: sums over the parts."""
        names = [_counted(part.candidate for part in self.parts), _counted(part.choice for part in self.parts)]
        pairs = [(part.keepfit, part.plain) for part in self.parts]
        walls, cpus = zip(*pairs, strict=True), zip(*pairs, strict=True)
        return [
            self.case.name,
            *names,
            *(f"{sum(each.wall for each in side):.0f}" for side in walls),
            *(f"{sum(each.cpu for each in side):.0f}" for side in cpus),
        ]


def _counted(names: Iterator[str]) -> str:
    found = list(names)
    return ", ".join(f"{name} {found.count(name)}×" if len(found) > 1 else name for name in dict.fromkeys(found))


def _digits(error: float) -> int:
    """So many decimals that the error has two figures."""
    return int(np.clip(1 - np.floor(np.log10(max(error, 1e-6))), 0, 6))


def _gain(found: Estimate) -> str:
    if found.low is None or found.high is None:
        return f"{found.value:+.2g}"
    digits = _digits((found.high - found.low) / 3)
    return f"{found.value:+.{digits}f} ({found.low:+.{digits}f} to {found.high:+.{digits}f})"


def _within(found: Estimate) -> str:
    if found.low is None or found.high is None:
        return "not known"
    if found.low > 0:
        return "better"
    return "yes" if found.high >= 0 else "**no**"


def with_keys(rows: pd.DataFrame, held: np.ndarray, share: float) -> pd.DataFrame:
    """Rows in a seeded order with keys whose hash puts exactly the ``held`` (n,) ones on the holdout's side."""
    keys = [_key(place, held=bool(out), share=share) for place, out in enumerate(held)]
    return rows.assign(id=keys).sample(frac=1.0, random_state=SEED)


def _key(place: int, *, held: bool, share: float) -> str:
    names = [f"{place:06d}-{number}" for number in range(200)]
    places = key_places(pa.table({"id": names}), ["id"])
    return names[int(np.flatnonzero((places < share) == held)[0])]


def parts_of(case: Case, rows: pd.DataFrame) -> Iterator[np.ndarray]:
    """Which rows each run holds out, (n,) bool: none of them twice."""
    kind = KFold if case.task == "regression" else StratifiedKFold
    parts = kind(case.parts, shuffle=True, random_state=SEED).split(rows, rows[case.label])
    for _, places in islice(parts, case.runs):
        held = np.zeros(len(rows), bool)
        held[places] = True
        yield held


def use_case(case: Case, rows: pd.DataFrame, seed: int) -> dict[str, Any]:
    """The YAML that a user would write."""
    columns = {name: {"type": "category" if name in case.categories else "float"} for name in case.features(rows)}
    kinds = {name: "category" if name in case.categories else "number" for name in columns}
    label = {"regression": "float", "binary": "bool", "multiclass": "category"}[case.task]
    dated = {"event_time": case.time, "history": "120d"} if case.time else {}
    known = {"known_after": "1d"} if case.time else {}
    return {
        "name": case.name,
        "description": f"A data set that many know: {case.name}.",
        "owner": "benchmarks",
        "risk": "low",
        "task": case.task,
        "data": {
            "sources": {"rows": {"kind": "files", "path": f"data/{case.name}.csv"}},
            "key": ["id"],
            **dated,
            "label": {"column": case.label, **known},
        },
        "contract": {
            "columns": {"id": {"type": "text"}, **columns, case.label: {"type": label}}
            | ({case.time: {"type": "time"}} if case.time else {}),
            "quarantine_at_most": "0%",
        },
        "features": kinds,
        "split": {"by": "time", "holdout": LONGEST} if case.time else {"by": "key", "holdout": 1 / case.parts},
        "train": {"candidates": case.asked, "trials": case.trials, "folds": case.folds, "seed": seed},
        "gates": [
            {"metric": case.metrics[0], "better_than": "naive"},
            {"parity": 1e-9},
        ],
        "release": {"strategy": "direct"},
    }


def run_part(case: Case, rows: pd.DataFrame, seed: int, folder: Path, environ: Mapping[str, str]) -> Part:
    """`keepfit run` on rows with keys, then the plain script on the same two sides, with the same seed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    rows.to_csv(folder / "data" / f"{case.name}.csv", index=False)
    config = folder / f"{case.name}.yaml"
    config.write_text(json.dumps(use_case(case, rows, seed), indent=1))
    words = (KEEPFIT, "run", str(config), "--as-of", "2013-04-01", "--store", STORE, "--json")
    keepfit = measured(words, folder, environ)
    digest = json.loads(keepfit.out)["digest"]
    holdout = Holdout.of(folder / STORE, config, digest)
    manifest = registry.manifest(holdout.store, case.name, digest)
    write_sides(case, holdout, digest, folder)
    numbers = [name for name in case.features(rows) if name not in case.categories]
    plain = {
        "task": case.task,
        "label": case.label,
        "numbers": numbers,
        "categories": list(case.categories),
        "by_time": bool(case.time),
        "folds": case.folds,
        "trials": case.trials,
        "seed": seed,
        "kinds": list(case.kinds),
    }
    (folder / "plain.json").write_text(json.dumps(plain))
    script = measured((sys.executable, "-m", "tests.benchmarks.plain_reference", str(folder)), folder, environ)
    theirs = dict(np.load(folder / "answers.npz"))
    said = json.loads((folder / "said.json").read_text())
    scores = {name: each["score"] for name, each in said.items()}
    return Part(holdout, holdout.ask(digest), theirs, scores, manifest.candidate, keepfit, script)


def write_sides(case: Case, holdout: Holdout, digest: str, folder: Path) -> None:
    """The rows that Keepfit learnt from, in the order of their time, and those that it was judged on."""
    manifest = registry.manifest(holdout.store, case.name, digest)
    sides = np.frombuffer(get(holdout.store, manifest.sides), np.uint8)
    train = read_snapshot(holdout.store, case.name, manifest.snapshot).filter(pa.array(sides == TRAIN))
    if case.time:
        train = train.sort_by(case.time)
    pq.write_table(train, folder / "train.parquet")
    pq.write_table(holdout.table, folder / "holdout.parquet")


def found_of(case: Case, folder: Path, environ: Mapping[str, str]) -> Found:
    """All parts of a data set, with one seed after the other."""
    rows = case.rows(folder).reset_index(drop=True)
    if case.time:
        given = [rows.assign(id=[f"{place:06d}" for place in range(len(rows))])]
    else:
        given = [with_keys(rows, held, 1 / case.parts) for held in parts_of(case, rows)]
    asked = product(range(SEED, SEED + case.seeds), given)
    return Found(
        case, [run_part(case, rows, seed, folder / f"part-{n}", environ) for n, (seed, rows) in enumerate(asked)]
    )


def report(names: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """The tables, as lines of Markdown."""
    found = []
    for case in cases():
        if names and case.name not in names:
            continue
        found.append(found_of(case, folder / case.name, environ))
        for metric in case.metrics:
            print(table(HEAD, [found[-1].row(metric)])[-1], flush=True)
        print(table(TIMES, [found[-1].times()])[-1], flush=True)
    yield "## Quality\n"
    yield from table(HEAD, [each.row(metric) for each in found for metric in each.case.metrics])
    yield "\n## What was chosen, and time\n"
    yield from table(TIMES, [each.times() for each in found])
    yield f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end"


def main() -> None:
    parser = argparse.ArgumentParser(description="Keepfit beside plain scikit-learn.")
    parser.add_argument("names", nargs="*", help="data sets; all unless said")
    parser.add_argument("--write", type=Path, help="put the tables below the line `<!-- tables -->` of this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keepfit-reference-") as name:
        folder = Path(name)
        home = folder / "prefect"
        home.mkdir()
        with prefect_running(home) as url:
            lines = list(report(given.names, folder, environment(home, url)))
    print("\n".join(lines))
    if given.write:
        put_below_mark(given.write, lines)


if __name__ == "__main__":
    main()
