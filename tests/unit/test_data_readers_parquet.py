"""Parquet: which types come as what, in bounded memory, and that no damaged byte gets further than an error."""

import datetime as dt
import io
import math
from base64 import b64decode, b64encode
from contextlib import suppress
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_samples import parquet, problem, read

from keepfit.data.readers import Form, pages, parts
from keepfit.data.readers import parquet as parquet_reader
from keepfit.data.readers.blocks import LONGEST
from keepfit.errors import DataError

NAME = "a.parquet"


def one(values: pa.Array, **options) -> pa.Table:
    """A column as it comes back."""
    found = read(parquet(pa.table({"x": values}), **options), NAME)
    return pa.concat_tables(found.tables).column("x")


@pytest.mark.parametrize(
    "values",
    [
        pa.array([True, None]),
        pa.array([-128, None], pa.int8()),
        pa.array([2**63 - 1, None], pa.int64()),
        pa.array([2**64 - 1, None], pa.uint64()),
        pa.array([1.5, None], pa.float32()),
        pa.array([1.5, None, math.inf], pa.float64()),
        pa.array([None, None]),
        pa.array(["ä", None, ""]),
        pa.array([0, None], pa.date32()),
        pa.array([0, None], pa.timestamp("us")),
        pa.array([0, None], pa.timestamp("us", "UTC")),
        pa.array([Decimal("12345678901234567890123456789012345.678"), None], pa.decimal128(38, 3)),
    ],
)
def test_what_is_kept_as_it_is(values):
    found = one(values)
    assert found.type == values.type
    assert found.to_pylist() == values.to_pylist()


@pytest.mark.parametrize(
    ("values", "kind", "found"),
    [
        (pa.array([1.5], pa.float16()), pa.float64(), 1.5),
        (pa.array(["x"], pa.large_string()), pa.string(), "x"),
        (pa.array(["x"], pa.string_view()), pa.string(), "x"),
        (pa.array(["x"]).dictionary_encode(), pa.string(), "x"),
        (pa.array([86_400_000], pa.date64()), pa.date32(), dt.date(1970, 1, 2)),
        (pa.array([3_661_000], pa.time32("ms")), pa.string(), "01:01:01.000"),
        (pa.array([1], pa.time64("ns")), pa.string(), "00:00:00.000000001"),
        (pa.array([1_500], pa.timestamp("ms")), pa.timestamp("us"), dt.datetime(1970, 1, 1, 0, 0, 1, 500_000)),
        (pa.array([1_999], pa.timestamp("ns")), pa.timestamp("us"), dt.datetime(1970, 1, 1, 0, 0, 0, 1)),
        (
            pa.array([0], pa.timestamp("s", "America/New_York")),
            pa.timestamp("us", "UTC"),
            dt.datetime(1970, 1, 1, tzinfo=dt.UTC),
        ),
        (pa.array([Decimal("1.10")], pa.decimal32(5, 2)), pa.decimal128(5, 2), Decimal("1.10")),
        (pa.array([Decimal(10**50) / 1000], pa.decimal256(60, 3)), pa.string(), "1" + "0" * 47 + ".000"),
    ],
)
def test_what_is_taken_as_something_else_loses_nothing(values, kind, found):
    column = one(values)
    assert column.type == kind
    assert column.to_pylist() == [found]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pa.array([["a"]]), "list<"),
        (pa.array([[[1]]]), "list<"),
        (pa.array([{"a": 1}]), "struct<"),
        (pa.array([b"x"]), "binary"),
        (pa.array([b"x"], pa.binary(1)), "fixed_size_binary"),
        (pa.array([1], pa.duration("s")), "duration"),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), "map<"),
    ],
)
def test_what_cannot_be_taken_is_named_with_column_and_type(values, kind):
    said = problem(parquet(pa.table({"id": ["a"], "other": values})), NAME)
    assert said.what == "columns of a type that is not taken"
    assert said.expected == "text, numbers, truth values, dates and times"
    assert said.found.startswith(f"other ({kind}")


@pytest.mark.parametrize(
    "values",
    [
        pa.array([0, 10_000_000, None], pa.date32()),
        pa.array([0, -(2**62), None], pa.timestamp("us")),
        pa.array([0, 2**61, None], pa.timestamp("ms", "UTC")),
        pa.array([0, 253_402_300_800_000, None], pa.timestamp("ms")),
    ],
)
def test_a_time_that_no_calendar_has_refuses_its_row_alone(values):
    found = read(parquet(pa.table({"id": ["a", "b", "c"], "at": values})), NAME)
    assert [row["id"] for row in found.rows.values()] == ["a", "c"]
    assert found.refused[2][0] == "at: a time outside of the years 1 to 9999"
    assert '"id":"b"' in found.refused[2][1]


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_the_first_and_the_last_moment_of_the_calendar_are_taken(unit):
    first, last = dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59)
    assert one(pa.array([first, last], pa.timestamp(unit))).to_pylist() == [first, last]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "an empty file"),
        (b"id,at\n1,2\n", r"it begins with b'id,at\n1,2\n'"),
        (b"<html>Sign in</html>", "it begins with b'<html>Sign in</html>'"),
        (b"PAR1", "smaller than the minimum file footer"),
        (parquet(pa.table({"id": ["a"]}))[:-20], "it ends with"),
        (parquet(pa.table({"id": ["a"]}))[:-4] + b"PARE", "an encrypted footer"),
    ],
)
def test_what_is_no_parquet_is_refused_by_how_it_begins_or_ends(data, found):
    said = problem(data, NAME)
    assert said.what == "a Parquet file is truncated or damaged"
    assert "fetch" in said.do
    assert found in said.found


