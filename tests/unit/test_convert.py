"""Cells become the type of the contract exactly, or say why not; how many others stand beside them changes nothing."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keepfit.data.convert import Spelling, arrow_type, convert
from keepfit.data.readers.direct import directly

NEW_YORK = Spelling("America/New_York")
KINDS = ("category", "text", "int", "float", "bool", "time")
LARGEST = 2**63 - 1


def one(value, kind, spelling=NEW_YORK, arrow=None):
    """The value of one cell, or its reason."""
    cells = convert(pa.chunked_array([pa.array([value], arrow)]), kind, spelling)
    reason = cells.reasons[0].as_py() if cells.reasons is not None else None
    assert cells.values.type == arrow_type(kind)
    assert reason is None or cells.values[0].as_py() is None
    return reason if reason is not None else cells.values[0].as_py()


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("517", "int", 517),
        ("517.0", "int", 517),
        ("007", "int", 7),
        ("-0", "int", 0),
        (str(LARGEST), "int", LARGEST),
        (str(-LARGEST - 1), "int", -LARGEST - 1),
        (f"{LARGEST}.00", "int", LARGEST),
        ("1.9", "int", "'1.9' is not integral, expected a whole number"),
        (str(LARGEST + 1), "int", f"'{LARGEST + 1}' overflows a whole number of 64 bits"),
        ("1e20", "int", "'1e20' overflows a whole number of 64 bits"),
        ("1.23E+11", "int", "'1.23E+11' is not a whole number: with an exponent, digits may be missing"),
        ("+5", "int", "'+5' is not a whole number"),
        ("1_000", "int", "'1_000' is not a whole number"),
        ("0x1F", "int", "'0x1F' is not a whole number"),
        ("１２", "int", "'１２' is not a whole number"),
        (" 5", "int", "' 5' is not a whole number: blanks around it"),
        ("5\n", "int", "'5\n' is not a whole number: blanks around it"),
        ("", "int", "'' is not a whole number"),
        ("1.5", "float", 1.5),
        (".5", "float", 0.5),
        ("5.", "float", 5.0),
        ("1e5", "float", 100_000.0),
        ("-0", "float", 0.0),
        ("nan", "float", "'nan' is not a number"),
        ("inf", "float", "'inf' is not a number"),
        ("1e999", "float", "'1e999' is not a number"),
        ("1,5", "float", "'1,5' is not a number"),
        ("+5", "float", "'+5' is not a number"),
        ("5 ", "float", "'5 ' is not a number: blanks around it"),
        ("TRUE", "bool", True),
        ("0", "bool", False),
        ("yes", "bool", "'yes' is neither true nor false"),
        ("007", "text", "007"),
        ("NA", "category", "NA"),
        (" EWR ", "category", " EWR "),
        ("nan", "text", "nan"),
        ("2013-07-01", "time", datetime(2013, 7, 1, 4, tzinfo=UTC)),
        ("2013-01-01 05:00", "time", datetime(2013, 1, 1, 10, tzinfo=UTC)),
        ("2013-01-01T05:00+02:00", "time", datetime(2013, 1, 1, 3, tzinfo=UTC)),
        ("2013-01-01 05:00:00+00", "time", datetime(2013, 1, 1, 5, tzinfo=UTC)),
        ("2013-01-01T00:00:00.123456789Z", "time", datetime(2013, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)),
        ("2013-11-03 01:30", "time", datetime(2013, 11, 3, 5, 30, tzinfo=UTC)),
        ("2050-07-01 05:00:00", "time", datetime(2050, 7, 1, 9, tzinfo=UTC)),
        ("2013-03-10 02:30", "time", "'2013-03-10 02:30' does not exist in America/New_York"),
        ("2013-02-29", "time", "'2013-02-29' is no moment that a calendar and a clock have"),
        ("2013-01-01T24:00", "time", "'2013-01-01T24:00' is no moment that a calendar and a clock have"),
        ("0000-01-01T00:00:00Z", "time", "'0000-01-01T00:00:00Z' is no moment that a calendar and a clock have"),
        ("20130101", "time", "'20130101' is not an ISO 8601 time"),
        ("2013-W01-1", "time", "'2013-W01-1' is not an ISO 8601 time"),
        ("01/02/2013", "time", "'01/02/2013' is not an ISO 8601 time"),
    ],
)
def test_a_text_is_exactly_what_it_says_or_says_why_not(text, kind, expected):
    found = one(text, kind)
    assert found == expected
    assert type(found) is type(expected)
    assert not (isinstance(found, float) and math.copysign(1, found) < 0 and found == 0)


@pytest.mark.parametrize(
    ("value", "arrow", "kind", "expected"),
    [
        (1.9, None, "int", "'1.9' is not integral, expected a whole number"),
        (1e20, None, "int", "'1e+20' overflows a whole number that a float holds exactly"),
        (2.0**53 + 2, None, "int", "'9007199254740994.0' overflows a whole number that a float holds exactly"),
        (math.nan, None, "int", None),
        (517.0, None, "int", 517),
        (math.nan, None, "float", None),
        (math.inf, None, "float", "infinite, expected a number"),
        (2**64 - 1, pa.uint64(), "int", f"'{2**64 - 1}' overflows a whole number of 64 bits"),
        (Decimal("1.50"), None, "float", 1.5),
        (Decimal("1.50"), None, "int", "'1.50' is not integral, expected a whole number"),
        (True, None, "int", "'True' is a bool, expected int"),
        (True, None, "category", "true"),
        (1, None, "bool", True),
        (2, None, "bool", "'2' is neither true nor false"),
        (9, None, "text", "9"),
        (1.5, None, "category", "'1.5' is a float, expected category"),
        (date(2013, 7, 1), None, "time", datetime(2013, 7, 1, 4, tzinfo=UTC)),
        (datetime(2050, 7, 1, 5), None, "time", datetime(2050, 7, 1, 9, tzinfo=UTC)),
        (datetime(2013, 3, 10, 2, 30), None, "time", "'2013-03-10T02:30:00' does not exist in America/New_York"),
        (253_402_300_800_000_000, pa.timestamp("us", "UTC"), "time", "is outside the years 1 to 9999"),
        (5, None, "time", "'5' is a int, expected time"),
        (["a"], None, "text", "a list<item: string>, expected text"),
        (None, pa.null(), "time", None),
    ],
)
def test_a_typed_value_is_changed_only_where_nothing_is_lost(value, arrow, kind, expected):
    found = one(value, kind, arrow=arrow)
    assert found == expected or (isinstance(expected, str) and expected in str(found))


_TIMES = (
    r"[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]"
    r"([T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,7})?)?(Z|[+-][0-2][0-9](:?[0-9]{2})?)?)?"
)
CELLS = st.one_of(
    st.text(max_size=12),
    st.from_regex(r"[-+ ]?[0-9]{0,20}([.,][0-9]{0,5})?([eE][-+]?[0-9]{1,4})?", fullmatch=True),
    st.from_regex(_TIMES, fullmatch=True),
    st.sampled_from(["true", "False", "1", "0", "nan", "inf", "0x1F", "１２", "1_0", "NaT", "2013-03-10 02:30:00"]),
    st.none(),
)


@settings(deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=30), st.sampled_from(KINDS), st.booleans())
@example(["2013-03-10T02:30:00", "2013-03-10T03:30:00"], "time", False)
def test_a_cell_is_converted_as_if_it_were_alone(texts, kind, spelt):
    spelling = Spelling("Europe/Berlin", ("iso", "%d.%m.%Y"), None, ",", ".") if spelt else NEW_YORK
    cells = convert(pa.chunked_array([pa.array(texts, pa.string())]), kind, spelling)
    reasons = cells.reasons.to_pylist() if cells.reasons is not None else [None] * len(texts)
    together = [reason or value for reason, value in zip(reasons, cells.values.to_pylist(), strict=True)]
    for text, found in zip(texts, together, strict=True):
        alone = one(text, kind, spelling, pa.string())
        assert found == alone or (not found and not alone)
        assert text is None or found is not None


@settings(deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=8), st.sampled_from(KINDS))
def test_what_a_reader_may_type_itself_is_what_the_careful_way_says(texts, kind):
    raw = pa.table({"a": pa.array(texts, pa.string())})
    quick, careful = (convert(table.column("a"), kind, NEW_YORK) for table in (directly(raw, {"a": kind}), raw))
    assert quick.values.to_pylist() == careful.values.to_pylist()
    assert (quick.reasons and quick.reasons.to_pylist()) == (careful.reasons and careful.reasons.to_pylist())


@settings(deadline=None)
@given(st.integers(-(2**63), LARGEST))
def test_every_whole_number_of_64_bits_comes_back(number):
    assert one(str(number), "int") == number


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_comes_back(number):
    assert one(repr(number), "float") == number


@settings(deadline=None)
@given(
    st.integers(-(10**15), 10**15), st.integers(0, 99), st.sampled_from([(",", "."), (",", " "), (".", "'"), (".", "")])
)
def test_declared_marks_are_read(whole, cents, marks):
    decimal, thousands = marks
    text = f"{whole:,}".replace(",", thousands) + f"{decimal}{cents:02d}"
    spelling = Spelling("UTC", decimal=decimal, thousands=thousands)
    assert one(text, "float", spelling) == float(f"{whole}.{cents:02d}")
    expected = whole if cents == 0 else f"'{text}' is not integral, expected a whole number"
    assert one(text, "int", spelling) == expected


@pytest.mark.parametrize("text", ["1.5", "1.50", "12.34.567", "1.2345", ".123", "1.234.5,6"])
def test_a_thousands_mark_stands_before_three_digits_or_it_is_something_else(text):
    assert "thousands mark '.'" in one(text, "float", Spelling("UTC", decimal=",", thousands="."))


def test_a_column_of_many_distinct_values_with_nulls_keeps_their_places():
    texts = [None if number % 7 == 0 else f"{number}.5" for number in range(5000)]
    cells = convert(pa.chunked_array([pa.array(texts[:2500]), pa.array(texts[2500:])]), "float", NEW_YORK)
    assert cells.values.to_pylist() == [None if text is None else float(text) for text in texts]
    assert cells.reasons is None
