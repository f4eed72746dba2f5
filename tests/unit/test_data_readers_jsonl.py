"""JSON Lines: exact texts of values, and lines that are no row."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reader_samples import problem, read

from keepfit.data.readers import Form, blocks, jsonl
from keepfit.data.readers.json_row import row_of, rows_at_once, text_of


def rows(body, **options):
    return read(body, "a.jsonl", **options)


def test_values_are_their_own_text_and_no_digit_is_lost():
    digits = "7" * 400
    found = rows(f'{{"a": 1.50, "b": 0.10000000000000000000001, "c": {digits}, "d": 1e999, "e": -0}}\n')
    assert found.rows == {1: {"a": "1.50", "b": "0.10000000000000000000001", "c": digits, "d": "1e999", "e": "-0"}}


def test_kinds_of_values():
    found = rows('{"t": "x", "y": true, "n": false, "z": null, "l": [1.0, "ä", {"q": 1, "p": null}], "o": {}}\n')
    assert found.rows == {
        1: {"t": "x", "y": "true", "n": "false", "z": None, "l": '[1.0, "ä", {"p": null, "q": 1}]', "o": "{}"}
    }


def test_names_that_come_later_are_null_before_and_stay():
    found = rows('{"a": 1}\n{"b": 2}\n{"a": 3, "c": 4}\n')
    assert [tuple(row.values()) for row in found.rows.values()] == [
        ("1", None, None),
        (None, "2", None),
        ("3", None, "4"),
    ]


def test_a_part_has_the_columns_named_so_far(monkeypatch):
    monkeypatch.setattr(blocks, "USUAL", 10)
    found = rows('{"a": 1}\n{"b": 2}\n{"a": 3}\n')
    assert [table.column_names for table in found.tables if table.num_rows] == [
        ["a", "_row"],
        ["a", "b", "_row"],
        ["a", "b", "_row"],
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "a", "id": "b"}', "the name id twice"),
        ('{"x": {"y": 1, "y": 2}}', "the name y twice"),
        ("[1]", "a list"),
        ('"x"', "a text"),
        ("1", "a number"),
        ("true", "a truth value"),
        ("null", "null"),
        ("{}", "an empty one"),
        ('{"": 1}', "a value without a name"),
        ('{" ": 1}', "a value without a name"),
        ('{"a": NaN}', "NaN, which is no JSON"),
        ('{"a": [-Infinity]}', "-Infinity, which is no JSON"),
        ('{"a": 1} {"a": 2}', "no JSON at character 10 (Extra data)"),
        ("{'a': 1}", "no JSON at character 2 (Expecting property name enclosed in double quotes)"),
        ('{"a": "\t"}', "no JSON at character 8 (Invalid control character at)"),
        ('{"a": "\\ud800"}', "half a character (a lone surrogate)"),
        ('{"\\udc00": 1}', "half a character (a lone surrogate)"),
        ('{"a": ' + "[" * 65 + "]" * 65 + "}", "more than 64 levels"),
        ('{"a": ' + "[" * 100_000, "more than 64 levels"),
        ("<html>", "no JSON at character 1 (Expecting value)"),
    ],
)
def test_a_line_that_is_no_row_is_refused_alone(line, reason):
    found = rows(f'{{"a": 1}}\n\n{line}\n{{"a": 2}}\n')
    assert found.rows == {1: {"a": "1"}, 3: {"a": "2"}}
    assert found.refused == {2: (f"expected one JSON object, found {reason}", line)}


def test_a_last_line_that_breaks_off():
    found = rows('{"a": 1}\n{"a": ')
    assert found.refused[2][0].endswith("no JSON at character 7 (Expecting value): a truncated file?")


def test_only_the_last_line_is_told_to_be_cut_off_also_where_another_is_its_like():
    """Found by the fuzzer: Python has but one object for equal bytes of length 1."""
    found = rows('{\n{"a": 1}\n{')
    assert [reason.endswith("truncated file?") for reason, _ in found.refused.values()] == [False, True]


def test_a_line_that_ends_is_not_cut_off_whatever_blanks_follow():
    assert rows('{"a": 1}\n{"a": \n  ').refused[2][0].endswith("no JSON at character 7 (Expecting value)")


def test_a_last_line_that_is_whole_needs_no_line_end():
    assert list(rows('{"a": 1}\r\n{"a": "\\ud83d\\ude00"}').rows.values()) == [{"a": "1"}, {"a": "😀"}]


@pytest.mark.parametrize(
    ("body", "what", "found"),
    [
        ("", "0 rows in a.jsonl", "an empty file"),
        (" \n\n", "0 rows in a.jsonl", "an empty file"),
        ('[{"a": 1},\n{"a": 2}]', "looks like a JSON array, not JSON Lines", '[{"a": 1}, {"a": 2}]'),
        ("<html><body>Sign in", "looks like an HTML page", "<html><body>"),
        ('{\n  "a": 1\n}\n', "none of 3 rows can be read", "no JSON at character 2"),
        ("id,b\n1,2\n", "none of 2 rows can be read", "id,b"),
        ('{"a": 1, "_row": 2}', "a name that Keepfit needs itself", "_row"),
        ('{"a": "\0"}', "a NUL byte in a text file", "offset 7"),
        ('{"a": "ä"}\n'.encode("latin-1"), "text is not UTF-8", "byte 0xe4 at offset 7"),
        (
            "\n".join(json.dumps(dict.fromkeys(f"{line}-{each}" for each in range(1000))) for line in range(11)),
            "too many columns",
            "11,000",
        ),
    ],
)
def test_a_file_that_is_no_table_is_refused_whole(body, what, found):
    said = problem(body, "a.jsonl")
    assert what in said.what
    assert found in said.found


def test_the_declared_encoding_is_understood():
    assert rows('{"ä": "ß"}\n'.encode("utf-16"), form=Form(encoding="utf-16")).rows == {1: {"ä": "ß"}}


def test_ever_new_names_take_no_more_memory_than_many_rows(monkeypatch):
    monkeypatch.setattr(jsonl, "_CELLS", 1000)
    found = rows("".join(f'{{"a{number % 40}": {number}}}\n' for number in range(500)))
    assert max(table.num_rows * (table.num_columns - 1) for table in found.tables) <= 1000
    assert [row[f"a{(number - 1) % 40}"] for number, row in found.rows.items()] == [str(each) for each in range(500)]


def test_a_line_longer_than_a_row_may_be_ends_the_reading():
    said = problem('{"a": 1}\n{"a": "' + "x" * blocks.LONGEST + '"}\n{"a": 2}\n', "a.jsonl")
    assert (said.what, said.where) == ("a row is longer than 16 MB", "a.jsonl, row 2")
    assert said.do == "look at that row"


NAME = st.sampled_from(['"a"', '"b"', '"a b"', '"ä"', '"c:"', '"\\u0061"', '""', '" "', '"\\""'])
VALUE = st.one_of(
    st.sampled_from(
        [
            *('"x"', '""', '"a\\": 1"', '"x : y"', '"\\u003a"', '"{"', '"["', '"\\ud83d\\ude00"', '"\\ud800"', '"-0,"'),
            *(
                "1",
                "-0",
                "-0.0",
                "1.50",
                "1e999",
                "1E+05",
                "01",
                "null",
                "true",
                "NaN",
                "7" * 30,
                "[1]",
                "{}",
                '{"a": 1}',
            ),
        ]
    ),
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(max_size=4).map(json.dumps),
)
BLANK = st.sampled_from(["", "", "", " ", "\t", "\r", "  "])
COLON = st.sampled_from([":", ": ", ": ", " :", "\t: "])


@st.composite
def lines(draw):
    pairs = draw(st.lists(st.tuples(NAME, COLON, VALUE), max_size=3))
    comma = draw(st.sampled_from([",", ", "]))
    whole = draw(BLANK) + "{" + comma.join(map("".join, pairs)) + "}" + draw(BLANK)
    cut = draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
    return whole[:cut] + draw(st.sampled_from(["", "", "", "", '{"a": 1}', "}", "x"]))


@settings(max_examples=600, deadline=None)
@given(st.lists(lines(), min_size=1, max_size=3), st.sampled_from(["", "\n", "\n\n"]))
@example(['{"a" :1, "a":2}'], "")
@example(['{"a":', "1}"], "")
@example(['{"a":', '{"b": 1}}', '{"a": 1}{"a": 2}'], "")
@example(['{"a": [', '{"b": 1}]}', '{"a": 1}{"a": 2}'], "")
@example(['{"a": [', '{"b": 1}], "a": 2}', '{"a": 1}{"c": 2}'], "")
@example(['{"a": "["}', '{"a": "{"}'], "")
@example(['{"a": [1.0]}'], "")
@example(['{"a": 1}', '{"": 1}'], "")
@example(['{"a": 1}', "{}"], "")
@example(['{"a": 1}{"a": 2}', "", '{"b": 3}'], "")
@example(['{"x": "\\":", "a" : 1, "a": 2}'], "")
def test_rows_taken_at_once_are_those_of_every_line_by_itself(texts, end):
    found = rows_at_once(("\n".join(texts) + end).encode())
    if found is None:
        return
    texts = [text for text in texts if text.strip()]
    assert len(found) == len(texts)
    for text, row in zip(texts, found, strict=True):
        assert {name: text_of(value) for name, value in row.items()} == row_of(text)


@pytest.mark.parametrize("line", ['{"": 1}', "{}", '{"a": 1, "a": 2}', '{"a": [NaN]}', '"x"'])
def test_a_line_that_is_no_row_is_refused_among_others_that_are_alike(line):
    found = rows(f'{{"a": 1}}\n{line}\n{{"a": 2}}\n')
    assert found.rows == {1: {"a": "1"}, 3: {"a": "2"}}
    assert found.refused[2][1] == line


@pytest.mark.parametrize(
    "value", ['"x"', "1", "1.5", "true", "null", '"a : b"', '"it\\"s"', '"[x] {y}"', '"2020-01-01T00:00:00Z"']
)
def test_plain_lines_are_taken_at_once(value):
    body = "".join(f'{{"id": {number}, "v": {value}}}\n' for number in range(100))
    assert len(rows_at_once(body.encode())) == 100
    assert len(rows_at_once(body.replace(" ", "").encode())) == 100


def test_a_line_that_is_no_row_has_its_number_among_those_taken_at_once():
    texts = [f'{{"id": {number}, "v": "x"}}' for number in range(1000)]
    for number in (3, 500, 501, 999):
        texts[number] = texts[number][:-1]
    found = rows("\n".join(texts))
    assert list(found.refused) == [4, 501, 502, 1000]
    assert all(row["id"] == str(number - 1) for number, row in found.rows.items())


def test_values_of_several_kinds_in_a_column_are_their_texts():
    found = rows('{"a": 1}\n{"a": "x"}\n{"a": true}\n{"a": 1.50}\n{"a": null}\n{"a": 99999999999999999999}\n')
    assert [row["a"] for row in found.rows.values()] == ["1", "x", "true", "1.50", None, "99999999999999999999"]
