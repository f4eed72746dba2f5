"""A snapshot is named by its values, whatever they came in."""

import importlib
import itertools
import tempfile
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepfit.data import get_table, put_table, read_snapshot, snapshot, snapshot_key, values_digest, write_snapshot
from keepfit.errors import IntegrityError, Missing
from keepfit.store import open_store

snapshots = importlib.import_module("keepfit.data.snapshot")  # the package gives its name to a function
KINDS = {"id": "text", "n": "int", "x": "float", "ok": "bool", "at": "time", "c": "category"}
ROWS = [
    {
        "id": f"r{number:03d}",
        "n": number if number % 7 else None,
        "x": number / 3 if number % 5 else None,
        "ok": bool(number % 2),
        "at": datetime(2020, 1 + number % 3, 1 + number % 28, tzinfo=UTC),
        "c": ["red", "", None, "ü"][number % 4],
    }
    for number in range(60)
]
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("n", pa.int64()),
        ("x", pa.float64()),
        ("ok", pa.bool_()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("c", pa.string()),
    ]
)


def table(rows=ROWS) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def digest(values: pa.Table) -> str:
    return values_digest(values, KINDS)


def test_chunks_slices_dictionaries_and_column_order_do_not_matter():
    chunked = pa.concat_tables([table().slice(0, 7), table().slice(7)])
    coded = table().set_column(5, "c", table()["c"].dictionary_encode())
    turned = table().select(["c", "at", "id", "ok", "x", "n"])
    sliced = pa.concat_tables([table(), table()]).slice(60)
    assert {digest(each) for each in (chunked, coded, turned, sliced)} == {digest(table())}
    assert values_digest(turned, dict(reversed(KINDS.items()))) == digest(table())


@pytest.mark.parametrize(
    "change",
    [
        {"n": 8},
        {"n": None},
        {"x": 0.5},
        {"x": 1 / 3 + 1e-16},
        {"ok": False},
        {"c": "red"},
        {"c": None},
        {"id": "other"},
        {"at": datetime(2020, 2, 2, 0, 0, 0, 1, tzinfo=UTC)},
    ],
)
def test_every_value_matters(change):
    assert digest(table([ROWS[0], ROWS[1] | change, *ROWS[2:]])) != digest(table())


def test_rows_types_and_names_matter(tmp_path):
    store = open_store(str(tmp_path))
    ways = [
        (table(), KINDS, ["id"]),
        (table(ROWS[:-1]), KINDS, ["id"]),
        (table(), KINDS | {"c": "text"}, ["id"]),
        (table(), KINDS, ["id", "n"]),
    ]
    assert len({write_snapshot(store, "small", *way, None).digest for way in ways}) == 4


def test_texts_cannot_run_into_each_other():
    pairs = [("ab", "c"), ("a", "bc")]
    found = {
        values_digest(pa.table({"id": ["1", "2"], "c": list(pair)}), {"id": "text", "c": "text"}) for pair in pairs
    }
    assert len(found) == 2


def test_equal_numbers_are_equal():
    kinds = {"id": "int", "x": "float"}
    ways = [pa.table({"id": [1, 2], "x": pa.array(x, pa.float64())}) for x in ([0.0, None], [-0.0, float("nan")])]
    assert len({values_digest(each, kinds) for each in ways}) == 1


ORDERED = table(sorted(ROWS, key=lambda row: (row["at"], row["id"])))


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, 60), max_size=6), most=st.integers(1, 70), dated=st.booleans())
def test_how_rows_arrive_does_not_matter(cuts, most, dated):
    """However the table is handed over, partitions and digest are the same; none is larger than it may be."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots, "PART", most)
        store, time = open_store(folder), "at" if dated else None
        whole = write_snapshot(store, "small", ORDERED, KINDS, ["id"], time)
        writer = snapshots.Writer(store, "other", KINDS, ["id"], time)
        for start, end in itertools.pairwise([0, *sorted(cuts), 60]):
            writer.add(ORDERED.slice(start, end - start))
        assert writer.close() == whole
        parts = [get_table(store, partition) for partition in whole.partitions]
        assert pa.concat_tables(parts).equals(ORDERED)
        assert max(part.num_rows for part in parts) <= most
        if dated:
            for part in parts:
                days = {moment.date() for moment in part["at"].to_pylist()}
                assert len({day.month for day in days}) == 1
                assert len(days) == 1 or all(part.num_rows == count(day.month) for day in days)


def count(month: int) -> int:
    return sum(row["at"].month == month for row in ROWS)


def test_write_and_read(tmp_path):
    store = open_store(str(tmp_path))
    ordered = table(sorted(ROWS, key=lambda row: (row["at"], row["id"])))
    written = write_snapshot(store, "small", ordered, KINDS, ["id"], "at")
    assert len(written.partitions) == 3  # a partition a month
    assert (written.first, written.last) == (min(row["at"] for row in ROWS), max(row["at"] for row in ROWS))
    assert snapshot(store, "small", written.digest) == written
    assert read_snapshot(store, "small", written.digest).equals(ordered)
    assert read_snapshot(store, "small", written.digest, ["c", "id"]).column_names == ["c", "id"]
    assert write_snapshot(store, "small", ordered, KINDS, ["id"], "at") == written


def test_the_same_values_in_another_parquet_keep_the_first_record(tmp_path):
    store = open_store(str(tmp_path))
    first = write_snapshot(store, "small", ORDERED, KINDS, ["id"], "at")
    coded = ORDERED.set_column(5, "c", ORDERED["c"].dictionary_encode())
    assert write_snapshot(store, "small", coded, KINDS, ["id"], "at") == first
    assert len(store.list("small/snapshots/")) == 1


def test_a_later_snapshot_shares_the_months_that_did_not_change(tmp_path):
    store = open_store(str(tmp_path))
    ordered = table(sorted(ROWS, key=lambda row: (row["at"], row["id"])))
    first = write_snapshot(store, "small", ordered.slice(0, 40), KINDS, ["id"], "at")
    second = write_snapshot(store, "small", ordered, KINDS, ["id"], "at")
    assert first.partitions[0] == second.partitions[0]


def test_what_was_tampered_with_is_not_read(tmp_path):
    store = open_store(str(tmp_path))
    written = write_snapshot(store, "small", table(), KINDS, ["id"], None)
    with pytest.raises(Missing):
        read_snapshot(store, "small", "0" * 64)
    path = tmp_path / "objects" / written.partitions[0]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(IntegrityError):
        read_snapshot(store, "small", written.digest)


def test_a_record_under_another_name_is_not_read(tmp_path):
    store = open_store(str(tmp_path))
    written = write_snapshot(store, "small", table(), KINDS, ["id"], None)
    store.create(snapshot_key("small", "f" * 64), store.read(snapshot_key("small", written.digest)))
    with pytest.raises(IntegrityError, match="another"):
        snapshot(store, "small", "f" * 64)


def test_an_object_that_is_no_table_is_told(tmp_path):
    from keepfit.store import put

    store = open_store(str(tmp_path))
    with pytest.raises(IntegrityError):
        get_table(store, put(store, b"no parquet"))
    with pytest.raises(IntegrityError):
        get_table(store, put_table(store, table()), ["nowhere"])
