"""Shadows and canaries in real servers: who answers, what is logged, what stops them, what promotes them."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import serving_world as world
from scipy.stats import binom
from serving_process import serving

from keepfit.ledger import entries, fold_of, head, rollout_of
from keepfit.rollout import decide
from keepfit.serving.log import predictions
from keepfit.serving.log.compared import compared
from keepfit.serving.version import load
from keepfit.store import open_store

PREDICT, CASE = "/v1/models/visits/predict", "visits"
RECORDS = [record | {"id": f"v{number}"} for number, record in enumerate(world.raw_records(300, seed=9))]
LONG = [record | {"minutes": 60 + record["minutes"] / 4} for record in RECORDS]
BREAKING = world.GOOD | {"guests": 5, "minutes": 99.0}


@pytest.fixture
def store(tmp_path):
    store = open_store(str(tmp_path / "store"))
    world.champion(store)
    return store


def served(tmp_path, *words):
    return serving(tmp_path / "work", tmp_path / "store", CASE, "--workers", "1", *words)


def rolling(server, client):
    """Wait until this worker has the challenger beside the champion."""
    return server.until(lambda: (client.get("/readyz").json()["use_cases"][CASE]["rollout"] or {}).get("newest"), 60)


def ask_all(server, records, threads=4):
    with server.client() as client, ThreadPoolExecutor(threads) as pool:
        rolling(server, client)
        return list(pool.map(lambda record: client.post(PREDICT, json=record).json(), records))


def logged(store):
    now = datetime.now(UTC)
    around = (now - timedelta(days=1), now + timedelta(days=1))
    return [row for table in predictions(store, CASE, *around) for row in table.to_pylist()]


def scores_of(store, seat, records):
    live = load(store, CASE, seat)
    rows = live.rows.checked(records, ())
    return [each.score for record in rows for each in live.answer([record], "x").predictions]


def decided(store, rollout, as_of=None):
    classes = (world.CLASSES["binary"],) * 2
    moment = as_of or datetime.now(UTC)
    return decide(rollout, compared(store, CASE, rollout, classes, as_of=moment, key=("id",)), moment)


def test_a_shadow_answers_nobody_and_its_pairs_are_in_the_log(tmp_path, store):
    rollout = world.rolled_out(store, 3, strategy="shadow", slower_at_most=50.0)
    with served(tmp_path) as server:
        answers = ask_all(server, RECORDS)
        assert server.stop() == 0
    assert {answer["version"] for answer in answers} == {1}
    assert [answer["predictions"][0]["score"] for answer in answers] == scores_of(store, rollout.champion, RECORDS)
    rows = logged(store)
    sides = {role: {row["id"]: row for row in rows if row["role"] == role} for role in ("champion", "challenger")}
    assert set(sides["champion"]) == set(sides["challenger"]) == {a["predictions"][0]["id"] for a in answers}
    assert {row["version"] for row in sides["challenger"].values()} == {2}
    said = [sides["challenger"][answer["predictions"][0]["id"]]["score"][1] for answer in answers]
    assert said == scores_of(store, rollout.challenger, RECORDS)
    assert all(row["record"] == sides["champion"][one]["record"] for one, row in sides["challenger"].items())
    assert decided(store, rollout).decided == "promote"


def test_a_canary_has_its_share_is_sticky_and_scores_are_of_the_version_that_is_named(tmp_path, store):
    rollout = world.rolled_out(store, 2, share=0.3)
    with served(tmp_path) as server:
        first = ask_all(server, RECORDS)
        again = ask_all(server, RECORDS)
        assert server.stop() == 0
    with served(tmp_path) as server:  # a restart moves nobody
        third = ask_all(server, RECORDS)
        assert server.stop() == 0
    versions = [answer["version"] for answer in first]
    assert versions == [answer["version"] for answer in again] == [answer["version"] for answer in third]
    low, high = binom.interval(1 - 1e-6, len(RECORDS), 0.3)
    assert low <= versions.count(2) <= high
    by_version = {1: scores_of(store, rollout.champion, RECORDS), 2: scores_of(store, rollout.challenger, RECORDS)}
    assert [a["predictions"][0]["score"] for a in first] == [by_version[v][n] for n, v in enumerate(versions)]
    rows = {row["id"]: row for row in logged(store)}
    for answer in (*first, *again, *third):
        row = rows[answer["predictions"][0]["id"]]
        assert (row["version"], row["role"]) == (
            answer["version"],
            "champion" if answer["version"] == 1 else "challenger",
        )


def test_two_servers_and_all_their_workers_choose_alike(tmp_path, store):
    rollout = world.rolled_out(store, 3, share=0.5)
    many = ("visits", "--workers", "2", "--log", str(tmp_path / "log"))
    with serving(tmp_path / "one", tmp_path / "store", *many) as one, serving(tmp_path / "two", tmp_path / "store",
                                                                            *many) as two:  # fmt: skip
        versions = [
            [answer["version"] for answer in ask_all(server, RECORDS[:150], threads=8)]
            for server in (one, two, one, two)
        ]
        assert one.stop() == two.stop() == 0
    # Each of four workers takes the challenger up by itself, so only what was asked first may have met a late one.
    assert versions[2] == versions[3]
    assert set(versions[2]) == {1, 2}
    rows = logged(store)
    assert len(rows) == 600
    assert decided(store, rollout).decided == "promote"


BAD = {
    "breaks": ("breaks", {}, lambda number: BREAKING | {"id": str(number)}, "errors"),
    "slow": ("slow", {"slower_at_most": 1.5}, lambda number: RECORDS[number % 300], "times as slow"),
    "other scores": (2, {"scores_differ_at_most": 0.2}, lambda number: LONG[number % 300], "scores differ"),
}


@pytest.mark.parametrize("strategy", ["canary", "shadow"])
@pytest.mark.parametrize(("turn", "limits", "record", "says"), BAD.values(), ids=BAD)
def test_a_bad_challenger_is_stopped_by_a_worker_and_nobody_notices(
    tmp_path, store, strategy, turn, limits, record, says
):
    world.rolled_out(store, turn, strategy=strategy, hours=1, **limits)
    statuses, number = set(), 0
    with served(tmp_path) as server, server.client() as client:
        rolling(server, client)
        while head(store, CASE).action != "rollout_stopped":
            answer = client.post(PREDICT, json=record(number))
            statuses.add((answer.status_code, answer.json()["predictions"][0]["score"] is None))
            number += 1
            assert number < 3000, client.get("/readyz").text
        server.until(lambda: client.get("/readyz").json()["use_cases"][CASE]["rollout"] is None)
        assert {client.post(PREDICT, json=record(n)).json()["version"] for n in range(50)} == {1}
        assert server.stop() == 0
    assert statuses == {(200, False)}
    entry = head(store, CASE)
    assert says in entry.reason
    assert entry.actor.startswith("server ")
    assert entry.metrics
    assert rollout_of(entry.fold) is None
    assert fold_of(entry).champion.number == 1
    assert [each.action for each in entries(store, CASE)].count("rollout_stopped") == 1


def test_a_challenger_that_becomes_champion_answers_everybody(tmp_path, store):
    rollout = world.rolled_out(store, 3, share=0.1)
    with served(tmp_path) as server, server.client() as client:
        rolling(server, client)
        world.promoted(store, CASE, rollout.challenger)
        server.until(lambda: client.get("/readyz").json()["use_cases"][CASE]["version"] == 2)
        answers = [client.post(PREDICT, json=record).json()["version"] for record in RECORDS[:40]]
        server.until(lambda: client.get("/readyz").json()["use_cases"][CASE]["rollout"] is None)
    assert set(answers) == {2}


@pytest.mark.parametrize("strategy", ["canary", "shadow"])
def test_reasons_are_those_of_the_version_that_answers(tmp_path, store, strategy):
    world.rolled_out(store, 2, strategy=strategy)
    with served(tmp_path) as server, server.client() as client:
        rolling(server, client)
        answers = [client.post(f"{PREDICT}?explain=true", json=record).json() for record in RECORDS[:40]]
    assert {answer["version"] for answer in answers} == ({1, 2} if strategy == "canary" else {1})
    for answer in answers:
        (each,) = answer["predictions"]
        pushes = each["reasons"]["base"] + each["reasons"]["others"]
        pushes += sum(push["contribution"] for push in each["reasons"]["contributions"])
        assert pushes == pytest.approx(each["score"])


def test_no_traffic_is_undecided(tmp_path, store):
    rollout = world.rolled_out(store, 3)
    assert decided(store, rollout).decided == "undecided"


def test_readiness_and_metrics_tell_the_rollout(tmp_path, store):
    world.rolled_out(store, 3, share=0.25, hours=24)
    with served(tmp_path) as server, server.client() as client:
        ask_all(server, RECORDS[:60])
        told = client.get("/readyz").json()["use_cases"][CASE]["rollout"]
        page = client.get("/metrics").text
    assert (told["version"], told["strategy"], told["share"], told["status"]) == (2, "canary", 0.25, "running")
    assert told["newest"]["answers"] > 0
    assert "keepfit_rollout_version{" in page
    assert 'keepfit_challenger_predictions_total{outcome="answered",use_case="visits"}' in page or (
        'keepfit_challenger_predictions_total{use_case="visits",outcome="answered"}' in page
    )


def test_a_batch_goes_to_one_version_and_pairs_row_by_row(tmp_path, store):
    rollout = world.rolled_out(store, 3, strategy="shadow")
    with served(tmp_path) as server:
        (answer,) = ask_all(server, [{"records": RECORDS[:50]}])
        assert server.stop() == 0
    ids = [each["id"] for each in answer["predictions"]]
    rows = {row["id"]: row for row in logged(store) if row["role"] == "challenger"}
    assert [rows[one]["score"][1] for one in ids] == pytest.approx(scores_of(store, rollout.challenger, RECORDS[:50]))
    assert [json.loads(rows[one]["record"])["id"] for one in ids] == [record["id"] for record in RECORDS[:50]]
