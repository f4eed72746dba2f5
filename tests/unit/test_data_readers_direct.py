"""Columns that the reader types at once have exactly the values that the careful way gives to their texts."""

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reader_samples import read

from keepfit.data.convert import Spelling, arrow_type, convert
from keepfit.data.readers import blocks
from keepfit.data.readers.direct import directly

# Near to what is plain, so that most texts are accepted by one of the two ways at least.
PIECES = {
    "int": ["-", "+", "0", "7", "007", "9" * 18, "9223372036854775807", "9223372036854775808", "0x1F", ".0", ".", " "],
    "float": ["-", "+", "0", "1", ".", "5", "9" * 17, "e5", "E-7", "e+5", "e999", "e00005", "nan", "inf", "0x1p3", " "],
    "bool": ["true", "FALSE", "True", "1", "0", "t", "yes", " ", "ſ"],
    "time": [
        *("2013-01-01", "0000-01-01", "0001-01-01", "9999-12-31", "2013-02-29", "T", " ", "05", ":00", ":60", "24"),
        *(
            ".1",
            ".123456",
            ".1234567",
            "Z",
            "z",
            "+01:00",
            "+0100",
            "+01",
            "-23:59",
            "+24:00",
            "T05:00:00",
            " 23:59:59",
        ),
    ],
}
KINDS = sorted(PIECES)
TEXTS = {
    kind: st.lists(st.sampled_from(pieces), min_size=1, max_size=5).map("".join) for kind, pieces in PIECES.items()
}
REAL = {
    "int": st.integers(-(2**64), 2**64).map(str),
    "float": st.one_of(st.floats(allow_nan=False, allow_infinity=False).map(repr), st.decimals(places=3).map(str)),
    "bool": st.sampled_from(["true", "false"]),
    "time": st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()),
}


@st.composite
def columns(draw):
    kind = draw(st.sampled_from(KINDS))
    texts = st.one_of(TEXTS[kind], REAL[kind], st.none(), st.text(max_size=3))
    return kind, draw(st.lists(texts, min_size=1, max_size=3))


@settings(max_examples=1000, deadline=None)
@given(columns())
@example(("int", ["-0"]))
@example(("float", ["-0", "-0.0"]))
@example(("float", [None]))
@example(("time", ["2013-01-01T05+01:00"]))
def test_what_is_typed_at_once_is_what_the_careful_way_gives(column):
    kind, texts = column
    plain = pa.chunked_array([pa.array(texts, pa.string())])
    typed = directly(pa.table({"x": plain}), {"x": kind}).column("x")
    if typed.type == pa.string():
        assert typed.equals(plain)
        return
    careful = convert(plain, kind, Spelling("America/New_York"))
    assert careful.reasons is None
    assert typed.type == arrow_type(kind)
    assert [repr(value) for value in typed.to_pylist()] == [repr(value) for value in careful.values.to_pylist()]


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        ("int", ["1", "-7", "007", "9223372036854775807"]),
        ("float", ["1", "1.5", "-.5", "1234567890.12345678"]),
        ("bool", ["true", "False", "1", "0"]),
        ("time", ["2013-01-01T05:00:00Z", "2013-01-01 05:00:00.5+01:00"]),
    ],
)
def test_what_is_plain_is_typed(kind, plain):
    (table,) = read("x,y\n" + "".join(f"{text},\n" for text in [*plain, '""']), direct={"x": kind}).tables
    assert table.schema.field("x").type == arrow_type(kind)
    assert table.column("x").null_count == 1


@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        ("int", ["0x1F", "+1", " 1", "1.0", "1e3", "9223372036854775808", "x"]),
        ("float", ["nan", "inf", "+1", "1e999", "9" * 400, " 1", "0x1p3", "1_0", "1,5"]),
        ("bool", ["t", "yes", " true"]),
        ("time", ["2013-01-01T05:00:00", "2013-01-01", "0000-01-01T00:00:00Z", "2013-01-01T05+01:00", "x"]),
    ],
)
def test_what_is_not_plain_stays_text_for_the_careful_way(kind, odd):
    good = {"int": "1", "float": "1.5", "bool": "true", "time": "2013-01-01T05:00:00Z"}[kind]
    for text in odd:
        found = read(f'x,y\n{good},1\n"{text}",2\n', direct={"x": kind, "y": "int"})
        assert [row["x"] for row in found.rows.values()] == [good, text]
        assert [row["y"] for row in found.rows.values()] == [1, 2]


def test_a_cell_makes_text_of_its_own_part_only(monkeypatch):
    monkeypatch.setattr(blocks, "USUAL", 8)
    found = read("x,y\n1,2\n3,4\nq,6\n7,8\n", direct={"x": "int", "y": "int"})
    assert [(row["x"], row["y"]) for row in found.rows.values()] == [(1, 2), ("3", 4), ("q", 6), (7, 8)]


def test_text_and_category_are_never_typed():
    assert read("x,y\n007,1\n", direct={"x": "text", "y": "category"}).rows == {1: {"x": "007", "y": "1"}}


def test_json_lines_are_typed_likewise():
    found = read(
        '{"x": 1, "y": 1.0}\n{"x": 2, "y": "2013-01-01T05:00:00Z"}\n', "a.jsonl", direct={"x": "int", "y": "int"}
    )
    assert found.rows == {1: {"x": 1, "y": "1.0"}, 2: {"x": 2, "y": "2013-01-01T05:00:00Z"}}
