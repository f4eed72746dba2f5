"""The demo delivers months that are over, once, and the three use cases can be learnt from what it writes."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.csv as csv
import pytest

from flows.demo import write_demo, write_use_cases
from keepfit.config import load
from keepfit.data import extract
from keepfit.records import Moment
from keepfit.store import open_store
from keepfit.validate import validate

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("demo")
    write_demo(date(2013, 4, 1), root)
    return root


def test_months_that_are_over_and_only_those(delivered):
    assert sorted(path.name for path in (delivered / "data/flights").iterdir()) == [
        "2013-01.csv",
        "2013-02.csv",
        "2013-03.csv",
    ]
    counts = [csv.read_csv(path).num_rows for path in sorted((delivered / "data/flights").iterdir())]
    assert counts == [27_004, 24_951, 28_834]
    assert csv.read_csv(delivered / "data/digits.csv").num_rows == 1797
    assert csv.read_csv(delivered / "data/diabetes.csv").num_rows == 442


def test_later_months_are_added_and_nothing_is_touched(delivered, tmp_path):
    early = write_demo(date(2013, 2, 1), tmp_path)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in early}
    later = write_demo(date(2013, 3, 15), tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in later] == [
        "data/flights/2013-02.csv",
        "data/weather/2013-02.csv",
    ]
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in early} == before
    assert write_demo(date(2013, 3, 15), tmp_path) == []
    assert [path.name for path in tmp_path.rglob(".*")] == []
    for path in later:
        assert path.read_bytes() == (delivered / path.relative_to(tmp_path)).read_bytes()


def test_an_empty_folder_gets_the_use_cases_and_a_folder_with_its_own_does_not(tmp_path):
    written = write_use_cases(tmp_path)
    assert sorted(path.name for path in written) == sorted(path.name for path in (ROOT / "configs").iterdir())
    assert [load(path).use_case.name for path in written if path.suffix == ".yaml"] == [
        "diabetes_progression",
        "digit_image",
        "flight_delay",
    ]
    for path in written[1:]:
        path.unlink()
    assert write_use_cases(tmp_path) == []


def test_flights_are_a_whole_table_on_the_first_of_april(delivered, tmp_path):
    case = load(ROOT / "configs/flight_delay.yaml").use_case
    store = open_store(str(tmp_path / "store"))
    moment = Moment(as_of=datetime(2013, 4, 1, 4, tzinfo=UTC), started=datetime(2026, 1, 1, tzinfo=UTC))
    extracted = extract(store, case, moment, delivered)
    assert (extracted.rows, extracted.not_yet, extracted.refused_rows) == (80_789, 0, 0)
    assert extracted.warnings == ()
    validated = validate(store, case.model_copy(update={"expectations": ()}), extracted, moment)
    assert validated.rows.quarantined == 0
    assert {each.name: each.missing for each in validated.columns}["temp"] < 100


@pytest.mark.parametrize(("name", "rows"), [("digit_image", 1797), ("diabetes_progression", 442)])
def test_the_small_use_cases_keep_every_row(delivered, tmp_path, name, rows):
    case = load(ROOT / f"configs/{name}.yaml").use_case
    store = open_store(str(tmp_path / "store"))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    moment = Moment(as_of=now, started=now)
    extracted = extract(store, case, moment, delivered)
    assert extracted.warnings == ()
    assert validate(store, case, extracted, moment).rows.kept == rows
