"""From windows of production to a retrain: looked at, decided, written down, done once, and never by hearsay."""

import math
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from journeys import World, visits
from serving_process import serving
from watched_world import MANY, WATCHED

from keepfit.ledger import fold_of, head, watch_of
from keepfit.registry import verify
from keepfit.serving.log import Label, Prediction, PredictionLog


def rows(month, turned=False):
    """A month of visits; ``turned``: who stays long does not come back any more; after a day all stay half as long."""
    lines = visits(2020, month, MANY).splitlines()
    if not turned:
        return "\n".join(lines) + "\n"
    parted = [line.split(",") for line in lines[1:]]
    back = {"true": "false", "false": "true"}
    made = [
        f"{key},{at},{int(minutes) / (1 if at.startswith('2020-05-01') else 2)},{door},{back[came]}"
        for key, at, minutes, door, came in parted
    ]
    return "\n".join([lines[0], *made]) + "\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory, warm):
    world = World(tmp_path_factory.mktemp("watched")).tiny(months=(1, 2, 3), text=WATCHED)
    folder = world.work / "data" / "visits"
    for path in folder.glob("*.csv"):
        path.unlink()
    for month in (1, 2, 3, 4):
        (folder / f"2020-{month:02d}.csv").write_text(rows(month))
    (folder / "2020-05.csv").write_text(rows(5, turned=True))
    first = warm.run(world, "run", "visits", "--json", "--as-of", "2020-04-01")
    assert (first.code, first.answer["champion"]) == (0, 1), first.err
    return world


def monitored(world, warm, day, command="monitor"):
    ended = warm.run(world, command, "visits", "--json", "--as-of", day)
    assert ended.code == 0, ended.err
    return ended.answer


def entries(world):
    return head(world.store, "visits").seq


def heard(warm, name, wanted, since):
    """The windows of events that the server has got since a moment; waits until those that are wanted are there."""
    _, word = warm.server["PREFECT_API_AUTH_STRING"].split(":")
    asked = {"filter": {"event": {"name": [name]}, "occurred": {"since": since.isoformat()}}}
    for _ in range(100):
        answer = httpx.post(
            warm.server["PREFECT_API_URL"] + "/events/filter", json=asked, auth=("keepfit", word), timeout=20
        )
        events = answer.json()["events"]
        ends = {each["payload"]["window_end"][:10] for each in events}
        if ends >= wanted:
            break
        time.sleep(0.1)
    assert {each["resource"]["prefect.resource.id"] for each in events} <= {"keepfit.use_case.visits"}
    assert all(set(each["payload"]) == {"use_case", "window_end"} for each in events)
    return ends


def test_a_day_like_the_others_is_looked_at_and_nothing_follows(world, warm):
    answer = monitored(world, warm, "2020-04-08")
    assert answer["window"]["start"].startswith("2020-04-07")
    assert (answer["window"]["rows"], answer["labelled"], answer["alarms"]) == (100, 0, [])
    assert answer["decision"] == {"retrain": False, "because": [], "suppressed_by": None}
    before = entries(world)
    assert monitored(world, warm, "2020-04-08") == answer
    assert entries(world) == before
    idle = monitored(world, warm, "2020-04-08", "retrain")
    assert (idle["retrained"], idle["run"]) == (False, None)
    assert entries(world) == before


def test_a_window_that_the_champion_has_learnt_from_is_not_judged(world, warm):
    answer = monitored(world, warm, "2020-02-20")
    assert answer["window"] is None
    assert "has learnt from rows of this window" in answer["reason"]


def test_drift_asks_for_a_retrain_which_happens_once(world, warm):
    begun = datetime.now(UTC)
    assert monitored(world, warm, "2020-05-02")["alarms"] == []
    one = monitored(world, warm, "2020-05-06")
    assert "drift" in one["alarms"]
    assert "not yet in 2 of 3 windows" in one["decision"]["suppressed_by"]
    two = monitored(world, warm, "2020-05-07")
    assert [each["decision"]["retrain"] for each in (*two["late"], two)].count(True) == 1
    assert "drift in 2 of" in two["decision"]["because"][0]
    three = monitored(world, warm, "2020-05-08")
    assert "cooldown" in three["decision"]["suppressed_by"]
    turned = {"2020-05-06", "2020-05-07", "2020-05-08"}
    late = {each["window"]["end"][:10] for answer in (one, two, three) for each in answer["late"] if each["alarms"]}
    assert "2020-05-02" in late, "a window that was quiet until its labels came"
    assert heard(warm, "keepfit.alarm.raised", turned | late, begun) == turned | late
    assert len(heard(warm, "keepfit.retrain.requested", {"2020-05-07"}, begun)) == 1
    done = monitored(world, warm, "2020-05-08", "retrain")
    assert (done["retrained"], done["run"]["version"]) == (True, 2)
    before = entries(world)
    again = monitored(world, warm, "2020-05-08", "retrain")
    assert (again["retrained"], entries(world)) == (False, before)
    watch = watch_of(fold_of(head(world.store, "visits")))
    assert len(watch.requests) == 1
    assert verify(world.store).problems == ()


