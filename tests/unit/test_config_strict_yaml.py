"""The strict loader: what is not plain YAML is refused where it stands, before it can do harm."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepfit.config.strict_yaml import DEEPEST, LARGEST, MOST_PARTS, parse
from keepfit.errors import ConfigError

FLIGHTS = Path(__file__).with_name("flight_delay.yaml").read_text()
BOMB = "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9) if before else ', '.join(['lol'] * 9)}]\n"
    for before, name in zip(["", *"abcdefgh"], "abcdefghi", strict=True)
)


def refused(text: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text if isinstance(text, bytes) else text.encode(), "a.yaml")
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize(
    "word",
    [
        *("NO", "yes", "on", "=", "nan", "inf", "1e", "+.5."),
        *("0777", "0o17", "0x1F", "007.5", "00", "-01", "1_000", "1,000"),
        *("2013-04-01", "2013-04-01T00:00:00Z", "12:30:45"),
    ],
)
def test_what_a_person_would_call_text_stays_text(word):
    assert parse(f"a: {word}".encode(), "a.yaml").tree == {"a": word}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1", 1),
        ("-3", -3),
        ("+3", 3),
        ("0", 0),
        ("1e-9", 1e-9),
        (".5", 0.5),
        ("1.", 1.0),
        ("true", True),
        ("~", None),
        ("FALSE", False),
        ("null", None),
        ("", None),
        ('"1"', "1"),
        ("'true'", "true"),
        ("1E5", 1e5),
    ],
)
def test_core_types(word, value):
    found = parse(f"a: {word}".encode(), "a.yaml").tree["a"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("word", [".nan", ".NaN", ".inf", "-.INF", "1e999", "-1e400", str(2**63), "9" * 5000])
def test_numbers_that_no_computation_can_use_are_refused(word):
    assert "a.yaml:1:4" in refused(f"a: {word}")


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("a: 1\nb: 2\na: 3", "a.yaml:3:1", "lines 1 and 3"),
        ('a: {x: 1,\n    "x": 2}', "a.yaml:2:5", "lines 1 and 2"),
        ("a: &x 1", "a.yaml:1:4", "anchors are not allowed"),
        ("a: &x {b: 1}", "a.yaml:1:4", "anchors are not allowed"),
        ("a:\n- *x", "a.yaml:2:3", "aliases are not allowed"),
        ("a: {<<: {b: 1}}", "a.yaml:1:5", "merge keys are not allowed"),
        ("a: !!str 1", "a.yaml:1:4", "tags are not allowed"),
        ("a: ! 1", "a.yaml:1:4", "tags are not allowed"),
        ("a: !!python/object/apply:os.system [x]", "a.yaml:1:4", "tags are not allowed"),
        ("a: 1\n---\nb: 1", "a.yaml:2:1", "second document"),
        ("%YAML 1.1\n---\na: NO", "a.yaml:1:1", "directives are not allowed"),
        ("? [a]\n: 1", "a.yaml:1:3", "a key that is not a word"),
        (": 1", "a.yaml:1:1", "a key is empty"),
        ("a: [1", "a.yaml:1:6", "not valid YAML"),
        ("a: b: c", "a.yaml:1:5", "not valid YAML"),
        ("a:\n\tb: 1", "a.yaml:2:1", "not valid YAML"),
        ("a: b\nc: \0d", "a.yaml:2:4", "U+0000"),
        ("a: \u202eb", "a.yaml:1:4", "U+202E"),
        ('a: "\\0"', "a.yaml:1:4", "U+0000"),
        ('a: "\\ud800"', "a.yaml:1:4", "U+D800"),
        (b"a: 1\nb: caf\xe9", "a.yaml:2:7", "byte 0xe9 at offset 11"),
        ("a: 1".encode("utf-16"), "a.yaml:1:1", "not UTF-8"),
    ],
)
def test_refused_where_it_stands(text, where, says):
    message = refused(text)
    assert f"{where}\n" in message
    assert says in message


@pytest.mark.parametrize(
    "text",
    [
        "[" * 2000,
        "a: " + "{a: " * 2000,
        "- " * 2000,
        "".join(" " * depth + "a:\n" for depth in range(1400)),
        "a: " + "[" * 2000 + "]" * 2000,
        BOMB,
    ],
)
def test_what_is_made_to_exhaust_memory_is_refused_at_once(text):
    refused("a: &b 1")  # the first use imports
    spent = []
    for _ in range(3):  # the machine may be busy, so the best of three
        began = time.process_time()
        message = refused(text)
        spent.append(time.process_time() - began)
    assert min(spent) < 0.05
    assert "a.yaml:" in message
    assert ("anchors" if "&" in text else "nested too deeply") in message


def test_the_depth_that_is_allowed_is_allowed():
    parse(b"[" * DEEPEST + b"]" * DEEPEST, "a.yaml")
    assert f"a.yaml:1:{DEEPEST + 1}\n" in refused("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1))


def test_a_file_that_is_too_large_is_refused():
    assert "too large" in refused(b"#" * (LARGEST + 1))
    assert "too many parts" in refused("a: [" + "1," * (MOST_PARTS + 1) + "]")


def test_every_key_stands_where_it_is_said_to_stand():
    document = parse(FLIGHTS.encode(), "a.yaml")
    lines = FLIGHTS.splitlines()
    assert len(document.keys) > 50
    for path, (line, column) in document.keys.items():
        assert lines[line - 1][column - 1 :].startswith(f"{path[-1]}:"), path


def test_a_byte_order_mark_and_windows_line_ends_change_nothing():
    plain = parse(FLIGHTS.encode(), "a.yaml")
    other = parse(b"\xef\xbb\xbf" + FLIGHTS.replace("\n", "\r\n").encode(), "a.yaml")
    assert (plain.tree, plain.keys) == (other.tree, other.keys)


@given(st.binary(max_size=60) | st.text(alphabet="ab:-[]{}&*!?|>'\"%@#, \n\t<~0.", max_size=40).map(str.encode))
def test_any_bytes_give_a_tree_or_a_refusal(data):
    try:
        assert parse(data, "a.yaml").file == "a.yaml"
    except ConfigError as refusal:
        assert all(problem.where.startswith("a.yaml") for problem in refusal.problems)
