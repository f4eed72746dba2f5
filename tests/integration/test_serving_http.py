"""A real server process, asked by real clients."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
import serving_world as world
from prometheus_client.parser import text_string_to_metric_families
from serving_process import serving

from keepfit.records import sha256
from keepfit.serving.version import load
from keepfit.store import open_store

PREDICT = "/v1/models/visits/predict"
JSON = {"content-type": "application/json"}
GOOD = world.GOOD


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("serving")


@pytest.fixture(scope="module")
def server(folder):
    store = open_store(str(folder / "store"))
    world.champion(store)
    with serving(folder / "work", folder / "store", "visits") as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with server.client() as client:
        yield client


def test_it_says_where_it_listens_and_what_it_answers_for(server, client):
    assert server.said["use_cases"] == {"visits": 1}
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").json()["use_cases"]["visits"]["status"] == "ready"


def test_a_prediction_is_that_of_the_version(folder, client):
    answer = client.post(PREDICT, json={"records": [GOOD, GOOD | {"colour": "pink"}]}).json()
    store = open_store(str(folder / "store"))
    live = load(store, "visits", world_seat(store))
    expected = live.answer(live.rows.read(json.dumps(GOOD).encode()), "id").predictions[0]
    first, second = answer["predictions"]
    assert (answer["use_case"], answer["version"]) == ("visits", 1)
    assert (first["score"], first["decision"], first["warnings"]) == (expected.score, expected.decision, [])
    assert second["warnings"] == ["colour: training has not seen this value"]
    assert first["id"] != second["id"]


def world_seat(store):
    from keepfit.ledger import fold_of, head

    return fold_of(head(store, "visits")).champion


def test_the_model_says_what_it_takes_and_its_example_is_taken(client):
    said = client.get("/v1/models/visits").json()
    assert [each["name"] for each in said["features"]] == list(GOOD)
    assert {each["name"] for each in said["optional"]} == {"id", "age"}
    assert said["engine"].startswith("compiled")
    assert client.post(PREDICT, json=said["example"]).status_code == 200


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", JSON, 400),
        (b'{"minutes": NaN}', JSON, 422),
        (json.dumps(GOOD | {"minutes": "1.5"}).encode(), JSON, 422),
        (json.dumps(GOOD).encode(), {"content-type": "application/x-www-form-urlencoded"}, 415),
        (json.dumps(GOOD).encode(), {}, 415),
        (json.dumps(GOOD).encode(), {"content-type": "application/json; charset=latin-1"}, 415),
        (json.dumps(GOOD).encode(), JSON | {"content-encoding": "gzip"}, 415),
        (b"\x80\x04\x95\x00", {"content-type": "application/octet-stream"}, 415),
        (b" " * (100 << 20), JSON, 413),
    ],
)
def test_a_bad_request_is_a_problem_document(client, content, headers, status):
    answer = client.post(PREDICT, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_a_body_of_unknown_length_is_read_up_to_the_limit(client):
    good = json.dumps(GOOD).encode()
    assert client.post(PREDICT, content=iter([good[:9], good[9:]]), headers=JSON).status_code == 200
    assert client.post(PREDICT, content=(b" " * (1 << 20) for _ in range(100)), headers=JSON).status_code == 413


def test_slow_senders_are_told_so_and_stop_nobody(server, client):
    begun = b"POST %b HTTP/1.1\r\nhost: x\r\n" % PREDICT.encode()
    heads = [begun, begun + b"content-type: application/json\r\ncontent-length: 99\r\n\r\n{"]
    slow = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in heads]
    for each, head in zip(slow, heads, strict=True):
        each.sendall(head)
    assert client.post(PREDICT, json=GOOD).status_code == 200
    for each in slow:
        assert each.recv(4096).startswith(b"HTTP/1.1 408")
        each.close()


def test_a_head_without_end_is_cut_off(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as endless:
        endless.sendall(b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * (1 << 17))
        assert endless.recv(4096).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method_is_not_allowed(client, method):
    assert client.request(method, PREDICT).status_code == 405


def test_an_unknown_model_is_not_found_and_the_known_ones_are_named(client):
    for path in ("/v1/models/visit", "/v2/models/visit"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["models"]) == (404, ["visits"])
    assert client.post("/v1/models/visit/predict", json=GOOD).status_code == 404
    assert client.get("/nothing").json()["code"] == "not_found"


def test_a_client_of_the_open_inference_protocol_gets_the_same_scores(server, client):
    triton = pytest.importorskip("tritonclient.http")
    with triton.InferenceServerClient(f"127.0.0.1:{server.port}") as asking:
        assert asking.is_server_live()
        assert asking.is_server_ready()
        assert asking.is_model_ready("visits")
        metadata = asking.get_model_metadata("visits")
        assert metadata["versions"] == ["1"]
        columns = {name: [value, value] for name, value in GOOD.items()}
        inputs = [
            _tensor(triton, each, columns[each["name"]]) for each in metadata["inputs"] if each["name"] in columns
        ]
        wanted = [triton.InferRequestedOutput(name, binary_data=False) for name in ("score", "decision")]
        found = asking.infer("visits", inputs, outputs=wanted, request_id="mine")
    (lone,) = client.post(PREDICT, json=GOOD).json()["predictions"]
    assert found.as_numpy("score").tolist() == [lone["score"]] * 2
    assert found.as_numpy("decision").tolist() == [lone["decision"]] * 2
    assert found.get_response()["id"] == "mine"


def _tensor(triton, said, values):
    kind = {"FP64": np.float64, "INT64": np.int64, "BOOL": np.bool_, "BYTES": np.object_}[said["datatype"]]
    tensor = triton.InferInput(said["name"], [len(values)], said["datatype"])
    tensor.set_data_from_numpy(np.array(values, dtype=kind), binary_data=False)
    return tensor


def test_a_triton_client_hears_why(server):
    triton = pytest.importorskip("tritonclient.http")
    from tritonclient.utils import InferenceServerException

    tensor = triton.InferInput("minuets", [1], "BYTES")
    tensor.set_data_from_numpy(np.array(["1"], dtype=np.object_), binary_data=False)
    with triton.InferenceServerClient(f"127.0.0.1:{server.port}") as asking:
        with pytest.raises(InferenceServerException, match="did you mean `minutes`"):
            asking.infer("visits", [tensor])
        tensor.set_data_from_numpy(np.array(["1"], dtype=np.object_), binary_data=True)
        with pytest.raises(InferenceServerException, match="binary tensors are not taken"):
            asking.infer("visits", [tensor])


ROW = list(GOOD.values())
CELLS = ",".join("true" if value is True else str(value) for value in ROW)


@pytest.mark.parametrize(
    "asked",
    [
        {"json": {"dataframe_split": {"columns": list(GOOD), "data": [ROW]}}},
        {"json": {"dataframe_split": {"columns": list(GOOD), "index": [0], "data": [ROW]}}},
        {"json": {"dataframe_records": [GOOD]}},
        {"json": {"instances": [GOOD]}},
        {"json": {"instances": {name: [value] for name, value in GOOD.items()}}},
        {"json": {"inputs": {name: [value] for name, value in GOOD.items()}}},
        {"json": {"inputs": GOOD}},
        {"content": f"{','.join(GOOD)}\n{CELLS}\n", "headers": {"content-type": "text/csv"}},
        {"content": f"{','.join(GOOD)}\r\n{CELLS}", "headers": {"content-type": "text/csv; charset=utf-8"}},
    ],
    ids=str,
)
def test_requests_as_mlflow_documents_them_get_the_same_scores(client, asked):
    (lone,) = client.post(PREDICT, json=GOOD).json()["predictions"]
    answer = client.post("/invocations", **asked)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["predictions"]
    assert found["score"] == lone["score"]


@pytest.mark.parametrize("tree", [{}, [], 1, {"inputs": []}, {"dataframe_split": {}}, {"instances": [1]},
                                  {"dataframe_split": {"columns": ["a"], "data": [[]]}},
                                  {"inputs": {"a": [1], "b": []}},
                                  {"instances": [GOOD], "inputs": [GOOD]}])  # fmt: skip
def test_what_mlflow_does_not_document_is_unprocessable(client, tree):
    assert client.post("/invocations", json=tree).status_code == 422


def test_prometheus_reads_the_metrics(client):
    client.post(PREDICT, json=GOOD)
    client.post(PREDICT, json={})
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    asked = {sample.labels["status"]: sample.value for sample in families["keepfit_requests"].samples
             if sample.name.endswith("_total")}  # fmt: skip
    assert asked["200"] >= 1
    assert asked["422"] >= 1
    (version,) = families["keepfit_serving_version"].samples
    assert version.value == 1
    assert any(sample.name.endswith("_bucket") for sample in families["keepfit_request_seconds"].samples)


def test_the_page_for_people_needs_nothing_from_elsewhere(client):
    answer = client.get("/docs")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "min 0, max 100, unit minute" in answer.text
    assert "values north, south" in answer.text
    assert f"curl {client.base_url}".rstrip("/") in answer.text


def test_tokens_are_asked_for_where_there_are_some(folder, server):
    path = folder / "tokens"
    path.write_text(f"{sha256(b'shop')} score a shop\n{sha256(b'watch')} read a monitor\n")
    with serving(folder / "guarded", folder / "store", "visits", "--host", "0.0.0.0",
                 environ={"KEEPFIT_TOKENS": str(path)}) as guarded:  # fmt: skip
        base = f"http://127.0.0.1:{guarded.port}"
        with httpx.Client(base_url=base, trust_env=False) as client:
            assert client.post(PREDICT, json=GOOD).status_code == 401
            assert client.post("/invocations", json={"inputs": GOOD}).status_code == 401
            assert client.get("/metrics").status_code == 401
            assert client.get("/livez").status_code == 200
            shop = {"authorization": "Bearer shop"}
            assert client.post(PREDICT, json=GOOD, headers=shop).status_code == 200
            assert client.get("/metrics", headers=shop).status_code == 403
            assert client.get("/metrics", headers={"authorization": "Bearer watch"}).status_code == 200


def test_no_champion_disabled_and_back_again(tmp_path):
    store = open_store(str(tmp_path / "store"))
    with serving(tmp_path / "work", tmp_path / "store", "visits") as server, server.client() as client:
        answer = client.post(PREDICT, json=GOOD)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert client.get("/readyz").status_code == 503
        seat = world.champion(store)
        server.until(lambda: client.post(PREDICT, json=GOOD).status_code == 200)
        world.disabled(store, "visits")
        began = time.monotonic()
        server.until(lambda: client.post(PREDICT, json=GOOD).status_code == 410)
        assert time.monotonic() - began < 5
        assert client.get("/ping").status_code == 200  # that it is disabled is an answer
        world.promoted(store, "visits", seat)
        server.until(lambda: client.post(PREDICT, json=GOOD).status_code == 200)


def test_a_cold_start_without_the_store_says_so(tmp_path):
    world.champion(open_store(str(tmp_path / "store")))
    work, place = tmp_path / "work", tmp_path / "store"
    with serving(work, place, "visits"):
        pass
    place.rename(tmp_path / "elsewhere")
    with serving(work, place, "visits") as server, server.client() as client:
        assert client.post(PREDICT, json=GOOD).json()["version"] == 1
        standing = client.get("/readyz").json()["use_cases"]["visits"]
        assert (standing["status"], standing["source"]) == ("ready", "local copy")
        assert "0 entries" in standing["trouble"]


def test_swaps_under_load_fail_nobody_and_mix_nothing(tmp_path):
    store = open_store(str(tmp_path / "store"))
    seats = [world.registered(store, world.version(store, turn)) for turn in (1, 2)]
    scores = {}
    for seat in seats:
        live = load(store, "visits", seat)
        scores[seat.number] = live.answer(live.rows.read(json.dumps(GOOD).encode()), "id").predictions[0].score
    assert scores[1] != scores[2]
    world.promoted(store, "visits", seats[0])
    wrong, seen, done = [], {1: 0, 2: 0}, threading.Event()
    with serving(tmp_path / "work", tmp_path / "store", "visits") as server:

        def ask():
            with server.client() as client:
                while not done.is_set():
                    answer = client.post(PREDICT, json=GOOD)
                    said = answer.json()
                    if answer.status_code != 200 or said["predictions"][0]["score"] != scores[said["version"]]:
                        wrong.append(answer.text)
                    seen[said.get("version", 1)] += 1

        with ThreadPoolExecutor(8) as pool, server.client() as looking:
            asking = [pool.submit(ask) for _ in range(8)]
            for turn in range(1, 21):
                seat = world.promoted(store, "visits", seats[turn % 2])
                server.until(lambda: _version(looking) == seat.number)  # noqa: B023 - asked at once
            done.set()
            for each in asking:
                each.result()
    assert not wrong
    assert min(seen.values()) > 20


def _version(client):
    return client.get("/readyz").json()["use_cases"]["visits"]["version"]


def test_sigterm_answers_everything_in_flight_and_ends_with_0(tmp_path):
    world.champion(open_store(str(tmp_path / "store")))
    good = json.dumps(GOOD).encode()
    head = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    with serving(tmp_path / "work", tmp_path / "store", "visits") as server:
        asking = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(50)]
        for number, each in enumerate(asking):
            each.sendall(head % (PREDICT.encode(), len(good)) + good[: None if number % 2 else 10])
        time.sleep(0.2)
        server.process.terminate()
        time.sleep(0.2)
        for each in asking[::2]:
            each.sendall(good[10:])
        for each in asking:
            answer = each.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200"), answer
            each.close()
        assert server.process.wait(30) == 0
