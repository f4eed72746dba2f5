"""What a server has answered is in the store, and what turned out to be true beside it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import serving_world as world
from serving_process import refused_start, serving

from keepfit.serving.log import labelled, predictions
from keepfit.store import open_store

PREDICT, LABELS = "/v1/models/visits/predict", "/v1/models/visits/labels"
GOOD = world.GOOD
AT = datetime.now(UTC).isoformat()


def stretch():
    now = datetime.now(UTC)
    return now - timedelta(days=1), now + timedelta(days=1)


def logged(store):
    return [row for table in predictions(store, "visits", *stretch()) for row in table.to_pylist()]


@pytest.fixture
def store(tmp_path):
    store = open_store(str(tmp_path / "store"))
    world.champion(store)
    return store


def served(tmp_path, *words, **how):
    return serving(tmp_path / "work", tmp_path / "store", "visits", *words, **how)


def test_every_answered_prediction_is_in_the_store_after_the_end(tmp_path, store):
    with served(tmp_path) as server:
        with server.client() as client:
            answers = [client.post(PREDICT, json={"records": [GOOD | {"id": f"v{n}"}, GOOD]}).json() for n in range(20)]
            client.post(PREDICT, json=GOOD | {"minutes": "x"})
        assert server.stop() == 0
    said = {each["id"]: each["score"] for answer in answers for each in answer["predictions"]}
    found = logged(store)
    assert {row["id"]: row["score"][1] for row in found} == said
    assert {(row["version"], row["role"]) for row in found} == {(1, "champion")}


@pytest.mark.parametrize("asked", [("--ship-every", "0.2"), ()])
def test_what_was_answered_is_in_the_store_as_soon_as_was_asked_for(asked, tmp_path, store):
    environ = {"KEEPFIT_SHIP_EVERY": "3600" if asked else "0.2"}
    with served(tmp_path, *asked, environ=environ) as server, server.client() as client:
        (one,) = client.post(PREDICT, json=GOOD).json()["predictions"]
        (found,) = server.until(lambda: logged(store))
        assert found["id"] == one["id"]
        assert server.stop() == 0


@pytest.mark.parametrize("every", ["0", "nan", "86401", "soon"])
def test_what_is_no_time_to_wait_is_refused(every, tmp_path, store):
    code, said = refused_start(tmp_path / "work", tmp_path / "store", "visits", f"--ship-every={every}")
    assert code == 2, said


def test_what_was_acknowledged_with_sync_survives_a_kill(tmp_path, store):
    with served(tmp_path, "--sync") as server, server.client() as client:
        ids = [client.post(PREDICT, json=GOOD).json()["predictions"][0]["id"] for _ in range(20)]
        server.process.kill()
        server.process.wait()
    with served(tmp_path, "--sync") as server:  # ships what the killed one left
        assert server.stop() == 0
    assert set(ids) <= {row["id"] for row in logged(store)}


def test_labels_join_the_predictions_that_they_are_about(tmp_path, store):
    with served(tmp_path) as server:
        with server.client() as client:
            (first,) = client.post(PREDICT, json=GOOD | {"id": "a"}).json()["predictions"]
            client.post(PREDICT, json=GOOD | {"id": "b"})
            told = [{"id": first["id"], "label": True, "at": AT}, {"key": {"id": "b"}, "label": "false", "at": AT}]
            assert client.post(LABELS, json={"labels": told}).json() == {"accepted": 2}
        assert server.stop() == 0
    tables = labelled(store, "visits", *stretch(), as_of=datetime.now(UTC), key=["id"])
    found = {json.loads(row["record"])["id"]: json.loads(row["label"]) for table in tables for row in table.to_pylist()}
    assert found == {"a": "true", "b": "false"}


@pytest.mark.parametrize("label", [1, {}, {"id": "x"}, {"id": "x", "label": "perhaps", "at": AT},
                                   {"id": "x", "label": True, "at": "later"}, {"label": True, "at": AT},
                                   {"id": "x", "key": {"id": "y"}, "label": True, "at": AT}])  # fmt: skip
def test_a_label_that_says_too_little_is_unprocessable(asking, label):
    answer = asking.post(LABELS, json={"labels": [label]})
    assert answer.status_code == 422
    assert "perhaps" not in answer.text


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    world.champion(open_store(str(folder / "store")))
    with served(folder) as server, server.client() as client:
        yield client


def test_without_a_folder_nothing_is_logged(tmp_path, store):
    with served(tmp_path, "--log", "") as server:
        with server.client() as client:
            assert client.post(PREDICT, json=GOOD).status_code == 200
            assert client.post(LABELS, json={"labels": []}).status_code == 404
        assert server.stop() == 0
    assert not store.list("visits/predictions/")
