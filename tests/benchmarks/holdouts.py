"""Versions that ``keepfit run`` registered, asked about holdout rows: their own, and those of a later version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import beta

from keepfit import features, registry, score
from keepfit.config import METRICS, load
from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.evaluate import Clusters, compare, days_of, estimate
from keepfit.evaluate.metrics import measure
from keepfit.evaluate.scales import Scale
from keepfit.records import Estimate
from keepfit.split import HOLDOUT
from keepfit.store import Store, get, open_store

CONFIDENCE = 0.95  # one-sided, per bound


@dataclass(frozen=True)
class Holdout:
    """Rows that a version was judged on: the table (n), labels (n,), keys, and which of them count as one."""

    table: pa.Table
    labels: Any
    classes: tuple[str, ...]
    keys: list[tuple[Any, ...]]
    clusters: Clusters
    store: Store
    use_case: UseCase

    @classmethod
    def of(cls, store_address: Path | str, config: Path, digest: str) -> "Holdout":
        """The holdout of a version, by its manifest."""
        store, use_case = open_store(str(store_address)), load(config, {}).use_case
        manifest = registry.manifest(store, use_case.name, digest)
        sides = np.frombuffer(get(store, manifest.sides), np.uint8)
        table = read_snapshot(store, use_case.name, manifest.snapshot).filter(pa.array(sides == HOLDOUT))
        label = table.column(use_case.data.label.column)
        labels = features.encode_labels(label, manifest.classes) if manifest.classes else label.to_numpy()
        keys = list(zip(*(table.column(name).to_pylist() for name in use_case.data.key), strict=True))
        days = None
        if use_case.data.event_time:
            times = features.from_table(table, {use_case.data.event_time: "time"})[use_case.data.event_time]
            days = days_of(times, use_case.data.timezone)
        clusters = Clusters.of(table.num_rows, days, None)
        return cls(table, labels, manifest.classes, keys, clusters, store, use_case)

    def ask(self, digest: str) -> Any:
        """What a version of the same use case says about these rows: (n, k) probabilities, or (n,) values."""
        manifest = registry.manifest(self.store, self.use_case.name, digest)
        assert manifest.classes == self.classes, "other classes"
        scorer = score.load(self.store, manifest.files)
        with score.one_thread():
            return scorer.predict(features.from_table(self.table, scorer.encoding.kinds))

    def some(self, places: Sequence[int]) -> "Holdout":
        """Some of the rows, by their places."""
        chosen = np.zeros(self.table.num_rows, bool)
        chosen[list(places)] = True
        keys = [self.keys[place] for place in places]
        clusters = self.clusters.take(chosen)
        return replace(self, table=self.table.take(places), labels=self.labels[places], keys=keys, clusters=clusters)

    def worth(self, metric: str, prediction: Any) -> Estimate:
        """A metric with its bounds."""
        return worth(metric, self.labels, prediction, self.clusters)

    def better(self, metric: str, one: Any, other: Any) -> Estimate:
        """By how much one is better than the other, positive where it is, paired on the rows."""
        return better(metric, self.labels, one, other, self.clusters)


def worth(metric: str, labels: Any, prediction: Any, clusters: Clusters) -> Estimate:
    """A metric of predictions with its bounds."""
    asked = METRICS[metric]
    return estimate(measure(metric, labels, prediction), clusters, CONFIDENCE, Scale(asked.low, asked.high))


def better(metric: str, labels: Any, one: Any, other: Any, clusters: Clusters) -> Estimate:
    """By how much one is better than the other on the same rows."""
    scores = (measure(metric, labels, each) for each in (one, other))
    same = np.array_equal(one, other)
    return compare(*scores, clusters, CONFIDENCE, METRICS[metric], identical=same)


def told(found: Estimate, digits: int = 3, *, sign: bool = False) -> str:
    """A figure with its bounds, as a cell of a table; digits as given, or more where the figure is small."""
    if found.value is None:
        return "—"
    form = f"{'+' if sign else ''}.{digits}f"
    if found.low is None or found.high is None:
        return f"{found.value:{form}}"
    return f"{found.value:{form}} ({found.low:{form}} to {found.high:{form}})"


def rate(count: int, rows: int) -> str:
    """A share with its interval of 95 %, as if rows were independent (Clopper & Pearson 1934)."""
    low = beta.ppf(0.025, count, rows - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, rows - count) if count < rows else 1.0
    return f"{count / rows:.1%} ({low:.1%} to {high:.1%})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def put_below_mark(path: Path, lines: Sequence[str]) -> None:
    """Put the lines below the line `<!-- tables -->` of a file."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    head, mark, _ = before.partition("<!-- tables -->\n")
    path.write_text(f"{head}{mark or '<!-- tables -->'}\n" + "\n".join(lines) + "\n", encoding="utf-8")


def put_between_marks(path: Path, name: str, lines: Sequence[str]) -> None:
    """Put the lines between `<!-- name -->` and `<!-- end of name -->` of a file, which has both."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, mark, rest = path.read_text(encoding="utf-8").partition(begin)
    _, other, after = rest.partition(end)
    if not (mark and other):
        raise SystemExit(f"{path} lacks the line {(begin if not mark else end).strip()}")
    path.write_text(before + begin + "\n" + "\n".join(lines) + "\n\n" + end + after, encoding="utf-8")


def outcomes(answer: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The gates of an answer of `keepfit run --json`, by what they ask."""
    return {gate["gate"]: gate for gate in answer["verdict"]["gates"]}
