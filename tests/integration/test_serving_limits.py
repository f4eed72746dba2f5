"""What is too much or too late, and a log that is not written any more: told at once, and over as soon as it is."""

import contextlib
import json
import os
import socket
import threading
import time
from pathlib import Path

import psutil
import pytest
import serving_world as world
from serving_process import asked, serving

from keepfit.serving.connection import SHED_BURST, SHED_LEAST, SHED_RATE
from keepfit.store import open_store

PREDICT = "/v1/models/visits/predict"
GOOD = world.GOOD
BODY = json.dumps(GOOD).encode()


def request(body=BODY, size=None):
    head = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % (PREDICT.encode(), size or len(body)) + body


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("limits")
    world.champion(open_store(str(folder / "store")))
    return folder


@contextlib.contextmanager
def connected(server, number=1):
    """So many connections to it."""
    with contextlib.ExitStack() as held:
        yield [held.enter_context(socket.create_connection(("127.0.0.1", server.port), 30)) for _ in range(number)]


@contextlib.contextmanager
def crowded(place, most):
    """A server that holds as many requests as it may, whose bodies are not complete."""
    folder = place / f"crowded-{time.monotonic_ns()}"
    words = ("visits", "--most-waiting", str(most))
    with serving(folder, place / "store", *words) as server, connected(server, most) as waiting:
        for each in waiting:
            each.sendall(request(BODY[:10], len(BODY)))
        time.sleep(0.3)
        yield server, waiting


