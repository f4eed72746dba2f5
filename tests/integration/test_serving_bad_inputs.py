"""What bad inputs over HTTP get, a row a case: the status, a word for it, where it is, and never the value itself."""

import json
import socket

import pytest
import serving_world as world
from malformed_json import SECRET
from serving_process import serving

from keepfit.store import open_store

PREDICT, INFER, MLFLOW, LABELS = (
    "/v1/models/visits/predict", "/v2/models/visits/infer", "/invocations", "/v1/models/visits/labels"
)  # fmt: skip
GOOD = world.GOOD | {"id": SECRET}
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    world.champion(open_store(str(folder / "store")))
    with serving(folder / "work", folder / "store", "visits") as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with server.client() as client:
        yield client


def raw(name, text):
    """The good record with one value as it is written here."""
    return json.dumps(GOOD | {name: "@@"}).replace('"@@"', text)


def without(name):
    return json.dumps({each: value for each, value in GOOD.items() if each != name})


def v2(name, datatype, data):
    """A request of the Open Inference Protocol in which one tensor is as it is written here."""
    kinds = {float: "FP64", int: "INT64", bool: "BOOL", str: "BYTES"}
    tensors = [{"name": each, "shape": [1], "datatype": kinds[type(value)], "data": [value]}
               for each, value in world.GOOD.items() if each != name]  # fmt: skip
    bad = f'{{"name": "{name}", "shape": [1], "datatype": "{datatype}", "data": [{data}]}}'
    return f'{{"inputs": [{bad}, {json.dumps(tensors)[1:-1]}]}}'


def split(name, text):
    """MLflow's `dataframe_split`, likewise."""
    columns = json.dumps(list(GOOD))
    values = ", ".join(text if each == name else json.dumps(value) for each, value in GOOD.items())
    return f'{{"dataframe_split": {{"columns": {columns}, "data": [[{values}]]}}}}'


NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"]
UNLIKE = ['"1.5"', "true", "false", "[1]", "{}", "null", f'"{SECRET}"']
TWENTY = json.dumps({"records": [GOOD | {"minutes": SECRET if row % 2 else 1} for row in range(200)]})