def test_a_schema_without_rows():
    said = problem(parquet(pa.table({"id": pa.array([], pa.string())})), NAME)
    assert (said.what, said.expected, said.found) == (
        "0 rows in a.parquet",
        "at least one row",
        "a schema without rows",
    )


def test_a_name_that_stands_twice_or_is_reserved():
    twice = pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["id", "x", "id"])
    assert problem(parquet(twice), NAME).found == "columns id at 1, 3"
    assert problem(parquet(pa.table({"_row": [1]})), NAME).found == "_row at 1"


def test_a_flipped_bit_in_a_page_with_a_checksum_is_found():
    data = bytearray(parquet(pa.table({"x": np.arange(1000)}), write_page_checksum=True, compression="none"))
    data[2000] ^= 1
    assert problem(bytes(data), NAME).what == "a Parquet file is truncated or damaged"


def test_text_that_is_not_utf8_is_damage():
    data = parquet(pa.table({"x": ["abcdefgh"]}), compression="none", write_statistics=False)
    assert "Invalid UTF8" in problem(data.replace(b"abcdefgh", b"abc\xff\xfefgh"), NAME).found


def test_row_groups_of_any_size_are_read_in_parts_with_one_count():
    table = pa.table({"x": np.arange(300_000)})
    for size in (1_000, 100_000, 300_000):
        found = read(parquet(table, row_group_size=size), NAME)
        assert [row["x"] + 1 for row in found.rows.values()] == list(found.rows)


def test_large_rows_are_read_few_at_a_time(monkeypatch):
    monkeypatch.setattr(parquet_reader, "_AT_ONCE", 1 << 20)
    texts = [str(number) * 1000 for number in range(10_000, 12_000)]
    found = read(parquet(pa.table({"x": texts}), use_dictionary=False, compression="none"), NAME)
    assert max(table.num_rows for table in found.tables) < 250
    assert [row["x"] for row in found.rows.values()] == texts


@pytest.mark.parametrize("values", [pa.array(["y" * 1_000_000]).dictionary_encode().take(pa.array([0] * 3000))])
@pytest.mark.parametrize("encoded", [{}, {"store_schema": False}, {"column_encoding": "DELTA_BYTE_ARRAY"}])
def test_a_long_text_that_stands_for_many_rows_is_spelled_out_bit_by_bit(values, encoded):
    if "column_encoding" in encoded:
        values, encoded = values.slice(0, 200).cast(pa.string()), {**encoded, "use_dictionary": False}
    data = parquet(pa.table({"x": values}), **encoded)
    sizes = [raw.table.nbytes for raw in parts(io.BytesIO(data), NAME, Form(), {})]
    assert sum(sizes) > 1_000_000 * len(values)
    assert max(sizes) < 70_000_000


def test_a_long_text_that_stands_for_many_rows_is_not_spelled_out_as_it_is_read():
    values = pa.array(["y" * 1_000_000, "z"]).dictionary_encode().take(pa.array([0, 1] * 1500))
    data = parquet(pa.table({"x": values, "short": ["a", "b"] * 1500}), store_schema=False)
    batches = list(parquet_reader._opened(io.BytesIO(data), NAME))
    assert pa.types.is_string(batches[0].schema.field("short").type)
    assert sum(batch.nbytes for batch in batches) < 10_000_000


def test_of_texts_that_are_written_as_what_they_share_few_are_read_at_once():
    data = parquet(pa.table({"x": ["a"] * 5000}), use_dictionary=False, column_encoding="DELTA_BYTE_ARRAY")
    assert max(batch.num_rows for batch in parquet_reader._opened(io.BytesIO(data), NAME)) == 1024


def test_a_text_longer_than_a_row_may_be_is_told_with_its_rows():
    said = problem(parquet(pa.table({"x": ["a", "y" * (LONGEST + 1), "b"]})), NAME)
    assert (said.what, said.where) == ("a text is longer than 16 MB", "a.parquet, rows 1 to 3")
    assert said.found == "16,777,217 bytes"