def answer_of(connection):
    """Status, headers and document of the next answer."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536) or pytest.fail(f"closed after {got!r}")
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    while len(body) < int(headers["content-length"]):
        body += connection.recv(65536)
    return int(first.split()[1]), headers, json.loads(body)


def shed(server):
    text = asked(server, "/metrics")[1].decode()
    return float(text.partition("\nkeepfit_shed_total ")[2].partition("\n")[0])


def test_a_full_queue_says_so_at_once_and_is_soon_empty_again(place):
    with crowded(place, 3) as (server, waiting), connected(server) as [another]:
        for _ in range(20):
            began = time.monotonic()
            another.sendall(request())
            status, headers, said = answer_of(another)
            assert time.monotonic() - began < 0.5
            assert (status, said["code"], headers["retry-after"]) == (503, "busy", "1")
            assert headers["content-type"] == "application/problem+json"
        assert asked(server, "/livez")[0] == 200
        assert asked(server, "/readyz")[0] == 200
        assert shed(server) == 20
        refused = 'keepfit_requests_total{status="503",use_case="visits"} 20.0'
        assert refused in asked(server, "/metrics")[1].decode()
        for each in waiting:
            each.sendall(BODY[10:])
            assert answer_of(each)[0] == 200
        another.sendall(request())
        assert answer_of(another)[0] == 200


def test_refusals_are_rationed_so_that_those_who_were_accepted_go_on(place):
    with crowded(place, 1) as (server, _), connected(server, 64) as eager:
        end = time.monotonic() + 2
        threads = [threading.Thread(target=hammer, args=(each, end)) for each in eager]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert 100 < shed(server) <= 2.5 * (SHED_RATE + SHED_LEAST) + SHED_BURST + 64


def hammer(connection, end):
    while time.monotonic() < end:
        connection.sendall(request())
        assert answer_of(connection)[0] == 503


def test_thousands_in_one_piece_are_each_refused(place):
    with crowded(place, 1) as (server, [waiting]), connected(server) as [another]:
        sending = threading.Thread(target=another.sendall, args=(request() * 3000,))
        sending.start()
        got, end = 0, time.monotonic() + 30
        while got < 3000 and time.monotonic() < end:
            got += another.recv(1 << 20).count(b"HTTP/1.1 503")
        sending.join()
        assert got == 3000
        waiting.sendall(BODY[10:])
        assert answer_of(waiting)[0] == 200


def test_large_bodies_together_hold_no_more_memory_than_is_allowed(place):
    size, number, held = 15 << 20, 14, 128 << 20
    with serving(place / "large", place / "store", "visits") as server:
        process = psutil.Process(server.said["pid"])
        before = process.memory_info().rss
        with connected(server, number) as many:
            threads = [threading.Thread(target=each.sendall, args=(request(b" " * (size - 1), size),)) for each in many]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
            server.until(lambda: shed(server) >= number - held // size)
            assert process.memory_info().rss - before < 2.5 * held
            assert asked(server, PREDICT, GOOD)[0] == 200
            refused = 0
            for each in many:
                each.settimeout(0.2)
                with contextlib.suppress(TimeoutError):
                    status, _, said = answer_of(each)
                    assert (status, said["code"]) == (503, "busy")
                    refused += 1
            assert refused == shed(server)
        server.until(lambda: asked(server, PREDICT, GOOD)[0] == 200)


def test_an_answer_that_takes_too_long_is_given_up(place):
    many = {"records": [GOOD] * 10_000}
    with serving(place / "late", place / "store", "visits", "--deadline", "0.02") as server:
        began = time.monotonic()
        status, body = asked(server, PREDICT, many)
        assert (status, json.loads(body)["code"]) == (504, "deadline")
        assert time.monotonic() - began < 5
        assert asked(server, PREDICT, GOOD)[0] == 200
    with serving(place / "intime", place / "store", "visits") as server:
        status, body = asked(server, PREDICT, many)
        assert (status, len(json.loads(body)["predictions"])) == (200, 10_000)


@pytest.mark.parametrize("words", [("--sync",), ()], ids=["sync", "later"])
def test_a_log_that_nobody_writes_any_more_answers_no_predictions_and_says_so(place, tmp_path, words):
    through = [Path(__file__).with_name("writer_dies.py"), tmp_path / "now"]
    with serving(tmp_path / "work", place / "store", "visits", *words, through=through) as server:
        assert asked(server, PREDICT, GOOD)[0] == 200
        (tmp_path / "now").touch()
        server.until(lambda: asked(server, PREDICT, GOOD)[0] == 503)
        status, body = asked(server, PREDICT, GOOD)
        assert (status, json.loads(body)["code"]) == (503, "not_logged")
        status, body = asked(server, "/readyz")
        assert status == 503
        assert "stopped writing" in json.loads(body)["use_cases"]["visits"]["log"]["trouble"]
        assert asked(server, "/livez")[0] == 200
        assert server.stop() == 0


def test_a_disk_that_hangs_is_not_waited_for_longer_than_the_deadline(place, tmp_path):
    through = [Path(__file__).with_name("disk_hangs.py"), "prediction log"]
    with serving(
        tmp_path / "work", place / "store", "visits", "--sync", "--deadline", "0.3", through=through
    ) as server:
        began = time.monotonic()
        status, body = asked(server, PREDICT, GOOD)
        assert (status, json.loads(body)["code"]) == (503, "not_logged")
        assert 0.2 < time.monotonic() - began < 5
        os.kill(server.said["pid"], 9)


def test_disable_is_obeyed_while_the_disk_of_the_local_copy_hangs(tmp_path):
    store = open_store(str(tmp_path / "store"))
    world.champion(store)
    through = [Path(__file__).with_name("disk_hangs.py"), tmp_path / "work" / "cache"]
    with serving(tmp_path / "work", tmp_path / "store", "visits", through=through) as server:
        assert asked(server, PREDICT, GOOD)[0] == 200
        second = world.champion(store, 2)
        server.until(lambda: json.loads(asked(server, PREDICT, GOOD)[1])["version"] == second.number)
        world.disabled(store, "visits")
        began = time.monotonic()
        server.until(lambda: asked(server, PREDICT, GOOD)[0] == 410)
        assert time.monotonic() - began < 5
        assert server.stop() == 0
