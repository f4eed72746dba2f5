"""Sources in a bucket give what the same files on disk give; only new and changed objects are fetched."""

import hashlib
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import s3_servers
from data_world import World, rows, use_case

from keepfit.config.loading import load
from keepfit.data import extract, fingerprint, get_table, look
from keepfit.data.places import InBucket
from keepfit.errors import ConfigError, DataError, InfrastructureError
from keepfit.records import Moment, sha256

ROOT = Path(__file__).parents[2]
MOMENT = Moment(as_of=datetime(2020, 2, 1, tzinfo=UTC), started=datetime(2100, 1, 1, tzinfo=UTC))


@pytest.fixture(params=["weed", "moto"])
def server(request, aws):
    found = request.getfixturevalue(request.param)
    aws(found)
    return found


@pytest.fixture
def delivery(server):
    """A prefix that nobody has used, and how to put something there."""
    prefix, client = f"in-{secrets.token_hex(4)}", s3_servers.client(server)

    class Delivery:
        path = f"s3://{s3_servers.BUCKET}/{prefix}"

        def put(self, name, lines):
            self.send(name, body(lines))

        def send(self, name, data):
            client.put_object(Bucket=s3_servers.BUCKET, Key=f"{prefix}/{name}", Body=data)

        def remove(self, name):
            client.delete_object(Bucket=s3_servers.BUCKET, Key=f"{prefix}/{name}")

        def case(self, pattern, **changes):
            return use_case(data__sources={"items": {"kind": "s3", "path": f"{self.path}/{pattern}"}}, **changes)

    return Delivery()


def body(lines):
    return ("\n".join(["id,when_at,colour,size,late", *lines]) + "\n").encode()


def test_the_same_examples_as_from_files(tmp_path, delivery):
    world = World(tmp_path)
    for day in range(1, 4):
        world.write(f"{day}.csv", rows(24, first=24 * (day - 1)))
        delivery.put(f"a/{day}.csv", rows(24, first=24 * (day - 1)))
    delivery.put("a/b/other.csv", ["not for us"])
    here = world.extract(moment=MOMENT)
    there = extract(world.store, delivery.case("*/*.csv"), MOMENT, tmp_path)
    assert (there.rows, there.newest, there.columns) == (here.rows, here.newest, here.columns)
    tables = [get_table(world.store, each.parts[0]).drop_columns(["_file"]) for each in (here, there)]
    assert tables[0].equals(tables[1])
    assert [file.digest for file in there.sources] == [file.digest for file in here.sources]
    assert there.sources[0].path == f"{delivery.path}/a/1.csv"


def test_only_what_is_new_is_fetched(tmp_path, delivery, monkeypatch):
    world, case, fetched = World(tmp_path), delivery.case("day=*/*.csv", contract__columns__day={"type": "int"}), []
    original = InBucket.reading
    monkeypatch.setattr(InBucket, "reading", lambda it, file, use: fetched.append(file.path) or original(it, file, use))
    for day in (1, 2):
        delivery.put(f"day={day}/x.csv", rows(24, first=24 * (day - 1)))
    assert extract(world.store, case, MOMENT, tmp_path).rows == 48
    delivery.put("day=2/x.csv", rows(20, first=24))
    delivery.put("day=3/x.csv", rows(24, first=48))
    fetched.clear()
    extracted = extract(world.store, case, MOMENT, tmp_path)
    assert [path.removeprefix(delivery.path) for path in sorted(fetched)] == ["/day=2/x.csv", "/day=3/x.csv"]
    table = get_table(world.store, extracted.parts[0])
    assert sorted(set(zip(table["day"].to_pylist(), [at.day for at in table["when_at"].to_pylist()], strict=True))) == [
        (1, 1),
        (2, 2),
        (3, 3),
    ]
    fetched.clear()
    assert fingerprint(look(world.store, case, tmp_path)).files == {}
    assert not fetched