def served(world, day, change=lambda record: record):
    """The visits of a day, asked about over HTTP; a label a row, whether sent or not."""
    lines = [line.split(",") for line in rows(4).splitlines()[1:]]
    asked = [
        {"id": key, "at": at, "minutes": float(minutes), "door": door}
        for key, at, minutes, door, _ in lines
        if at.startswith(day) and door != "roof"
    ]
    labels = {key: came == "true" for key, _, _, _, came in lines}
    with serving(world.folder / "serving", world.work / ".keepfit", "visits") as server, server.client() as client:
        server.until(lambda: client.get("/readyz").status_code == 200)
        body = {"records": [change(record) for record in asked]}
        answer = client.post("/v1/models/visits/predict", json=body).json()
        told = [
            {"id": each["id"], "label": labels[record["id"]], "at": f"{day}T23:59:59Z"}
            for each, record in zip(answer["predictions"], asked, strict=True)
        ]
        assert client.post("/v1/models/visits/labels", json={"labels": told[::2]}).status_code == 200
        assert server.stop() == 0
    return asked


@pytest.fixture
def apart(world, tmp_path):
    """The same world, before anything was watched in it or after, to be changed by itself."""
    shutil.copytree(world.folder, tmp_path / "apart")
    return World(tmp_path / "apart")


def test_what_was_served_is_looked_at_with_the_labels_that_came_for_it(apart, warm):
    def longer(record):
        return record | {"minutes": min(record["minutes"] + 30, 100)}

    asked = served(apart, "2020-04-20", longer)
    answer = monitored(apart, warm, "2020-04-21")
    assert (answer["source"], answer["window"]["rows"], answer["labelled"]) == ("log", len(asked), len(asked[::2]))
    assert ("drift", "minutes") in {(c["check"], c["feature"]) for c in answer["checks"] if c["outcome"] == "fail"}
    told = warm.run(apart, "monitor", "visits", "--as-of", "2020-04-21")
    assert f"{len(asked)} rows were served" in told.out
    assert f"{len(asked[::2])} with labels" in told.out

    after = monitored(apart, warm, "2020-04-23")
    assert (after["source"], after["alarms"]) == ("rows", [])
    filled = next(each for each in after["late"] if each["window"]["end"].startswith("2020-04-21"))
    assert (filled["source"], filled["labelled"]) == ("log", len(asked)), "the sources know the other labels"
    assert "not known yet" not in Path(filled["page"]).read_text(), "the page tells what has come"
    before = entries(apart)
    again = monitored(apart, warm, "2020-04-23")
    assert (again["late"], entries(apart)) == ([], before)
    ends = [each.end for each in watch_of(fold_of(head(apart.store, "visits"))).windows]
    assert len(ends) == len(set(ends)), "a window counts once, however often it is looked at"


def logged(world, day, labels, scores):
    """A day of the prediction log that no service of ours would have written."""
    digest, moment = fold_of(head(world.store, "visits")).champion.digest, datetime.fromisoformat(f"{day}T12:00:00Z")
    log = PredictionLog(world.folder / "log", world.store, "visits", "other", sync=False)
    asked = [
        {
            "id": f"x{n}",
            "at": f"{day}T{n % 24:02d}:00:00Z",
            "minutes": n * 37 % 100 + 0.5,
            "door": ("north", "south")[n % 2],
        }
        for n in range(100)
    ]
    log.put(
        [
            Prediction(f"p{n}", moment, "visits", 1, digest, "champion", record, scores(n), None, (), 1.0)
            for n, record in enumerate(asked)
        ]
    )
    log.label([Label(labels(n), moment, id=f"p{n}") for n in range(100)])
    log.close()


def test_a_log_with_answers_and_labels_that_are_none_is_held_for_a_person(apart, warm):
    logged(apart, "2020-04-20", lambda n: "perhaps" if n % 2 else True, lambda n: (math.nan, math.nan))
    told = warm.run(apart, "monitor", "visits", "--as-of", "2020-04-21")
    assert told.code == 0, told.err
    assert "50 of 100 labels are none that the model knows, such as perhaps" in told.out
    assert "100 of 100 logged answers are none" in told.out
    assert "a person must look" in told.out
    asked = warm.run(apart, "retrain", "visits", "--json", "--as-of", "2020-04-21").answer
    assert (asked["retrained"], asked["monitored"]["decision"]["retrain"]) == (False, False)


