"""The flights of 2013 as a monitor sees them: days, columns, labels, answers of models that had not seen them."""

import subprocess
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from ruamel.yaml import YAML

from keepfit import features
from keepfit.config import load
from keepfit.data import extract
from keepfit.features import Levels
from keepfit.monitor import Answered, Answers, Reference, Rows, Seen, reference_of, tallied
from keepfit.monitor.made import days_of
from keepfit.records import Moment
from keepfit.store import open_store
from keepfit.validate import arrived
from tests.benchmarks.flights_world import KEEPFIT, ROOT

KINDS = {
    "carrier": "category",
    "origin": "category",
    "dest": "category",
    "distance": "number",
    "departure_minute": "number",
    "temp": "number",
    "wind_speed": "number",
    "precip": "number",
    "visib": "number",
}
CLASSES = ("False", "True")
FOLDS = 5
END = datetime(2014, 1, 1, tzinfo=UTC)


class Flights(NamedTuple):
    """Rows in the order of days: days (n,) from 0, columns by name; labels (n,) of 0 and 1 and answers (n, 2).

    Of a regression labels and answers are values, (n,).
    """

    days: NDArray[np.int64]
    columns: Mapping[str, Any]
    labels: NDArray[Any]
    answers: NDArray[np.float64]

    def some(self, rows: Any, days: Any = None) -> "Flights":
        """Some rows, perhaps with other days."""
        columns = {name: taken(column, rows) for name, column in self.columns.items()}
        return Flights(self.days[rows] if days is None else days, columns, self.labels[rows], self.answers[rows])

    def of_days(self, days: Any) -> "Flights":
        """The rows of some days, in that order, which become day 0, 1, …; a day may come more than once."""
        spans = [np.searchsorted(self.days, [day, day + 1]) for day in days]
        rows = np.concatenate([np.arange(low, high) for low, high in spans])
        return self.some(rows, np.repeat(np.arange(len(spans)), [high - low for low, high in spans]))


def taken(column: Any, rows: Any) -> Any:
    """Some rows of a column."""
    return Levels(column.codes[rows], column.levels) if isinstance(column, Levels) else column[rows]


@cache
def flights() -> Flights:
    """The flights that arrived; each is answered by a model that learnt from other weeks."""
    with tempfile.TemporaryDirectory(prefix="keepfit-year-") as name:
        table = _table(Path(name))
    days = days_of(table, "time_hour")
    columns = features.from_table(table, KINDS)
    labels = table.column("late").to_numpy().astype(np.int64)
    order = np.argsort(days, kind="stable")
    made = Flights(days - days.min(), columns, labels, np.zeros((len(days), 2))).some(order)
    return made._replace(answers=answers_of_others(made))


def _table(folder: Path) -> Any:
    subprocess.run([KEEPFIT, "demo", "--until", "2014-01-01"], cwd=folder, check=True, capture_output=True)
    text = YAML().load((ROOT / "configs" / "flight_delay.yaml").read_text())
    text["data"]["history"] = "400d"
    path = folder / "flight_delay.yaml"
    with path.open("w") as file:
        YAML().dump(text, file)
    use_case, store, moment = load(path).use_case, open_store(str(folder / "store")), Moment(as_of=END, started=END)
    extracted = extract(store, use_case, moment, folder)
    found = arrived(store, use_case, extracted, moment, datetime(2013, 1, 1, 5, tzinfo=UTC), END)
    table = pa.concat_tables(found.tables())
    return table.filter(table.column("late").is_valid())


def answers_of_others(given: Flights, *, classes: bool = True) -> NDArray[np.float64]:
    """What models that learnt from other weeks answer, (n, 2) or (n,)."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    codes = [column.codes if isinstance(column, Levels) else column for column in given.columns.values()]
    matrix, fold = np.column_stack(codes).astype(float), given.days // 7 % FOLDS
    found = np.zeros((len(matrix), 2) if classes else len(matrix))
    for each in range(FOLDS):
        kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
        model = kind(max_iter=60, random_state=0).fit(matrix[fold != each], given.labels[fold != each])
        rows = matrix[fold == each]
        found[fold == each] = model.predict_proba(rows) if classes else model.predict(rows)
    return found


def reference(given: Flights, asked: Any) -> Reference:
    """The reference of a version that was made from some rows."""
    rows = Rows(given.days, given.columns, given.labels)
    answered = Answered(given.days, given.labels, given.answers, np.arange(len(given.days)))
    if given.answers.ndim == 1:
        return reference_of("values", "regression", (), rows, answered, asked)
    return reference_of("classes", "binary", CLASSES, rows, answered, asked)


def seen(made: Reference, window: Flights, *, labelled: bool = True) -> Seen:
    """Rows as the monitor is given them."""
    known = np.arange(len(window.days) if labelled else 0)
    part = Answers(window.columns, window.days, window.answers, known, window.labels[known])
    return Seen(tallied(made, [part]), len(window.days), 0, 0.01)
