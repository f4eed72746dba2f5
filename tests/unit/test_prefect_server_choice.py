"""Which Prefect server and which database a run would use."""

import fcntl
import sqlite3
from contextlib import closing

import pytest

from flows import server_child
from flows.server import configured, defaults


def profiles(home, text):
    home.mkdir(exist_ok=True)
    (home / "profiles.toml").write_text(text)
    return {"PREFECT_HOME": str(home)}


TWO = """
active = "work"
[profiles.work]
PREFECT_API_URL = "http://work:4200/api"
[profiles.local]
PREFECT_API_URL = "http://127.0.0.1:4200/api"
"""


def test_the_server_is_that_of_the_active_profile(tmp_path):
    environ = profiles(tmp_path, TWO)
    assert configured("PREFECT_API_URL", environ) == "http://work:4200/api"
    assert configured("PREFECT_API_URL", environ | {"PREFECT_PROFILE": "local"}) == "http://127.0.0.1:4200/api"


def test_the_environment_is_stronger_than_the_profile(tmp_path):
    environ = profiles(tmp_path, TWO) | {"PREFECT_API_URL": "http://env/api"}
    assert configured("PREFECT_API_URL", environ) == "http://env/api"


@pytest.mark.parametrize("text", ["", 'active = "gone"', "not toml at all [", "[profiles.work]\n"])
def test_without_a_usable_profile_nothing_is_configured(tmp_path, text):
    assert configured("PREFECT_API_URL", profiles(tmp_path, text)) is None


def test_our_defaults_give_way_to_what_the_user_says(tmp_path):
    environ = profiles(tmp_path, 'active="a"\n[profiles.a]\nPREFECT_FLOWS_HEARTBEAT_FREQUENCY = 60\n')
    chosen = defaults(environ | {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "DEBUG"})
    assert "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL" not in chosen
    assert "PREFECT_FLOWS" not in chosen
    assert chosen["PREFECT_SERVER_EPHEMERAL_ENABLED"] == "false"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(server_child, "LOCK_PATIENCE_SECONDS", 0.0)


def migrated(database, revision):
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("create table alembic_version (version_num text)")
        connection.execute("insert into alembic_version values (?)", [revision])


FIRST_MIGRATION = "9725c1cbee35"


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.mark.parametrize("revision", [None, FIRST_MIGRATION])
def test_the_home_database_is_used_when_it_is_free(home, tmp_path, revision, impatient):
    if revision:
        migrated(home / "prefect.db", revision)
    assert server_child.choose_database(home, tmp_path) == home / "prefect.db"


def test_a_home_that_is_not_there_yet_is_made(tmp_path, impatient):
    assert server_child.choose_database(tmp_path / "a" / "b", tmp_path) == tmp_path / "a" / "b" / "prefect.db"


def test_a_database_that_another_server_holds_is_left_alone(home, tmp_path, impatient):
    with (home / "keepfit-server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert server_child.choose_database(home, tmp_path) == tmp_path / "prefect.db"


def test_a_database_of_a_newer_prefect_is_left_alone(home, tmp_path, impatient):
    migrated(home / "prefect.db", "feedfacecafe")
    assert server_child.choose_database(home, tmp_path) == tmp_path / "prefect.db"


def test_a_file_that_is_no_database_is_left_alone(home, tmp_path, impatient):
    (home / "prefect.db").write_bytes(b"not a database, but long enough to look like one" * 40)
    assert server_child.choose_database(home, tmp_path) == tmp_path / "prefect.db"


def test_a_home_that_cannot_be_written_is_left_alone(tmp_path, impatient):
    (tmp_path / "home").write_text("a file where the folder should be")
    assert server_child.choose_database(tmp_path / "home", tmp_path) == tmp_path / "prefect.db"
