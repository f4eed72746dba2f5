"""`keepfit up`: a person, an event and a schedule start runs; what dies is started again; nothing is left behind."""

import signal
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from journeys import World
from upped import SCORING, SERVER, WORKER, Up
from watched_world import write

from keepfit.ledger import fold_of, head, watch_of
from keepfit.registry import verify


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = write(World(tmp_path_factory.mktemp("upped")))
    yield world
    world.stop()


@pytest.fixture(scope="module")
def up(world):
    up = Up(world)
    yield up
    if up.process.poll() is None:
        up.stop()


def entries(world):
    return head(world.store, "visits").seq


def test_a_person_trains_the_first_champion_from_the_pages_of_prefect(up, browser):
    assert up.version() is None
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.goto(f"{up.said['prefect']}/deployments/deployment/{up.deployment('train')['id']}")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    page.get_by_text("The moment the run pretends it is").wait_for()
    moment = page.locator("label", has_text="as_of").locator("xpath=following::*[self::input or self::textarea][1]")
    moment.fill("2020-04-01")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**tab=Runs")
    page.get_by_text("Completed").first.wait_for(timeout=120_000)
    page.close()
    assert up.runs("train")[0]["parameters"]["as_of"] == "2020-04-01"
    assert up.until(up.version) == 1


def test_the_form_takes_only_what_the_deployment_is_about(up, world):
    where = up.deployment("train")
    schema = where["parameter_openapi_schema"]["properties"]
    assert schema["use_case"]["enum"] == ["visits"]
    assert schema["store"]["enum"] == [str(world.work / ".keepfit")]
    for wrong in ({"store": "/elsewhere"}, {"use_case": "other"}, {"as_of": "tomorrow"}):
        answer = up.http.post(
            f"{up.said['prefect']}/api/deployments/{where['id']}/create_flow_run", json={"parameters": wrong}
        )
        assert answer.status_code == 409, answer.text


def test_a_page_of_somebody_else_cannot_steer_the_server(up):
    """A web site that the user visits can send requests to this machine, but has no token and may not read."""
    import httpx

    where = f"{up.said['prefect']}/api/deployments/{up.deployment('train')['id']}/create_flow_run"
    answer = httpx.post(where, json={}, headers={"Origin": "https://evil.example"}, trust_env=False)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_the_server_has_planned_the_end_of_the_next_window(up):
    """The schedule that the YAML asks for: every day, in UTC, as of which its runs will be."""

    def planned():
        found = up.ask("POST", "/flow_runs/filter", {"flow_runs": {"state": {"name": {"any_": ["Scheduled"]}}}})
        return [each for each in found if each["deployment_id"] == up.deployment("monitor")["id"]]

    first = min(datetime.fromisoformat(each["expected_start_time"]) for each in up.until(planned))
    now = datetime.now(first.tzinfo)
    assert now < first <= now + timedelta(days=1)
    assert (first.hour, first.minute, first.second) == (0, 0, 0)


def test_a_schedule_starts_a_run(up):
    where = up.deployment("monitor")["id"]
    schedule = {"schedule": {"interval": 15}, "active": True, "parameters": {"as_of": "2020-04-08"}}
    (made,) = up.ask("POST", f"/deployments/{where}/schedules", [schedule])
    up.until(lambda: up.runs("monitor", "COMPLETED"), 150)
    up.ask("DELETE", f"/deployments/{where}/schedules/{made['id']}")
    ran = up.runs("monitor", "COMPLETED")[0]
    assert ran["auto_scheduled"]
    assert ran["parameters"]["as_of"] == "2020-04-08"


def test_the_monitor_asks_and_the_event_retrains_and_the_service_answers_with_the_new_version(up, world):
    up.done("monitor", as_of="2020-05-06")
    assert up.runs("retrain") == []
    up.done("monitor", as_of="2020-05-07")
    up.until(lambda: up.runs("retrain", "COMPLETED"))
    watch = watch_of(fold_of(head(world.store, "visits")))
    assert len(watch.requests) == 1
    assert fold_of(head(world.store, "visits")).newest_versions[0].as_of == watch.requests[0]
    assert up.until(lambda: up.version() == 2)


def test_doubled_late_and_forged_events_change_nothing(up, world):
    before, ran = entries(world), len(up.runs("retrain"))
    sent = ("2020-05-07T00:00:00+00:00", "2020-05-07T00:00:00+00:00", "2020-05-01T00:00:00+00:00",
            "2030-01-01", "{{ 7 * 7 }}", "")  # fmt: skip
    for window_end in sent:
        up.emit("keepfit.retrain.requested", window_end=window_end)
    up.emit("keepfit.retrain.requested")  # from which Prefect cannot make parameters
    up.emit("keepfit.retrain.requested", use_case="other", window_end="2020-05-07T00:00:00+00:00")
    up.until(lambda: len(up.runs("retrain", "COMPLETED")) >= ran + len(sent), 240)
    assert entries(world) == before
    assert verify(world.store).problems == ()


def test_no_two_runs_of_the_use_case_were_at_work_at_once(up):
    """Six retrains that came at once have waited for each other, and so has every other run before."""
    ran = [each for each in up.runs() if each["state_type"] == "COMPLETED"]
    assert len(ran) > 8
    spans = sorted(
        (datetime.fromisoformat(each["start_time"]), datetime.fromisoformat(each["end_time"])) for each in ran
    )
    assert all(before[1] <= after[0] for before, after in pairwise(spans)), spans


def test_the_doctor_finds_all_of_it_in_order(up, world):
    told = world.run("doctor", "--json", PREFECT_API_URL=f"{up.said['prefect']}/api")
    assert told.code == 0, told.out
    found = {each["check"]: each["health"] for each in told.answer["checks"]}
    assert found["deployments"] == found["worker"] == found["Prefect's CSRF"] == found["Prefect's CORS"] == "ok"
    assert "Prefect's locks" not in found


@pytest.mark.parametrize("word", [WORKER, SCORING, SERVER])
def test_what_dies_is_started_again_and_said(up, word):
    process = up.until(lambda: up.child(word))
    process.kill()
    up.until(lambda: (new := up.child(word)) is not None and new.pid != process.pid)
    assert "is started again" in up.err.read_text()
    up.until(lambda: up.version() in {2, 3})
    up.until(up.healthy)


def test_all_of_it_ends_with_a_signal(up, world):
    up.done("monitor", as_of="2020-05-08")  # the worker works again
    assert up.stop(signal.SIGINT) == 0
    processes, _ = world.left()
    assert processes == []
    # The worker that was killed above has left empty folders of Prefect's (`runner_storage`), which it empties itself.
    assert [path for path in world.temporary.rglob("*") if not path.is_dir()] == []


def test_a_killed_up_leaves_nobody_and_the_next_one_goes_on(world):
    up = Up(world)
    assert up.until(up.version) in {2, 3}
    assert len(up.runs("retrain")) > 1
    up.process.kill()
    up.stop()
    assert world.left()[0] == []
    assert verify(world.store).problems == ()
