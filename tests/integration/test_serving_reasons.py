"""Reasons over HTTP: with the prediction, adding up to it, and to nobody's cost who did not ask."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import serving_world as world
from prometheus_client.parser import text_string_to_metric_families
from serving_process import serving

from keepfit.ledger import fold_of, head
from keepfit.serving.log import predictions
from keepfit.serving.version import load
from keepfit.store import open_store

PREDICT = "/v1/models/visits/predict"
GOOD = world.GOOD
FOREVER = (world.NOON.replace(year=2000), world.NOON.replace(year=2100))
TASKS = {"visits": "binary", "baskets": "multiclass", "bills": "regression"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reasons")


@pytest.fixture(scope="module")
def server(folder):
    store = open_store(str(folder / "store"))
    for name, task in TASKS.items():
        world.champion(store, case=world.use_case(name, task))
    world.champion(store, case=world.use_case("old"), background=None)
    with serving(folder / "work", folder / "store", *TASKS, "old") as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with server.client() as client:
        yield client


def explained(client, record, name="visits"):
    answer = client.post(f"/v1/models/{name}/predict?explain=true", json=record)
    assert answer.status_code == 200, answer.text
    return answer.json()["predictions"]


def total(reasons):
    return reasons["base"] + sum(each["contribution"] for each in reasons["contributions"]) + reasons["others"]


@pytest.mark.parametrize("name", TASKS)
def test_reasons_add_up_to_what_is_answered(client, name):
    many = world.raw_records(30, seed=7)
    for prediction in explained(client, {"records": many}, name):
        reasons = prediction["reasons"]
        if TASKS[name] == "regression":
            said = prediction["value"]
            assert "of" not in reasons
        elif TASKS[name] == "binary":
            said = prediction["score"]
            assert reasons["of"] == "true"
        else:
            said = prediction["scores"][prediction["decision"]]
            assert reasons["of"] == prediction["decision"]
        assert total(reasons) == pytest.approx(said, rel=1e-12, abs=1e-12)
        sizes = [abs(each["contribution"]) for each in reasons["contributions"]]
        assert sizes == sorted(sizes, reverse=True)
        assert 1 <= len(sizes) <= 5


def test_what_pushes_is_the_feature_that_the_label_hangs_on(client):
    """Visitors come back after more minutes than usual: nothing else matters in this world."""
    (high,) = explained(client, GOOD | {"minutes": 95.0})
    (low,) = explained(client, GOOD | {"minutes": 5.0})
    first, other = high["reasons"]["contributions"][0], low["reasons"]["contributions"][0]
    assert (first["feature"], other["feature"]) == ("minutes", "minutes")
    assert other["contribution"] < 0 < first["contribution"]


def test_the_prediction_is_the_same_and_without_asking_there_are_no_reasons(client):
    (with_reasons,) = explained(client, GOOD)
    for path in (PREDICT, f"{PREDICT}?explain=false"):
        (plain,) = client.post(path, json=GOOD).json()["predictions"]
        assert "reasons" not in plain
        assert plain["score"] == with_reasons["score"]
    (again,) = explained(client, GOOD)
    assert again["reasons"] == with_reasons["reasons"]


def test_no_row_of_the_background_is_told(client, folder):
    store = open_store(str(folder / "store"))
    live = load(store, "visits", fold_of(head(store, "visits")).champion)
    said = client.post(f"{PREDICT}?explain=true", json=GOOD).text + client.get("/v1/models/visits").text
    rows = live.explainer.background.records
    assert all(str(row["minutes"]) not in said for row in rows)
    assert client.get("/v1/models/visits").json()["explains"]


def test_a_version_without_a_background_says_what_to_do(client):
    answer = client.post("/v1/models/old/predict?explain=true", json=GOOD)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_reasons")
    assert "keepfit run old" in answer.json()["detail"]
    assert client.post("/v1/models/old/predict?explain=false", json=GOOD).status_code == 200
    assert not client.get("/v1/models/old").json()["explains"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("explain=yes", 422, "parameter"),
        ("explain", 422, "parameter"),
        ("explain=true&explain=false", 422, "parameter"),
        ("explian=true", 422, "unknown_parameter"),
        ("explain=true&more=1", 422, "unknown_parameter"),
    ],
)
def test_other_parameters_are_refused(client, query, status, code):
    answer = client.post(f"{PREDICT}?{query}", json=GOOD)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "did you mean `explain`" in answer.json()["detail"] or "explian" not in query


def test_a_hundred_records_are_explained_and_no_more(client):
    records = world.raw_records(101, seed=3)
    assert len(explained(client, {"records": records[:100]})) == 100
    answer = client.post(f"{PREDICT}?explain=true", json={"records": records})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_records")
    bad = client.post(f"{PREDICT}?explain=true", json=GOOD | {"minutes": -1})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/minutes")


def test_they_are_counted_apart(client):
    def counted():
        families = text_string_to_metric_families(client.get("/metrics").text)
        return {
            sample.name: sample.value
            for family in families
            for sample in family.samples
            if sample.labels.get("use_case") == "visits" and "explain" in sample.name
        }

    before = counted()
    explained(client, {"records": [GOOD] * 7})
    after = counted()
    assert after["keepfit_explained_total"] == before["keepfit_explained_total"] + 7
    assert after["keepfit_explain_seconds_total"] > before["keepfit_explain_seconds_total"]


def test_others_are_answered_meanwhile(server):
    """Ten requests for a hundred reasons each wait for one thread; a plain one does not."""
    body = {"records": world.raw_records(100, seed=3)}

    def ask(_):
        with server.client() as client:
            return client.post(f"{PREDICT}?explain=true", json=body).status_code

    with ThreadPoolExecutor(10) as pool, server.client() as client:
        start = time.monotonic()
        waiting = [pool.submit(ask, number) for number in range(10)]
        took = []
        while not all(each.done() for each in waiting):
            began = time.monotonic()
            assert client.post(PREDICT, json=GOOD).status_code == 200
            took.append(time.monotonic() - began)
        all_of_them = time.monotonic() - start
    assert {each.result() for each in waiting} == {200}
    assert len(took) > 5
    assert sorted(took)[len(took) // 2] < all_of_them / 5


def test_of_a_canary_the_reasons_are_of_the_version_that_answered(tmp_path):
    """The two versions of this world see minutes the other way round."""
    store = open_store(str(tmp_path / "store"))
    world.champion(store)
    world.rolled_out(store, 2)
    records = [GOOD | {"minutes": 95.0, "id": f"v{number}"} for number in range(40)]
    with (
        serving(tmp_path / "work", tmp_path / "store", "visits", "--workers", "1") as server,
        server.client() as client,
    ):
        server.until(lambda: (client.get("/readyz").json()["use_cases"]["visits"]["rollout"] or {}).get("newest"))
        answers = [client.post(f"{PREDICT}?explain=true", json=record).json() for record in records]
    assert {answer["version"] for answer in answers} == {1, 2}
    for answer in answers:
        (prediction,) = answer["predictions"]
        first = prediction["reasons"]["contributions"][0]
        assert total(prediction["reasons"]) == pytest.approx(prediction["score"], abs=1e-12)
        assert (first["feature"], first["contribution"] > 0) == ("minutes", answer["version"] == 1)


def test_what_is_explained_is_noted_in_the_log_and_what_came_to_no_answer_is_not_there(tmp_path):
    """Of many that wait for reasons the last wait too long: 504, counted as that, and logged as nothing."""
    store = open_store(str(tmp_path / "store"))
    world.champion(store, "slow", compile_it=False)
    body = {"records": world.raw_records(100, seed=3)}
    with (
        serving(tmp_path / "work", tmp_path / "store", "visits", "--deadline", "1") as server,
        server.client() as client,
    ):
        assert server.until(lambda: client.post(PREDICT, json=GOOD).status_code == 200)
        before = statuses(client)
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: client.post(f"{PREDICT}?explain=true", json=body), range(16)))
        told = {each["id"] for answer in answers if answer.status_code == 200 for each in answer.json()["predictions"]}
        late = sum(answer.status_code == 504 for answer in answers)
        assert late > 0
        assert len(told) == 100 * (16 - late)
        after = statuses(client)
        assert after["504"] - before.get("504", 0) == late
        assert after["200"] - before["200"] == 16 - late
        assert server.stop() == 0
    rows = [row for part in predictions(store, "visits", *FOREVER) for row in part.to_pylist()]
    assert {row["id"] for row in rows if row["explained"]} == told
    assert len(rows) == len(told) + before["200"]


def statuses(client):
    families = text_string_to_metric_families(client.get("/metrics").text)
    found = {family.name: family.samples for family in families}["keepfit_requests"]
    return {sample.labels["status"]: sample.value for sample in found}