# path, body, status, code, pointer (None: of the whole)
CASES = [
    *((PREDICT, raw("minutes", text), 422, None, "/minutes") for text in NUMBERS),
    *((PREDICT, f'{{"records": [{raw("minutes", text)}]}}', 422, None, "/records/0/minutes") for text in NUMBERS),
    *((MLFLOW, split("minutes", text), 422, None, "/dataframe_split/data/0/0") for text in NUMBERS),
    *((MLFLOW, f'{{"inputs": {raw("minutes", text)}}}', 422, None, "/inputs/minutes") for text in NUMBERS),
    *((MLFLOW, f'{{"inputs": {{"minutes": [1, {text}]}}}}', 422, "missing", "/inputs") for text in NUMBERS),
    (MLFLOW, '{"inputs": {"minutes": [1, "x"], "minuets": [1, 2]}}', 422, "unknown_field", "/inputs/minuets/0"),
    (MLFLOW, '{"instances": [{}]}', 422, "missing", "/instances/0/minutes"),
    (INFER, v2("minuets", "FP64", "1"), 422, "unknown_field", "/inputs/0/data/0"),
    *((INFER, v2("minutes", "FP64", text), 422, None, "/inputs/0/data/0") for text in NUMBERS),
    *((PREDICT, raw("minutes", text), 422, None, "/minutes") for text in UNLIKE),
    *((PREDICT, raw("guests", text), 422, None, "/guests") for text in (*UNLIKE[:5], "1.5", "1e20", "9" * 30)),
    *((PREDICT, raw("member", text), 422, None, "/member") for text in ('"true"', "1", "0", "null")),
    *((PREDICT, raw("at", text), 422, None, "/at") for text in (f'"{SECRET}"', "1", "null", '"2024-13-01T00:00:00"')),
    (PREDICT, json.dumps(GOOD | {"minuets": SECRET}), 422, "unknown_field", "/minuets"),
    (PREDICT, json.dumps({"records": [GOOD], "recrods": SECRET}), 422, "unknown_field", "/recrods"),
    (PREDICT, json.dumps(GOOD)[:-1] + f', "colour": "{SECRET}"}}', 400, "duplicate_key", None),
    (MLFLOW, '{"instances": [1], "instances": [2]}', 400, "duplicate_key", None),
    *((PREDICT, without(name), 422, "missing", f"/{name}") for name in ("minutes", "door", "member", "at")),
    (PREDICT, raw("door", f'"{SECRET}"'), 422, None, "/door"),
    (PREDICT, raw("minutes", "100.1"), 422, None, "/minutes"),
    (PREDICT, raw("minutes", "-1"), 422, None, "/minutes"),
    (PREDICT, raw("guests", "0"), 422, None, "/guests"),
    (PREDICT, TWENTY, 422, None, "/records/1/minutes"),
    (PREDICT, "{", 400, "not_json", None),
    (PREDICT, "[" * 100_000, 400, "nested_too_deeply", None),
    (PREDICT, json.dumps({"records": [{}] * 10_001}), 413, "too_many_records", None),
    (LABELS, json.dumps({"labels": [{"id": "x", "label": SECRET, "at": "2024-05-01T10:00:00Z"}]}), 422, None,
     "/labels/0/label"),
    (LABELS, json.dumps({"labels": [{"id": "x", "label": True, "at": SECRET}]}), 422, None, "/labels/0/at"),
    ("/v1/models/visit/predict", json.dumps(GOOD), 404, "unknown_model", None),
    ("/v2/models/visit/infer", json.dumps(GOOD), 404, "unknown_model", None),
    ("/v2/models/visits/versions/9/infer", v2("minutes", "FP64", "1"), 404, None, None),
    (f"/{SECRET}", json.dumps(GOOD), 404, "not_found", None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status", "code", "pointer"), CASES,
                         ids=[f"{number} {case[0]} {case[1][:40]}" for number, case in enumerate(CASES)])  # fmt: skip
def test_a_bad_body_is_told_where_and_what(client, path, body, status, code, pointer):
    said = problem(client.post(path, content=body, headers=JSON), status)
    assert SECRET not in json.dumps(said)
    assert code is None or code in {said["code"], *(each["code"] for each in said.get("errors", []))}
    if pointer is not None:
        assert pointer in [each["pointer"] for each in said["errors"]]
    if status == 404 and code == "unknown_model":
        assert said["models"] == ["visits"]


def problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == status
    assert {"title", "detail", "code"} <= set(said)
    return said


def test_the_first_twenty_errors_are_told_by_row(client):
    said = problem(client.post(PREDICT, content=TWENTY, headers=JSON), 422)
    assert [each["pointer"] for each in said["errors"]] == [f"/records/{row}/minutes" for row in range(1, 41, 2)]


def test_the_closest_name_is_told(client):
    said = problem(client.post(PREDICT, json=GOOD | {"minuets": 1}), 422)
    assert "did you mean `minutes`" in said["errors"][0]["detail"]


def test_a_category_that_is_unseen_is_answered_with_a_warning(client):
    answer = client.post(PREDICT, json=GOOD | {"colour": SECRET})
    assert answer.json()["predictions"][0]["warnings"] == ["colour: training has not seen this value"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"content-type": "text/plain"}, {"content-type": "application/json; charset=utf-16"},
     {"content-type": "application/octet-stream"}, {"content-type": "application/x-python-pickle"},
     {"content-type": "multipart/form-data; boundary=x"}, {"content-type": SECRET}, JSON | {"content-encoding": "gzip"},
     JSON | {"content-encoding": "br"}, {"content-type": "text/csv"}],
    ids=str,
)  # fmt: skip
def test_another_content_type_is_not_taken(client, headers):
    assert SECRET not in str(problem(client.post(PREDICT, content=b"\x80\x04\x95", headers=headers), 415))


def test_what_is_larger_than_it_may_be_is_not_read(client):
    problem(client.post(PREDICT, content=b" " * (100 << 20), headers=JSON), 413)
    problem(client.post(PREDICT, content=(b" " * (1 << 20) for _ in range(100)), headers=JSON), 413)