def test_a_feed_whose_types_changed_is_held_for_a_person_and_says_the_column(apart, warm):
    path = apart.work / "data" / "visits" / "2020-05.csv"
    lines = [line.split(",") for line in path.read_text().splitlines()]
    turned = [lines[0], *([key, at, f"{minutes} min", *more] for key, at, minutes, *more in lines[1:])]
    path.write_text("\n".join(map(",".join, turned)) + "\n")
    for day in ("2020-05-06", "2020-05-07", "2020-05-08"):
        answer = monitored(apart, warm, day)
        (why,) = answer["broken"]
        assert "100 of 100 rows break the contract: minutes: not of the declared type" in why
        assert (answer["decision"]["retrain"], "a person must look" in answer["reason"]) == (False, True)


def test_a_new_champion_is_held_against_the_one_that_it_replaced(apart, warm):
    before = monitored(apart, warm, "2020-04-28")
    assert (before["version"], before["labelled"]) == (1, 0)
    second = warm.run(apart, "run", "visits", "--json", "--as-of", "2020-04-29").answer
    number = second["version"]
    assert second["champion"] == number, second["verdict"]
    early = monitored(apart, warm, "2020-05-02")
    assert (early["version"], early["helped"], early["labelled"]) == (number, None, 0)
    (filled,) = early["late"]
    assert (filled["version"], filled["labelled"], filled["helped"]) == (1, 100, None), "its labels came since"
    assert (filled["decision"]["retrain"], filled["estimates"]["windows"] > 0) == (False, True)
    late = monitored(apart, warm, "2020-05-04")
    found = next(each for each in late["late"] if each["helped"])["helped"]
    assert (found["version"], found["replaced"], found["rows"]) == (number, 1, 99)
    told = warm.run(apart, "show", "visits", "--json").answer
    reasons = [each["reason"] for each in told["ledger"] if each["action"] == "monitored"]
    assert any(f"version {number} " in each and "version 1 would have" in each for each in reasons), reasons
    assert [(each["version"], each["rows"]) for each in told["watch"]["helped"]] == [(number, 99)]

    for day in ("2020-05-05", "2020-05-06"):  # a window of a day is too short alone: the next ones are added
        monitored(apart, warm, day)
    (case,) = warm.run(apart, "show", "visits", "--json").answer["watch"]["helped"]
    assert (case["version"], case["low"], len(case["days"])) == (number, None, 3)
    assert case["rows"] == sum(rows for rows, _, _ in case["days"]) > found["rows"]
    assert verify(apart.store).problems == ()


def test_people_read_what_moved(world, warm):
    told = warm.run(world, "monitor", "visits", "--as-of", "2020-05-06")
    assert told.code == 0, told.err
    assert "drift of minutes" in told.out
    page, overview = (Path(line.split()[-1]).read_text() for line in told.out.splitlines()[-2:])
    assert "minutes" in page
    assert "no estimate can see it" in page
    assert all(word in overview for word in ("<svg", "What moved", "Decisions", "drift"))
    assert not any(word in page + overview for word in ("<script", "http://", "https://"))
    assert "decision  no retrain" in told.out
    shown = warm.run(world, "show", "visits", "--json").answer
    assert "monitored" in {each["action"] for each in shown["ledger"]}


def test_a_page_is_written_where_it_is_asked_for(world, warm):
    for day in ("2020-05-05", "2020-05-06"):
        monitored(world, warm, day)
    shown = warm.run(world, "show", "visits", "--page", "over time.html", "--json")
    assert (shown.code, shown.answer["page"]) == (0, str(world.work / "over time.html")), shown.err
    page = (world.work / "over time.html").read_text()
    windows = page.count('<td class="r" data-label="Realised">')
    assert windows == shown.answer["windows"] > 1
    seen = warm.run(world, "monitor", "visits", "--as-of", "2020-05-06", "--page", "window.html")
    assert seen.code == 0, seen.err
    assert f"page      {world.work / 'window.html'}" in seen.out
    assert "2020-05-05 to 2020-05-06 (UTC, end excluded)" in (world.work / "window.html").read_text()
    refused = warm.run(world, "show", "visits", "--page", "page.pdf")
    assert (refused.code, "ends in .html" in refused.err) == (2, True)
