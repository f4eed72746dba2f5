"""A server whose store is a bucket: it answers from it, logs into it, and goes on when it is away."""

import json

import pytest
import s3_servers
import serving_world as world
from chaos_proxy import Fault, chaos
from load import PREDICT
from serving_process import asked, serving
from test_serving_log import stretch

from keepfit.serving.log import predictions

GOOD = world.GOOD


def logged(store):
    return [row["id"] for table in predictions(store, "visits", *stretch()) for row in table.to_pylist()]


@pytest.mark.parametrize("workers", ["2", pytest.param("1", marks=pytest.mark.soak)])
def test_what_was_answered_is_in_the_bucket(tmp_path, weed, new_bucket, workers):
    store = new_bucket(weed)
    world.champion(store)
    with serving(tmp_path, store.address, "visits", "--workers", workers, environ=weed.environ) as server:
        ids = [said_of(server) for _ in range(40)]
        world.champion(store, 2)
        server.until(lambda: json.loads(asked(server, PREDICT, GOOD)[1])["version"] == 2)
        assert server.stop() == 0
    found = logged(store)
    assert set(ids) <= set(found)
    assert len(found) == len(set(found))
    secrets = (s3_servers.SECRET_KEY, s3_servers.ACCESS_KEY)
    assert not any(secret in server.log.read_text() for secret in secrets)


def standing(server):
    return json.loads(asked(server, "/readyz")[1])["use_cases"]["visits"]


def said_of(server):
    status, body = asked(server, PREDICT, GOOD)
    assert status == 200, body
    return json.loads(body)["predictions"][0]["id"]


@pytest.mark.soak
def test_a_bucket_that_is_away_stops_no_answer_and_gets_all_of_them_later(tmp_path, weed, new_bucket):
    """Through a proxy, which answers 503 to everything for a while."""
    store = new_bucket(weed)
    world.champion(store)
    with chaos(weed.url) as proxy:
        environ = s3_servers.environ_for(proxy.url)
        with serving(tmp_path, store.address, "visits", environ=environ) as server:
            ids = [said_of(server) for _ in range(5)]
            proxy.set(*[Fault("status", 503)] * 100_000)
            server.until(lambda: standing(server)["trouble"], 60)
            assert asked(server, "/readyz")[0] == 200  # what answers goes on
            ids += [said_of(server) for _ in range(20)]
            assert server.stop() == 0
        assert not set(ids) & set(logged(store))
        with serving(tmp_path, store.address, "visits", environ=environ) as server:  # a cold start, by the local copy
            assert (standing(server)["status"], standing(server)["source"]) == ("ready", "local copy")
            ids += [said_of(server) for _ in range(5)]
            proxy.set()
            server.until(
                lambda: json.loads(asked(server, "/readyz")[1])["use_cases"]["visits"]["source"] == "store", 60
            )
            assert server.stop() == 0
    found = logged(store)
    assert set(ids) <= set(found)
    assert len(found) == len(set(found))
