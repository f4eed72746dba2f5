"""A snapshot is named by its values, whatever they came in."""

import random
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepfit.data import put_table, read_snapshot, snapshot, snapshot_key, values_digest, write_snapshot
from keepfit.errors import IntegrityError, Missing
from keepfit.store import open_store

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
    return values_digest(values, KINDS, ["id"])


def test_order_chunks_slices_dictionaries_and_column_order_do_not_matter():
    shuffled = random.Random(1).sample(ROWS, len(ROWS))
    chunked = pa.concat_tables([table().slice(0, 7), table().slice(7)])
    coded = table().set_column(5, "c", table()["c"].dictionary_encode())
    turned = table().select(["c", "at", "id", "ok", "x", "n"])
    sliced = pa.concat_tables([table(), table()]).slice(60)
    assert {digest(each) for each in (table(shuffled), chunked, coded, turned, sliced)} == {digest(table())}
    assert values_digest(turned, dict(reversed(KINDS.items())), ["id"]) == digest(table())


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


def test_rows_types_and_names_matter():
    assert digest(table(ROWS[:-1])) != digest(table())
    assert values_digest(table(), KINDS | {"c": "text"}, ["id"]) != digest(table())


def test_texts_cannot_run_into_each_other():
    pairs = [("ab", "c"), ("a", "bc")]
    found = {
        values_digest(pa.table({"id": ["1", "2"], "c": list(pair)}), {"id": "text", "c": "text"}, ["id"])
        for pair in pairs
    }
    assert len(found) == 2


def test_equal_numbers_are_equal():
    kinds = {"id": "int", "x": "float"}
    ways = [pa.table({"id": [1, 2], "x": pa.array(x, pa.float64())}) for x in ([0.0, None], [-0.0, float("nan")])]
    assert len({values_digest(each, kinds, ["id"]) for each in ways}) == 1


@given(st.lists(st.tuples(st.text(max_size=5), st.one_of(st.none(), st.text(max_size=5))), unique_by=lambda r: r[0]))
def test_any_texts_in_any_order(rows):
    kinds = {"id": "text", "c": "text"}
    ways = [
        pa.table({"id": pa.array([a for a, _ in each], pa.string()), "c": pa.array([b for _, b in each], pa.string())})
        for each in (rows, rows[::-1])
    ]
    assert len({values_digest(each, kinds, ["id"]) for each in ways}) == 1


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


def test_the_same_values_in_other_files_keep_the_first_record(tmp_path):
    store = open_store(str(tmp_path))
    ordered = table().sort_by([("at", "ascending"), ("id", "ascending")])
    by_month = write_snapshot(store, "small", ordered, KINDS, ["id"], "at")
    in_one = write_snapshot(store, "small", ordered, KINDS, ["id"], None)
    assert len(by_month.partitions) > 1
    assert in_one == by_month
    assert read_snapshot(store, "small", by_month.digest).equals(ordered)


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
    from keepfit.data import get_table
    from keepfit.store import put

    store = open_store(str(tmp_path))
    with pytest.raises(IntegrityError):
        get_table(store, put(store, b"no parquet"))
    with pytest.raises(IntegrityError):
        get_table(store, put_table(store, table()), ["nowhere"])
