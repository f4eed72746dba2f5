"""kill -9 while scoring over HTTP: with ``--sync`` nothing acknowledged is lost, without it at most a second."""

import http.client
import json
import os
import random
import signal
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import serving_world as world
from load import PREDICT
from serving_process import asked, serving

from keepfit.serving.log import predictions
from keepfit.store import open_store

WINDOW = 1.0  # seconds, as the README says
BODY = json.dumps(world.GOOD)
KILLS = [2, pytest.param(20, marks=pytest.mark.soak)]


def ask(port, told, done):
    """Ask until nobody answers; ids that were answered, and when."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        while not done.is_set():
            connection.request("POST", PREDICT, BODY, {"content-type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            told[answer["predictions"][0]["id"]] = time.monotonic()
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()


def scored_until_killed(server, pid, seconds):
    """What was answered before the kill, and when that was."""
    told, done = {}, threading.Event()
    threads = [threading.Thread(target=ask, args=(server.port, told, done)) for _ in range(8)]
    for each in threads:
        each.start()
    time.sleep(seconds)
    at = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    if pid == server.process.pid:
        server.process.wait()
    else:
        time.sleep(0.3)
        done.set()
    for each in threads:
        each.join()
    return told, at


def rows_of(store):
    now, day = datetime.now(UTC), timedelta(days=1)
    return [row["id"] for table in predictions(store, "visits", now - day, now + day) for row in table.to_pylist()]


def lost_of(said, there, *, sync):
    """How many of the answered are not there; none of them may have been promised."""
    lost = 0
    for told, at in said:
        for one, when in told.items():
            if one not in there:
                assert not sync, f"{one}, answered {at - when:.3f} s before the kill"
                assert when > at - WINDOW, f"{one}, answered {at - when:.3f} s before the kill"
                lost += 1
    return lost


def killed_of(server):
    metrics = asked(server, "/metrics")[1].decode()
    return float(metrics.partition('keepfit_log_killed_total{use_case="visits"} ')[2].partition("\n")[0])


@pytest.mark.parametrize("kills", KILLS)
@pytest.mark.parametrize("words", [("--sync",), ()], ids=["sync", "later"])
def test_what_was_answered_before_a_kill_is_there_after_it(tmp_path, kills, words):
    store, chance, said = open_store(str(tmp_path / "store")), random.Random(7), []
    world.champion(store)
    for _ in range(kills):
        with serving(tmp_path / "work", tmp_path / "store", "visits", *words) as server:
            if said:  # it says that another was killed before it
                server.until(lambda: killed_of(server) == 1)
            said.append(scored_until_killed(server, server.process.pid, chance.uniform(0.2, 2)))
    with serving(tmp_path / "work", tmp_path / "store", "visits", *words) as server:
        assert server.stop() == 0
    rows = rows_of(store)
    there, told = set(rows), sum(len(answered) for answered, _ in said)
    assert len(rows) == len(there), "doubled"
    lost = lost_of(said, there, sync=bool(words))
    print(f"{kills} kills {words}: {told} answered, {lost} of them lost, {len(rows)} rows in the store")
    assert told > 20 * kills


@pytest.mark.parametrize("kills", KILLS)
def test_a_worker_that_is_killed_loses_nothing_that_was_acknowledged(tmp_path, kills):
    store, chance, said = open_store(str(tmp_path / "store")), random.Random(9), []
    world.champion(store)
    with serving(tmp_path / "work", tmp_path / "store", "visits", "--sync", "--workers", "2") as server:
        for _ in range(kills):
            pid = chance.choice(workers_of(server))
            said.append(scored_until_killed(server, pid, chance.uniform(0.2, 1)))
            server.until(lambda: pid not in workers_of(server) and len(workers_of(server)) == 2)  # noqa: B023
            server.until(lambda: asked(server, PREDICT, world.GOOD)[0] == 200)
        assert server.stop() == 0
    with serving(tmp_path / "work", tmp_path / "store", "visits") as server:
        assert server.stop() == 0
    there = rows_of(store)
    assert len(there) == len(set(there)), "doubled"
    assert lost_of(said, set(there), sync=True) == 0
    print(f"{kills} workers killed: {sum(len(told) for told, _ in said)} answered, all there")


def workers_of(server):
    import psutil

    return [each.pid for each in psutil.Process(server.process.pid).children() if "flows.worker" in each.cmdline()]
