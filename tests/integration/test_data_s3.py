"""Sources in a bucket give what the same files on disk give; only new and changed objects are fetched."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest
import s3_servers
from data_world import World, rows, use_case

from keepfit.config.loading import load
from keepfit.data import extract, fingerprint, get_table, look
from keepfit.data.places import InBucket
from keepfit.errors import ConfigError, DataError, InfrastructureError
from keepfit.records import Moment

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

        def put(self, name, lines, head="id,when_at,colour,size,late"):
            body = ("\n".join([head, *lines]) + "\n").encode()
            client.put_object(Bucket=s3_servers.BUCKET, Key=f"{prefix}/{name}", Body=body)

        def case(self, pattern, **changes):
            return use_case(data__sources={"items": {"kind": "s3", "path": f"{self.path}/{pattern}"}}, **changes)

    return Delivery()


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
    assert len(fingerprint(look(world.store, case, tmp_path))) == 3
    assert not fetched


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
