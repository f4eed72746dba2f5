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
from keepfit.records import Draft, Dropped, Quarantined, Seat, canonical
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


def registered(store, number, as_of, rows):
    """A version whose data kept so many rows."""
    made = sample()
    profile = put(store, canonical(made.profile))
    validated = made.provenance.validated
    validated = replace(validated, profile=profile, rows=replace(validated.rows, total=rows + 100, kept=rows))
    provenance = put(store, canonical(replace(made.provenance, as_of=as_of, validated=validated)))
    append(
        store,
        "flight_delay",
        lambda _: Draft(
            action="registered",
            actor="ada",
            reason="…",
            at=as_of,
            as_of=as_of,
            version=Seat(number=number, digest=f"{number}" * 64),
            verdict="0" * 64,
            outcome="fail",
            objects={"provenance": provenance},
        ),
    )


def run(*words):
    return app(["docs", "flight_delay", *words], result_action="return_value")


def test_the_newest_validation_is_shown_or_the_newest_up_to_a_moment(place, tmp_path, capsys):
    registered(place, 1, datetime(2013, 4, 1, 4, tzinfo=UTC), 1111)
    registered(place, 2, datetime(2013, 5, 1, 4, tzinfo=UTC), 2222)
    assert run("--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "use_case": "flight_delay",
        "version": 2,
        "index": "docs/flight_delay/index.html",
        "pages": 9,
    }
    assert "2,222 of 2,322" in (tmp_path / "docs/flight_delay/index.html").read_text()
    assert run("--as-of", "2013-04-15", "--out", "april") == 0
    assert capsys.readouterr().out == "wrote 9 pages: april/index.html\n"
    assert "1,111 of 1,211" in (tmp_path / "april/index.html").read_text()


def test_a_later_validation_that_stopped_is_told(place, tmp_path):
    registered(place, 1, datetime(2013, 4, 1, 4, tzinfo=UTC), 1111)
    as_of = datetime(2013, 5, 1, 4, tzinfo=UTC)
    archive.write(
        place,
        "flight_delay",
        Quarantined(
            number=0,
            as_of=as_of,
            started=as_of,
            config="c",
            extracted="e",
            rows=sample().provenance.validated.rows,
            quarantine=(),
            absent=(),
            broken=(),
            dropped=(Dropped(rule="no label", rows=40),),
            failed="expect_column_mean_to_be_between failed",
        ),
    )
    assert run() == 0
    said = (tmp_path / "docs/flight_delay/index.html").read_text()
    assert "A later validation, as of 2013-05-01 04:00 UTC, stopped its run" in said
    assert "expect_column_mean_to_be_between failed" in said


def test_without_a_version_there_is_nothing_to_show(place):
    with pytest.raises(ConfigError, match="no version of flight_delay is registered"):
        run()
    registered(place, 1, datetime(2013, 4, 1, 4, tzinfo=UTC), 1111)
    with pytest.raises(ConfigError, match="no version of flight_delay is registered as of that moment"):
        run("--as-of", "2013-03-01")