TEXTS = pa.table(
    {
        "a": [f"id-{number % 70}" for number in range(10_000)],
        "a.b": [None, "x" * 300, "y" * 1000, "z"] * 2500,
        "n": pa.array([None] * 10_000, pa.string()),
        "u": [f"id-{number}" for number in range(10_000)],
        "f": np.arange(10_000) % 7,
    }
)
OPTIONS = [
    {},
    {"row_group_size": 700},
    {"data_page_version": "2.0", "compression": "zstd"},
    {"use_dictionary": False, "data_page_size": 500, "write_page_checksum": True},
    {"dictionary_pagesize_limit": 2000, "write_page_index": True},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_texts_are_what_they_were_however_they_are_written(options):
    found = read(parquet(TEXTS, **options), NAME)
    assert pa.concat_tables(found.tables).drop(["_row"]).equals(TEXTS)


@pytest.mark.parametrize("options", OPTIONS)
def test_the_pages_of_a_file_are_found_by_their_headers(options):
    stream = io.BytesIO(parquet(TEXTS, **options))
    metadata = pq.read_metadata(stream)
    groups = pages._footer(stream)[4]
    assert len(groups) == metadata.num_row_groups
    for index, group in enumerate(groups):
        for column, chunk in enumerate(group[1]):
            known = metadata.row_group(index).column(column)
            found = list(pages.chunk_pages(stream, chunk[3]))
            assert sum(page.values for page in found if page.kind != 2) == known.num_values
            assert sum(page.packed for page in found) < known.total_compressed_size
            assert sum(page.size for page in found) < known.total_uncompressed_size
            assert any(page.kind == 2 for page in found) == known.has_dictionary_page


def test_rows_are_as_wide_as_where_they_are_widest():
    texts = ["a"] * 100_000 + ["y" * 100_000] * 50 + ["b"] * 100_000
    table = pa.table({"x": texts, "n": np.arange(200_050)})
    data = parquet(table, use_dictionary=False, data_page_size=1000, write_batch_size=10)
    columns = pages.columns_of(io.BytesIO(data), ["x", "n"], NAME)
    assert 90_000 < columns["x"].width < 110_000
    assert 8 <= columns["n"].width < 12


@pytest.mark.parametrize(
    ("limit", "options", "what", "found"),
    [
        ("LARGEST", {"use_dictionary": False}, "a page of a Parquet file is too large", "2,097,1"),
        ("LARGEST_DICTIONARY", {}, "a dictionary of a Parquet file is too large", "2,097,1"),
    ],
)
def test_a_page_that_unpacks_to_much_is_refused_before_it_does(limit, options, what, found, monkeypatch):
    monkeypatch.setattr(pages, limit, 1 << 20)
    said = problem(parquet(pa.table({"id": ["a"], "x": ["y" * (2 << 20)]}), compression="zstd", **options), NAME)
    assert (said.what, said.where, said.expected) == (what, "a.parquet, column x", "at most 1 MB")
    assert found in said.found


def test_a_billion_rows_in_a_few_bytes_come_to_an_end(monkeypatch):
    data = parquet(pa.table({"x": np.zeros(1_000_000)}))
    monkeypatch.setattr(parquet_reader, "MOST", 1 << 20)
    said = problem(data, NAME)
    assert said.what == "a Parquet file unpacks to too much"
    assert said.found.endswith(f"bytes and more from {len(data):,}")


def test_a_footer_that_points_to_no_page_is_damage():
    data = bytearray(parquet(pa.table({"x": np.arange(1000)}), compression="none", use_dictionary=False))
    data[4:20] = b"\xff" * 16
    assert problem(bytes(data), NAME).found == "its footer or the header of a page is damaged"


def test_damaged_statistics_of_a_column_are_an_error():
    """Found by the fuzzer: PyArrow ends the process when it is asked for such a column of the footer."""
    data = parquet(pa.table({"x": pa.array([1, None, 3])}), compression="none")
    damaged = [
        data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(data.index(b"schema") - 40, len(data))
    ]
    for each in damaged:
        with suppress(DataError):
            read(each, NAME)


WHOLE = parquet(
    pa.table({"a": ["x", "y", None] * 20, "b": [1.5, None, 2.5] * 20, "c": pa.array(range(60), pa.timestamp("us"))})
)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=8), st.integers(0, 8))
def test_a_damaged_file_is_an_error_or_rows_never_a_crash(at, put, drop):
    data = WHOLE[:at] + put + WHOLE[at + drop :]
    try:
        read(data, NAME)
    except DataError as error:
        assert all(NAME in said.where for said in error.problems)


def test_a_time_zone_that_is_not_utf8_is_damage():
    """Found by the fuzzer: PyArrow raises UnicodeDecodeError when it is asked for the zone."""
    data = parquet(pa.table({"at": pa.array([0], pa.timestamp("us", "Europe/Berlin"))}))
    schema = pq.read_metadata(pa.BufferReader(data)).metadata[b"ARROW:schema"]
    wrong = b64encode(b64decode(schema).replace(b"Europe/Berlin", b"Eur\xafpe/Berlin"))
    assert "'utf-8' codec can't decode" in problem(data.replace(schema, wrong), NAME).found
