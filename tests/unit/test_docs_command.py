"""`keepfit docs`: which validation it shows, where the pages go, and what it says when there is none."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docs_samples import docs as sample
from msgspec.structs import replace

from flows.cli import app
from keepfit.errors import ConfigError
from keepfit.ledger import append
from keepfit.records import Draft, Extracted, Seat, canonical
from keepfit.store import Directory, put
from keepfit.validate import archive

FLIGHTS = Path(__file__).with_name("flight_delay.yaml")


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "flight_delay.yaml").write_bytes(FLIGHTS.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KEEPFIT_STORE", raising=False)
    return Directory(tmp_path / ".keepfit")


def made_of():
    """What was validated."""
    return Extracted(
        parts=(),
        rows=0,
        refused=(),
        refused_rows=0,
        not_yet=0,
        outside_history=0,
        labels_pending=0,
        future=0,
        newest=None,
        sources=(),
        columns=(),
        warnings=(),
    )


def validated(store, as_of, rows, failed=""):
    """A validation that kept so many rows."""
    made = sample()
    profile = put(store, canonical(replace(made.profile, rows=rows)))
    counts = replace(made.record.rows, total=rows + 100, kept=rows)
    warning = f"data/{as_of:%Y-%m}.csv: the unit of delay looks changed"
    extracted = put(store, canonical(replace(made_of(), warnings=(warning,))))
    record = replace(
        made.record, extracted=extracted, as_of=as_of, started=as_of, rows=counts, profile=profile, failed=failed
    )
    return archive.write(store, "flight_delay", record)


def registered(store, number, record):
    """A version that was made of the rows of a validation."""
    append(
        store,
        "flight_delay",
        lambda _: Draft(
            action="registered",
            actor="ada",
            reason="…",
            at=record.started,
            as_of=record.as_of,
            version=Seat(number=number, digest=f"{number}" * 64),
            verdict="0" * 64,
            outcome="fail",
            objects={"profile": record.profile},
            details={"rows": str(record.rows.kept)},
        ),
    )


def run(*words):
    return app(["docs", "flight_delay", *words], result_action="return_value")


def test_the_newest_validation_is_shown_or_the_newest_up_to_a_moment(place, tmp_path, capsys):
    registered(place, 1, validated(place, datetime(2013, 4, 1, 4, tzinfo=UTC), 1111))
    registered(place, 2, validated(place, datetime(2013, 5, 1, 4, tzinfo=UTC), 2222))
    assert run("--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "use_case": "flight_delay",
        "validation": 2,
        "version": 2,
        "stopped": "",
        "index": "docs/flight_delay/index.html",
        "pages": 9,
    }
    assert "2,222 of 2,322" in (tmp_path / "docs/flight_delay/index.html").read_text()
    assert run("--as-of", "2013-04-15", "--out", "april") == 0
    assert capsys.readouterr().out == "wrote 9 pages: april/index.html\n"
    assert run("--as-of", "2013-04-15", "--json") == 0
    assert json.loads(capsys.readouterr().out)["version"] == 1
    assert "1,111 of 1,211" in (tmp_path / "april/index.html").read_text()


def test_a_validation_that_stopped_its_run_is_the_newest(place, tmp_path, capsys):
    registered(place, 1, validated(place, datetime(2013, 4, 1, 4, tzinfo=UTC), 1111))
    registered(place, 2, validated(place, datetime(2013, 5, 1, 4, tzinfo=UTC), 2222))
    # The same rows: what was expected of them is new.
    validated(place, datetime(2013, 5, 1, 4, tzinfo=UTC), 2222, "expect_column_mean_to_be_between failed")
    assert run() == 0
    assert capsys.readouterr().out == (
        "this validation stopped its run: expect_column_mean_to_be_between failed\n"
        "wrote 9 pages: docs/flight_delay/index.html\n"
    )
    said = (tmp_path / "docs/flight_delay/index.html").read_text()
    assert "This validation stopped its run: expect_column_mean_to_be_between failed." in said
    assert "2,222 of 2,322" in said
    assert "81.5" in said
    assert "data/2013-05.csv: the unit of delay looks changed" in said
    assert run("--json") == 0
    assert json.loads(capsys.readouterr().out)["version"] is None


def test_without_a_validation_there_is_nothing_to_show(place):
    with pytest.raises(ConfigError, match="flight_delay was never validated"):
        run()
    validated(place, datetime(2013, 4, 1, 4, tzinfo=UTC), 1111)
    with pytest.raises(ConfigError, match="flight_delay was never validated as of that moment"):
        run("--as-of", "2013-03-01")
