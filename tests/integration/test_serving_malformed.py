"""Bodies that are no JSON, or odd JSON: refused by name, nothing breaks, and no value comes back or into the log."""

import httpx
import pytest
import serving_world as world
from malformed_json import SECRET, TEXT, many
from serving_process import serving

from keepfit.store import open_store

PREDICT = "/v1/models/visits/predict"
OTHERS = ("/v2/models/visits/infer", "/invocations", "/v1/models/visits/labels")
JSON = {"content-type": "application/json"}
REFUSALS = {400, 413, 422}
STATUSES = {"no": REFUSALS, "yes": {200}, "either": REFUSALS | {200}}
BODIES = list(many())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("malformed")
    world.champion(open_store(str(folder / "store")))
    with serving(folder / "work", folder / "store", "visits") as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with server.client() as client:
        yield client


def test_there_are_some_hundred_kinds_and_each_is_another():
    assert len({body.data for body in BODIES}) > 700


@pytest.mark.parametrize("body", BODIES, ids=[body.name for body in BODIES])
def test_what_becomes_of_it(client, body):
    answer = client.post(PREDICT, content=body.data, headers=JSON)
    assert answer.status_code in STATUSES[body.expected], answer.text
    see_that_safe(answer)


@pytest.mark.parametrize("path", OTHERS)
def test_the_other_protocols_break_neither(client, path):
    for body in BODIES:
        answer = client.post(path, content=body.data, headers=JSON)
        assert answer.status_code in REFUSALS | {200}, (body.name, answer.text)
        see_that_safe(answer)


def see_that_safe(answer):
    assert SECRET not in answer.text
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        said = answer.json()
        assert said["status"] == answer.status_code
        assert len(answer.content) < 20_000


def test_csv_that_is_none_is_refused_without_its_values(client):
    head = b"minutes,guests,door,colour,member,at\n"
    for data in (b"", b"\n", head, head[:-1], head + b"1,2\n", head + b'"' + SECRET.encode(), b"\xff" + head,
                 head + f"{SECRET},2,north,red,true,2024-05-01T10:00:00\n".encode(), b"a\x00b\n1\n",
                 b"minutes,minutes\n1,2\n", head + b"," * 100_000, b'"' * 99_999,
                 head.decode().encode("utf-16")):  # fmt: skip
        answer = client.post("/invocations", content=data, headers={"content-type": "text/csv"})
        assert answer.status_code in REFUSALS, (data[:50], answer.text)
        see_that_safe(answer)


def test_the_server_has_said_nothing_of_it_and_goes_on(server, client):
    assert client.post(PREDICT, content=TEXT, headers=JSON).status_code == 200
    said = server.log.read_text()
    assert SECRET not in said
    assert "Traceback" not in said


def test_a_whole_answer_is_read_between_two_that_are_none(server):
    with httpx.Client(base_url=server.url, trust_env=False) as one:
        for body in BODIES[:50]:
            assert one.post(PREDICT, content=body.data, headers=JSON).status_code in REFUSALS
            assert one.post(PREDICT, content=TEXT, headers=JSON).status_code == 200
