"""The short way of a request and the long one answer the same, however the bytes come."""

import hashlib
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import serving_world as world
from serving_process import serving

from keepfit.store import open_store

PREDICT = "/v1/models/visits/predict"
BODY = json.dumps(world.GOOD).encode()


@pytest.fixture(scope="module", params=["log", "log on the disk first"])
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("quick")
    world.champion(open_store(str(folder / "store")))
    words = ["--sync"] if request.param != "log" else []
    with serving(folder / "work", folder / "store", "visits", *words) as running:
        yield running


def request(body=BODY, path=PREDICT, more=b""):
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + more + b"\r\n" + body


def answers(server, *parts, count=1):
    """The responses to bytes that are sent one part after another, each with its head in lower case."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        file = connection.makefile("rb")
        for part in parts:
            connection.sendall(part)
            threading.Event().wait(0.03)
        found = []
        for _ in range(count):
            head = {}
            status = int(file.readline().split()[1])
            if status == 100:
                file.readline()
                status = int(file.readline().split()[1])
            while line := file.readline().strip():
                name, _, value = line.decode().lower().partition(": ")
                head[name] = value
            found.append((status, head, json.loads(file.read(int(head["content-length"])))))
        return found


def scored(answer):
    (one,) = answer["predictions"]
    return one["score"], one["decision"], one["warnings"]


def test_however_the_bytes_come_the_answer_is_the_same(server):
    whole = request()
    ((status, head, plain),) = answers(server, whole)
    assert status == 200
    assert head["content-type"] == "application/json"
    assert "date" in head
    chunked = request().replace(b"content-length: %d" % len(BODY), b"transfer-encoding: chunked")
    chunked = chunked[: -len(BODY)] + b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    for parts in (
        [whole[:30], whole[30:]],
        [whole[:-20], whole[-20:]],
        [whole[: -len(BODY)], BODY[:10], BODY[10:]],
        [request(path=f"{PREDICT}?")],
        [request(more=b"connection: close\r\n")],
        [request(more=b"expect: 100-continue\r\n")],
        [chunked],
        [chunked[:-20], chunked[-20:]],
        [whole.replace(b"HTTP/1.1", b"HTTP/1.0")],
    ):
        ((status, _, answer),) = answers(server, *parts)
        assert status == 200, parts
        assert scored(answer) == scored(plain)


def test_requests_in_one_packet_are_answered_one_after_another(server):
    bodies = [json.dumps(world.GOOD | {"minutes": minutes}).encode() for minutes in (1, 50, 99)]
    wrong = b'{"minutes": 1}'
    sent = b"".join(map(request, [bodies[0], wrong, bodies[1], bodies[2]]))
    alone = [answers(server, request(body))[0][2] for body in bodies]
    first, refused, *others = answers(server, sent, count=4)
    assert [each[0] for each in (first, refused, *others)] == [200, 422, 200, 200]
    assert [scored(each[2]) for each in (first, *others)] == list(map(scored, alone))
    assert refused[1]["content-type"] == "application/problem+json"


def test_bad_requests_beside_good_ones_touch_nobody(server):
    bodies = [
        BODY,
        b"{",
        b"[]",
        json.dumps(world.GOOD | {"minutes": 1e9}).encode(),
        json.dumps({"records": [world.GOOD] * 3}).encode(),
    ]
    statuses = [200, 400, 422, 422, 200]

    def ask(number):
        with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
            found = []
            for turn in range(25):
                place = (number + turn) % len(bodies)
                answer = client.post(PREDICT, content=bodies[place], headers={"content-type": "application/json"})
                assert answer.status_code == statuses[place]
                if answer.status_code == 200:
                    found += [(each["id"], each["score"]) for each in answer.json()["predictions"]]
            return found

    with ThreadPoolExecutor(16) as pool:
        found = [pair for part in pool.map(ask, range(16)) for pair in part]
    assert len({name for name, _ in found}) == len(found) == 16 * 5 * 4
    assert len({score for _, score in found}) == 1


def test_who_hangs_up_before_the_answer_harms_nobody(server):
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            connection.sendall(request())
    assert answers(server, request())[0][0] == 200
    assert "Traceback" not in server.log.read_text()


# a head that came before


def body_of(minutes):
    """Bodies of one length, whose answers differ."""
    return json.dumps(world.GOOD | {"minutes": minutes}).encode()


def test_a_head_that_came_before_belongs_to_the_body_that_comes_now(server):
    bodies = [body_of(minutes) for minutes in (10, 50, 99, 10, 99)]
    alone = [scored(answers(server, request(body, more=b"x-alone: 1\r\n"))[0][2]) for body in bodies]
    found = answers(server, *map(request, bodies), count=5)
    assert [scored(each[2]) for each in found] == alone
    assert len({each[2]["predictions"][0]["id"] for each in found}) == 5


def test_what_follows_a_head_that_came_before_is_never_part_of_its_body(server):
    first, second = request(body_of(10)), request(body_of(99))
    expected = [scored(each[2]) for each in answers(server, first, second, count=2)]
    one, other = expected
    hidden = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"
    ways = {
        "two at once": ([first, first + second], [one, one, other]),
        "in two pieces": ([first, second[:-7], second[-7:]], [one, other]),
        "the head alone": ([first, second[: -len(BODY)], second[-len(BODY) :]], [one, other]),
        "begun behind another": ([first, first + second[:40], second[40:]], [one, one, other]),
        "empty lines": ([first, b"\r\n", second, b"\r\n" + first], [one, other, one]),
        "a line and a half": ([first, b"\r", b"\n" + second], [one, other]),
    }
    for way, (parts, scores) in ways.items():
        assert [scored(each[2]) for each in answers(server, *parts, count=len(scores))] == scores, way
    *scores, (status, _, said) = answers(server, first, second + hidden, count=3)
    assert [scored(each[2]) for each in scores] == expected
    assert (status, "predictions" in said) == (200, False)


def test_a_known_head_with_less_than_its_body_waits_for_the_rest(server):
    inner = request(body_of(99))
    body = b'{"x": "' + inner.replace(b'"', b"'").replace(b"\r\n", b"  ") + b'"}'
    outer = request(body)
    assert [each[0] for each in answers(server, outer, outer, count=2)] == [422, 422]
    short = request(BODY)
    head = short[: -len(BODY)]
    first, refused, last = answers(server, short, head + b"0" * 5, b"0" * (len(BODY) - 5) + short, count=3)
    assert [first[0], refused[0], last[0]] == [200, 400, 200]


def test_a_known_head_is_refused_its_body_as_any_other(server):
    good, bad = BODY, b"[" + b" " * (len(BODY) - 2) + b"]"
    statuses = [each[0] for each in answers(server, *map(request, [good, bad, good, b"{" * len(BODY), good]), count=5)]
    assert statuses == [200, 422, 200, 400, 200]


def test_one_token_opens_nothing_to_others_who_send_the_same(tmp_path):
    world.champion(open_store(str(tmp_path / "store")))
    tokens = tmp_path / "tokens"
    tokens.write_text(
        f"{hashlib.sha256(b'good').hexdigest()} score one\n{hashlib.sha256(b'read').hexdigest()} read two\n"
    )
    with serving(tmp_path / "work", tmp_path / "store", "visits", environ={"KEEPFIT_TOKENS": str(tokens)}) as server:
        said = [
            request(more=more)
            for more in (b"authorization: Bearer good\r\n", b"authorization: Bearer bad!\r\n", b"",
                         b"authorization: Bearer read\r\n")
        ]  # fmt: skip
        for _ in range(2):
            assert [each[0] for each in answers(server, *said, *said, count=8)] == [200, 401, 401, 403] * 2


def test_any_number_of_refused_requests_after_each_other_leaves_the_server_free(tmp_path):
    world.champion(open_store(str(tmp_path / "store")))
    with (
        serving(tmp_path / "work", tmp_path / "store", "visits", "--most-waiting", "8") as running,
        running.client() as http,
    ):
        running.until(lambda: http.get("/readyz").status_code == 200)
        refused = [http.post(PREDICT, json=world.GOOD | {"minutes": "long"}).status_code for _ in range(30)]
        assert refused == [422] * 30
        assert http.post(PREDICT, json=world.GOOD).status_code == 200
