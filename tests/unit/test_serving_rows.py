"""Bodies of requests: what is refused and how that is said, and that the quick way takes nothing else."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import serving_world as world
from hypothesis import given
from hypothesis import strategies as some

from keepfit.config import signature_of
from keepfit.serving import closer_look
from keepfit.serving.problems import HttpProblem
from keepfit.serving.rows import Rows

ROWS = Rows(signature_of(world.use_case()))
GOOD = world.GOOD
SECRET = "s3cr3t"


def body(**changes):
    return json.dumps(GOOD | changes).encode()


def refused(data):
    with pytest.raises(HttpProblem) as problem:
        ROWS.read(data)
    return problem.value


def only(data):
    problem = refused(data)
    assert problem.status == 422
    (fault,) = problem.errors
    return fault


def test_a_bare_record_and_a_list_of_records_are_read():
    (row,) = ROWS.read(body())
    assert row == GOOD | {"at": datetime(2024, 5, 1, 10, tzinfo=ZoneInfo("Europe/Berlin"))}
    many = json.dumps({"records": [GOOD, GOOD]}, indent=2).encode()
    assert ROWS.read(many) == [row, row]


def test_key_time_and_protected_columns_may_come_along():
    (row,) = ROWS.read(body(id="v1", age=40))
    assert (row["id"], row["age"]) == ("v1", 40)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 500])
def test_a_number_that_is_not_finite_is_refused_by_name(word):
    fault = only(body().replace(b"12.5", word.encode()))
    assert (fault.pointer, fault.code) == ("/minutes", "not_finite")


@pytest.mark.parametrize("value", ["1.5", "", True, [1], {"a": 1}])
@pytest.mark.parametrize("name", ["minutes", "guests"])
def test_what_is_not_a_number_is_not_made_one(name, value):
    fault = only(body(**{name: value}))
    assert (fault.pointer, fault.code) == (f"/{name}", "type")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("minutes", -1, "too_small"),
        ("minutes", 100.5, "too_large"),
        ("minutes", None, "null"),
        ("guests", 0, "too_small"),
        ("guests", 1.5, "type"),
        ("guests", 2**64, "type"),
        ("door", "roof", "not_allowed"),
        ("door", 1.5, "type"),
        ("member", 1, "type"),
        ("member", "true", "type"),
        ("at", "yesterday", "time"),
        ("at", 0, "type"),
        ("colour", "\ud800", "type"),
    ],
)
def test_a_value_that_breaks_the_contract_is_refused(name, value, code):
    fault = only(body(**{name: value}))
    assert (fault.pointer, fault.code) == (f"/{name}", code)


def test_an_unknown_name_is_told_with_the_closest_one():
    fault = only(body(minuets=3))
    assert (fault.pointer, fault.code) == ("/minuets", "unknown_field")
    assert "did you mean `minutes`?" in fault.detail


def test_the_label_is_no_part_of_a_record():
    assert only(body(back=True)).code == "unknown_field"


def test_a_missing_feature_is_refused_unless_it_may_be_missing():
    (row,) = ROWS.read(json.dumps({name: GOOD[name] for name in GOOD if name not in {"guests", "colour"}}).encode())
    assert "guests" not in row
    fault = only(json.dumps({name: GOOD[name] for name in GOOD if name != "door"}).encode())
    assert (fault.pointer, fault.code) == ("/door", "missing")


@pytest.mark.parametrize("name", ["minutes", "guests", "id", "door"])
@pytest.mark.parametrize("where", ["front", "back"])
@pytest.mark.parametrize("spelled", ["", "\\u00"])
def test_a_name_that_stands_twice_is_refused(name, where, spelled):
    word = name if not spelled else f"\\u00{ord(name[0]):02x}{name[1:]}"
    again = f'"{word}": {json.dumps((GOOD | {"id": "v1"})[name])}'
    text = json.dumps(GOOD | {"id": "v1"})
    twice = f"{{{again}, {text[1:]}" if where == "front" else f"{text[:-1]}, {again}}}"
    for data in (twice, f'{{"records": [{text}, {twice}]}}'):
        problem = refused(data.encode())
        assert (problem.status, problem.code) == (400, "duplicate_key")


def test_records_that_stand_twice_are_refused():
    text = json.dumps(GOOD)
    assert refused(f'{{"records": [{text}], "records": [{text}]}}'.encode()).status == 400


def test_of_many_bad_rows_the_first_twenty_errors_are_told_by_row():
    rows = [GOOD if number % 2 else GOOD | {"minutes": "x"} for number in range(100)]
    problem = refused(json.dumps({"records": rows}).encode())
    assert [fault.pointer for fault in problem.errors] == [f"/records/{2 * number}/minutes" for number in range(20)]


def test_too_many_records_are_refused_as_too_large():
    problem = refused(json.dumps({"records": [GOOD] * (closer_look.MOST_ROWS + 1)}).encode())
    assert (problem.status, problem.code) == (413, "too_many_records")


MALFORMED = [
    b"", b" ", b"{", b"}", b"[", b"{]", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,}', b'{"a" 1}', b"{a:1}", b"{'a':1}",
    b'{"a":1}x', b'{"a":1}{"a":1}', b"[1,]", b"[,1]", b"[1 2]", b"nul", b"True", b"truee", b"+1", b"01", b"1.", b".5",
    b"1e", b"1e+", b"-", b"0x1", b"1_000", b'"', b'"\\', b'"\\x"', b'"\\u12"', b'"\\u12g4"', b'"a\nb"', b'"a\x00b"',
    b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b'{"a":"\xff"}', b'{"a":"\xc0\x80"}', b'{"a":"\xed\xa0\x80"}', b"\x00",
    b"// c\n{}", b"/* c */{}", b'{"a":1 /* c */}', b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000,
    b"\x80\x04\x95", b"a=1&b=2", b"<a/>", b"- 1",
]  # fmt: skip


@pytest.mark.parametrize("data", MALFORMED, ids=lambda data: repr(data[:16]))
@pytest.mark.parametrize("form", [b"%b", b'{"records": [%b]}', b'{"minutes": %b}'])
def test_what_is_not_json_is_refused_without_ado(data, form):
    assert refused(form.replace(b"%b", data)).status in {400, 422}


@pytest.mark.parametrize("data", [b"null", b"true", b"1", b'"a"', b"[]", b"[{}]", b"{}", b'{"records": null}',
                                  b'{"records": {}}', b'{"records": []}', b'{"records": [[]]}', b'{"records": [null]}',
                                  b'{"records": [{}], "more": 1}'])  # fmt: skip
def test_json_that_is_no_record_is_unprocessable(data):
    assert refused(data).status == 422


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [SECRET, {SECRET: SECRET}, [SECRET]])
def test_no_value_is_repeated(name, value):
    data = body(**{name: value})
    try:
        ROWS.read(data)
    except HttpProblem as problem:
        assert SECRET not in problem.document().decode()


def test_no_value_of_a_broken_body_is_repeated():
    assert SECRET not in refused(body(colour=SECRET)[:-3]).document().decode()


VALUES = {
    "minutes": some.floats(-1, 101) | some.integers(-1, 101),
    "guests": some.none() | some.integers(-1, 9) | some.sampled_from([2.0, 2.5]),
    "door": some.sampled_from(["north", "south", "roof", "", 1, True]),
    "colour": some.none() | some.text(max_size=4) | some.integers(0, 3) | some.booleans(),
    "member": some.booleans() | some.just(1),
    "at": some.datetimes().map(datetime.isoformat) | some.just("2024-05-01T10:00:00+02:00"),
    "id": some.none() | some.text(max_size=4),
    "age": some.none() | some.integers(-1, 100),
}


def outcome(read):
    try:
        return read()
    except HttpProblem as problem:
        return problem.status, [fault.pointer for fault in problem.errors]


@given(some.lists(some.fixed_dictionaries({}, optional=VALUES | {"else": some.none()}), min_size=1, max_size=3))
def test_the_quick_way_and_the_closer_look_agree(records):
    data = json.dumps({"records": records}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    slow = outcome(lambda: closer_look.rows_of(ROWS.columns, ROWS.zone, data))
    assert outcome(lambda: ROWS.read(data)) == slow


def test_good_records_take_the_quick_way():
    for extra in ({}, {"id": "v1"}, {"age": 3}, {"guests": None, "colour": None}, {"colour": "grün"}):
        data = json.dumps({"records": [GOOD, GOOD | extra]}, ensure_ascii=False).encode()
        assert len(ROWS._quick(data)) == 2