def replaced(monkeypatch, replace):
    """Between the list of objects and the first fetch of one, somebody does something."""
    original, once = InBucket.reading, [replace]

    def reading(it, file, use):
        while once:
            once.pop()()
        return original(it, file, use)

    monkeypatch.setattr(InBucket, "reading", reading)


def numbers(store, extracted):
    return sorted(get_table(store, extracted.parts[0])["id"].to_pylist())


def test_an_object_that_is_replaced_after_the_list_is_read_as_it_is_and_remembered_as_that(
    tmp_path, delivery, monkeypatch
):
    world, case, old, new = World(tmp_path), delivery.case("*.csv"), rows(24), rows(30, first=100)
    delivery.put("1.csv", old)
    with monkeypatch.context() as patch:
        replaced(patch, lambda: delivery.put("1.csv", new))
        extracted = extract(world.store, case, MOMENT, tmp_path)
    seen = numbers(world.store, extracted)
    assert (extracted.rows, extracted.sources[0].size) == (30, len(body(new)))
    delivery.put("1.csv", old)  # the very object that was listed first is back
    again = extract(world.store, case, MOMENT, tmp_path)
    assert again.rows == 24
    assert not set(numbers(world.store, again)) & set(seen)


def test_an_object_that_is_gone_after_the_list_is_told(tmp_path, delivery, monkeypatch):
    world, case = World(tmp_path), delivery.case("*.csv")
    delivery.put("1.csv", rows(24))
    replaced(monkeypatch, lambda: delivery.remove("1.csv"))
    with pytest.raises(InfrastructureError, match="gone since the bucket was listed") as caught:
        extract(world.store, case, MOMENT, tmp_path)
    assert caught.value.problems[0].where.startswith(f"{delivery.path}/1.csv at 127.0.0.1:")


def test_objects_that_are_replaced_again_and_again_are_read_whole(tmp_path, delivery):
    """A writer that never rests: every read is of one of its versions, never of a part of two."""
    versions = [body(rows(count, first=1000 * count)) for count in (2_000, 9_000)]
    delivery.send("1.csv", versions[0])
    place = InBucket(f"{delivery.path}/*.csv")
    ended = threading.Event()

    def write():
        while not ended.is_set():
            for version in versions:
                delivery.send("1.csv", version)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            for _ in range(20):
                [file] = place.found()
                data, read = place.reading(file, lambda read: (read.file.read(), read))
                assert data in versions
                assert (read.digest, read.found.size) == (sha256(data), len(data))
                assert read.found.signature == f"{hashlib.md5(data).hexdigest()}-{len(data):x}"
        finally:
            ended.set()
            writing.result()


def test_nothing_there_and_no_bucket_are_told(tmp_path, delivery):
    with pytest.raises(DataError, match="no object matches") as caught:
        extract(World(tmp_path).store, delivery.case("*.csv"), MOMENT, tmp_path)
    assert caught.value.problems[0].where == f"s3://{s3_servers.BUCKET}"
    case = use_case(data__sources={"items": {"kind": "s3", "path": "s3://nowhere/x/*.csv"}})
    with pytest.raises(InfrastructureError, match="no bucket nowhere"):
        extract(World(tmp_path).store, case, MOMENT, tmp_path)


@pytest.mark.parametrize(
    ("kind", "path"), [("s3", "data/*.csv"), ("s3", "s3://bucket"), ("files", "s3://bucket/*.csv"), ("s3", "s3:///x")]
)
def test_kind_and_path_belong_together(tmp_path, kind, path):
    text = (ROOT / "configs" / "diabetes_progression.yaml").read_text()
    changed = text.replace("{kind: files, path: data/diabetes.csv}", f'{{kind: {kind}, path: "{path}"}}')
    assert changed != text
    file = tmp_path / "diabetes_progression.yaml"
    file.write_text(changed)
    with pytest.raises(ConfigError, match=r"kind: files|address of objects"):
        load(file, {})
