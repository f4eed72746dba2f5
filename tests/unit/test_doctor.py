"""What the doctor finds, each planted by hand, and what it says to do."""

import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from flows.doctor.command import examined
from flows.doctor.machine import libraries, names, store, use_cases
from flows.doctor.prefect import _open_to, _runs, server

ROOT = Path(__file__).parents[2]


def health(found):
    return {each.check: each.health for each in found}


def test_a_library_that_is_missing_or_too_new_is_named():
    (found,) = libraries(["numpy<1", "no-such-thing>=2", "pandas>=3"])
    assert found.health == "fail"
    assert "numpy" in found.found
    assert "no-such-thing is missing" in found.found
    assert "pandas" not in found.found
    assert health(libraries()) == {"libraries": "ok"}


@pytest.mark.parametrize("planted", ["flows/__init__.py", "tasks.py"])
def test_a_folder_that_would_stand_in_for_ours_is_named(tmp_path, planted):
    assert health(names(tmp_path)) == {"names": "ok"}
    (tmp_path / planted).parent.mkdir(exist_ok=True)
    (tmp_path / planted).touch()
    (found,) = names(tmp_path)
    assert found.health == "warn"
    assert planted.split("/")[0].removesuffix(".py") in found.found


def test_a_file_that_is_no_use_case_is_named_beside_those_that_are(tmp_path):
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    (tmp_path / "configs" / "digit_image.yaml").write_text("name: digit_image\n")
    cases, found = use_cases(tmp_path)
    assert [case.use_case.name for case in cases] == ["diabetes_progression", "flight_delay"]
    assert [each.found.split(":")[0] for each in found if each.health == "fail"] == ["digit_image.yaml"]


def test_a_store_that_is_a_file_or_another_kind_of_place_fails(tmp_path):
    (tmp_path / "file").touch()
    for address in (str(tmp_path / "file"), "ftp://somewhere"):
        opened, (found,) = store(address)
        assert (opened, found.health) == (None, "fail")
        assert found.do
    assert health(store(str(tmp_path))[1]) == {"store": "ok", "clock of the store": "ok"}
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]  # nothing is left there


def test_a_store_that_is_not_there_yet_can_be_made_or_not(tmp_path):
    (tmp_path / "file").touch()
    assert health(store(str(tmp_path / "new" / "store"))[1]) == {"store": "warn"}
    (found,) = store(str(tmp_path / "file" / "store"))[1]
    assert (found.health, found.do != "") == ("fail", True)
    assert f"{tmp_path / 'file'} is no folder" in found.found


@pytest.mark.parametrize(
    ("url", "status", "headers", "expected"),
    [
        ("http://10.0.0.1/api", 200, {"access-control-allow-origin": "*"}, ["fail", "warn"]),
        ("http://127.0.0.1/api", 200, {"access-control-allow-origin": "*"}, ["ok", "warn"]),
        ("http://10.0.0.1/api", 401, {}, ["ok", "ok"]),
    ],
)
def test_a_server_that_is_open_to_strangers_is_told(url, status, headers, expected):
    answer = httpx.Response(status, headers=headers)
    assert [each.health for each in _open_to(url, answer)] == expected


def test_late_runs_and_runs_that_never_end_are_told():
    now = datetime(2026, 11, 29, tzinfo=UTC)
    run = {"name": "one", "state_name": "Running", "state_type": "RUNNING"}
    young = run | {"start_time": (now - timedelta(hours=3)).isoformat()}
    old = run | {"start_time": (now - timedelta(days=3)).isoformat()}
    late = {"name": "two", "state_name": "Late", "state_type": "SCHEDULED", "start_time": None}
    assert [each.health for each in _runs([young], now)] == ["ok"]
    assert [each.health for each in _runs([old, late], now)] == ["warn", "warn"]


def test_a_server_that_is_not_there_fails_and_none_at_all_does_not():
    assert health(server("http://127.0.0.1:9/api", None, [], "/store")) == {"Prefect": "fail"}
    assert health(server(None, None, [], "/store")) == {"Prefect": "ok"}


def test_an_installation_without_a_champion_is_told_what_to_run(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    (tmp_path / "store").mkdir()
    began = time.monotonic()
    found = {each.check: each for each in examined(str(tmp_path / "store"), tmp_path)}
    assert found["champion of flight_delay"].do == "keepfit run flight_delay"
    assert {each.health for each in found.values()} <= {"ok", "warn", "fail"}
    assert time.monotonic() - began < 60
