"""Servers that several tests share: one of each kind per process that runs tests."""

import os
import secrets

import pytest
import s3_servers

from keepfit.store import Bucket
from keepfit.store.attempts import Patience
from keepfit.store.client import connect


@pytest.fixture(scope="session")
def weed(tmp_path_factory):
    """SeaweedFS, with an empty bucket."""
    with s3_servers.weed(tmp_path_factory.mktemp("weed")) as server:
        yield server


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    """Moto, with an empty bucket."""
    with s3_servers.moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture(scope="session")
def rclone(tmp_path_factory):
    """A server that ignores conditions, with an empty bucket."""
    with s3_servers.rclone(tmp_path_factory.mktemp("rclone")) as server:
        yield server


@pytest.fixture
def aws(monkeypatch):
    """Makes boto3 find a server, and nothing else that this machine may have."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KEEPFIT_CACHE", "")

    def find(server):
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)

    return find


@pytest.fixture(scope="session")
def clients():
    """Clients by endpoint: to make one takes longer than most tests."""
    return {}


@pytest.fixture
def new_bucket(aws, clients):
    """Makes a store at a prefix that nobody has used; short pauses, and patience as it is given."""

    def make(server, **patience):
        aws(server)
        patience = Patience(**{"pause": 0.01, "attempts": 5, **patience})
        store = Bucket(s3_servers.BUCKET, secrets.token_hex(6), patience)
        if (server.url, patience) not in clients:
            clients[server.url, patience] = connect(patience)
        vars(store)["_s3"] = clients[server.url, patience]
        return store

    return make