HEAD = f"POST {PREDICT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n".encode()
MALFORMED = {
    "no request": b"\x16\x03\x01\x02\x00\x01\x00" + SECRET.encode() + b"\r\n\r\n",
    "a version that does not exist": b"GET /livez HTTP/9.9\r\n\r\n",
    "no method": f"{SECRET} /livez HTTP/1.1\r\n\r\n".encode(),
    "a space in a name": b"GET /livez HTTP/1.1\r\nho st: x\r\n\r\n",
    "a line without a colon": f"GET /livez HTTP/1.1\r\n{SECRET}\r\n\r\n".encode(),
    "a zero in a value": b"GET /livez HTTP/1.1\r\nhost: \x00\r\n\r\n",
    "a length that is none": HEAD + b"content-length: " + SECRET.encode() + b"\r\n\r\n",
    "a length below zero": HEAD + b"content-length: -1\r\n\r\n",
    "a length that no number holds": HEAD + b"content-length: 99999999999999999999\r\n\r\n",
    "two lengths": HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\n{}",
    "a length and chunks": HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}",
    "a chunk without a size": HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a path with a control character": b"GET /li\x01vez HTTP/1.1\r\nhost: x\r\n\r\n",
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_http_is_told_so(server, sent):
    status, headers, said = spoken(server, sent)
    assert (status, headers["content-type"], headers["connection"]) == (400, "application/problem+json", "close")
    assert said["status"] == 400
    assert SECRET not in str(said)


def test_a_head_that_is_too_large_is_told_so(server):
    status, headers, said = spoken(server, b"GET /livez HTTP/1.1\r\nx: " + b"y" * (1 << 17))
    assert (status, headers["content-type"], said["code"]) == (431, "application/problem+json", "head_too_large")


def test_a_whole_request_is_answered_though_no_http_follows(server):
    good = json.dumps(GOOD).encode()
    whole = HEAD + b"content-length: %d\r\n\r\n" % len(good) + good
    status, headers, said = spoken(server, whole + b"\x16\x03\x01 nothing\r\n\r\n")
    assert (status, headers["connection"], len(said["predictions"])) == (200, "close", 1)


def test_slow_senders_are_told_so(server):
    """Ten seconds of it."""
    slow = {"too_slow": HEAD + b"content-length: 99\r\n\r\n{", "head": HEAD}
    waiting = [(sent, socket.create_connection(("127.0.0.1", server.port), 30)) for sent in slow.values()]
    for sent, each in waiting:
        each.sendall(sent)
    for _, each in waiting:
        with each:
            status, headers, said = heard(each)
            assert (status, headers["content-type"], said["code"]) == (408, "application/problem+json", "too_slow")


def spoken(server, sent):
    with socket.create_connection(("127.0.0.1", server.port), 30) as one:
        one.sendall(sent)
        return heard(one)


def heard(one):
    """Everything until the other side has ended, without a fault: one answer."""
    got = b""
    while part := one.recv(65536):
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), json.loads(body)


def test_no_champion_and_disabled(tmp_path):
    store = open_store(str(tmp_path / "store"))
    with serving(tmp_path / "work", tmp_path / "store", "visits") as server, server.client() as client:
        answers = [client.post(path, json=GOOD) for path in (PREDICT, INFER, MLFLOW, LABELS)]
        for answer in answers:
            assert problem(answer, 503)["code"] == "no_champion"
            assert int(answer.headers["retry-after"]) > 0
        world.champion(store)
        server.until(lambda: client.post(PREDICT, json=GOOD).status_code == 200)
        world.disabled(store, "visits")
        server.until(lambda: client.post(PREDICT, json=GOOD).status_code == 410, 5)
        for path in (PREDICT, INFER, MLFLOW, LABELS):
            assert problem(client.post(path, json=GOOD), 410)["code"] == "disabled"


def test_nothing_of_it_stands_in_the_log(server, client):
    assert client.post(PREDICT, json=GOOD).status_code == 200
    said = server.log.read_text()
    assert SECRET not in said
    assert "Traceback" not in said
