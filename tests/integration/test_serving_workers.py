"""Several workers on one port: kept alive, drained, ended with their parent, counted together, swapped together."""

import contextlib
import json
import os
import signal
import socket
import time

import psutil
import pytest
import serving_world as world
from prometheus_client.parser import text_string_to_metric_families
from serving_process import asked, refused_start, serving
from test_serving_log import stretch

from keepfit.serving.log import predictions
from keepfit.store import open_store

PREDICT = "/v1/models/visits/predict"
GOOD = world.GOOD


@pytest.fixture
def store(tmp_path):
    store = open_store(str(tmp_path / "store"))
    world.champion(store)
    return store


def served(tmp_path, *words):
    return serving(tmp_path / "work", tmp_path / "store", "visits", "--workers", "2", *words)


def of_both(server):
    """What each worker says of itself: connections are taken by whoever is awake first, so many are made."""
    found = {}

    def both():
        said = json.loads(asked(server, "/readyz")[1])
        found[said["worker"]] = said
        return len(found) == 2

    server.until(both)
    return [found[0], found[1]]


def metrics(server):
    text = asked(server, "/metrics")[1].decode()
    return {(sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples}  # fmt: skip


def answers_at_once(server):
    """Also while another worker begins: one that shares a socket must not make the others wait for it."""
    began = time.monotonic()
    assert asked(server, "/livez")[0] == 200
    assert time.monotonic() - began < 5
    return True


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_each_answers_and_any_tells_the_sum(tmp_path, store):
    with served(tmp_path) as server:
        assert len(set(server.said["workers"])) == 2
        assert server.said["use_cases"] == {"visits": 1}
        assert [each["ready"] for each in of_both(server)] == [True, True]
        for _ in range(30):
            assert asked(server, PREDICT, GOOD)[0] == 200
        case = ("use_case", "visits")
        seen = [metrics(server) for _ in range(6)]
        assert {each["keepfit_requests_total", ("status", "200"), case] for each in seen} == {30.0}
        assert {each["keepfit_request_seconds_count", ("role", "champion"), case] for each in seen} == {30.0}
        assert all(each["keepfit_serving_version", case, ("worker", row)] == 1 for each in seen for row in "01")
        server.until(lambda: metrics(server)["keepfit_log_written_total", case] == 30)
        assert server.stop() == 0
    rows = [row for table in predictions(store, "visits", *stretch()) for row in table.to_pylist()]
    assert len({row["id"] for row in rows}) == len(rows) == 30


def test_one_that_is_killed_is_started_again_and_its_counts_stay(tmp_path, store):
    with served(tmp_path) as server:
        for _ in range(10):
            asked(server, PREDICT, GOOD)
        first = server.said["workers"][0]
        os.kill(first, signal.SIGKILL)
        case = ("use_case", "visits")
        server.until(lambda: answers_at_once(server) and metrics(server)["keepfit_worker_restarts_total",] == 1)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            assert answers_at_once(server)
        assert metrics(server)["keepfit_requests_total", ("status", "200"), case] == 10
        for _ in range(20):
            assert asked(server, PREDICT, GOOD)[0] == 200
        of_both(server)
        assert "worker 0 ended with -9; it is started again in 0.2 s" in server.log.read_text()
        assert server.stop() == 0


def test_disabled_and_swapped_in_all(tmp_path, store):
    with served(tmp_path) as server:
        world.champion(store, 2)
        server.until(lambda: {each["use_cases"]["visits"]["version"] for each in of_both(server)} == {2}, 5)
        world.disabled(store, "visits")
        server.until(lambda: {each["use_cases"]["visits"]["status"] for each in of_both(server)} == {"disabled"}, 5)
        for _ in range(10):
            assert asked(server, PREDICT, GOOD)[0] == 410


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_all(tmp_path, store, number):
    good = (
        b'{"minutes": 1.5, "guests": 2, "door": "north", "colour": null, "member": true, "at": "2024-05-01T10:00:00"}'
    )
    head = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    with served(tmp_path) as server, contextlib.ExitStack() as held:
        asking = [held.enter_context(socket.create_connection(("127.0.0.1", server.port), 30)) for _ in range(50)]
        for each in asking:
            each.sendall(head % (PREDICT.encode(), len(good)) + good[:10])
        time.sleep(0.2)
        server.process.send_signal(number)
        time.sleep(0.2)
        for each in asking:
            each.sendall(good[10:])
        for each in asking:
            assert each.recv(65536).startswith(b"HTTP/1.1 200")
        assert server.process.wait(30) == 0
        assert all(map(gone, server.said["workers"]))


def test_a_parent_that_is_killed_leaves_nobody(tmp_path, store):
    with served(tmp_path) as server:
        assert asked(server, PREDICT, GOOD)[0] == 200
        server.process.kill()
        server.process.wait()
        end = time.monotonic() + 10
        while not all(map(gone, server.said["workers"])):
            assert time.monotonic() < end
            time.sleep(0.05)
        with pytest.raises(ConnectionRefusedError):
            asked(server, "/livez")
    rows = [row for table in predictions(store, "visits", *stretch()) for row in table.to_pylist()]
    assert len(rows) == 1  # they ended in good order


def test_what_keeps_all_from_starting_ends_the_parent(tmp_path):
    folder = tmp_path / "log"
    folder.write_text("no folder")
    code, said = refused_start(tmp_path / "work", tmp_path / "store", "visits", "--workers", "2", "--log", str(folder))
    assert code == 4
    assert "the prediction log cannot be written" in said


@pytest.mark.parametrize("words", [("--workers", "0"), ("--deadline", "0"), ("--most-waiting", "0")])
def test_numbers_that_do_not_serve_are_refused(tmp_path, words):
    code, said = refused_start(tmp_path / "work", tmp_path / "store", "visits", *words)
    assert code == 2
    assert words[0] in said
