"""Bodies that are wrong, or odd, in some hundred ways; each kind with what has to become of it.

``no``: is refused, ``yes``: is answered, ``either``: JSON does not say. `SECRET` stands in a value of nearly all.
"""

import json
from typing import NamedTuple

SECRET = "zq9-secret-7f"
RECORD = {"id": SECRET, "minutes": 12.5, "guests": 2, "door": "north", "colour": SECRET, "member": True,
          "at": "2024-05-01T10:00:00"}  # fmt: skip
TEXT = json.dumps(RECORD).encode()


class Body(NamedTuple):
    """One of them."""

    name: str
    data: bytes
    expected: str


def with_value(name, raw):
    """The record, in which one value is written otherwise."""
    named = json.dumps(name).encode() + b": "
    return TEXT.replace(named + json.dumps(RECORD[name]).encode(), named + raw, 1)


def many():
    """All of them."""
    yield from _cut()
    yield from _structure()
    yield from _numbers()
    yield from _texts()
    yield from _encodings()
    yield from _nesting()
    yield from _names()
    yield from _wholes()
    yield from _allowed()


def _cut():
    for end in range(len(TEXT)):
        yield Body(f"cut at {end}", TEXT[:end], "no")
    for start in range(1, len(TEXT), 7):
        yield Body(f"begins at {start}", TEXT[start:], "no")


def _structure():
    for at, byte in enumerate(TEXT):
        if byte not in b'{}":,':
            continue
        yield Body(f"without byte {at}", TEXT[:at] + TEXT[at + 1 :], "no")
        yield Body(f"byte {at} twice", TEXT[: at + 1] + TEXT[at:], "no")
        yield Body(f"byte {at} a semicolon", TEXT[:at] + b";" + TEXT[at + 1 :], "no")
        yield Body(f"byte {at} a bracket", TEXT[:at] + b"[" + TEXT[at + 1 :], "no")
    for after in (
        b"}",
        b"{",
        b",",
        b" x",
        b"\x00",
        b"null",
        b"// why",
        b"/* why */",
        b"# why",
        b"]",
        TEXT,
        b"\n" + TEXT,
    ):
        yield Body(f"followed by {after[:9]!r}", TEXT + after, "no")
    for before in (b",", b"\x00", b"x", b"//\n", b"/**/", b")]}',\n", b"var a = ", b"[", b"\xc2\xa0", b"\x0b", b"\x0c",
                   b"\xe2\x80\xa8"):  # fmt: skip
        yield Body(f"after {before!r}", before + TEXT, "no")
    yield Body("comma at the end", TEXT[:-1] + b",}", "no")
    yield Body("comma at the beginning", b"{," + TEXT[1:], "no")
    yield Body("single quotes", TEXT.replace(b'"', b"'"), "no")
    yield Body("names without quotes", TEXT.replace(b'"minutes"', b"minutes"), "no")
    yield Body("a number for a name", TEXT.replace(b'"minutes"', b"1"), "no")


def _numbers():
    for raw in (
        *(
            "+1",
            ".5",
            "1.",
            "01",
            "-01",
            "-",
            "--1",
            "1e",
            "1e+",
            "1E-",
            "0x1F",
            "1_000",
            "1,5",
            "1.2.3",
            "1e5.5",
            "1 2",
        ),
        *("NaN", "Infinity", "-Infinity", "nan", "inf", "-nan", "1e999", "-1e999", "1e1000000000", "9" * 5000),
        *("-" + "9" * 5000, "1" * 100_000, "½", "١", "１", "1f", "1L", "0b1", "0o7", "1e0x1", "−1", "∞", "$1", "1%"),
        *("true", "false", "null", "[]", "[1]", "{}", '{"$numberDouble": "1"}', '"1.5"', '""', '"NaN"', "TRUE", "tru"),
        *("nul", "None", "undefined", "truefalse", "'1'", "`1`", "1/2", "(1)", "1;", "-1e400", "0." + "0" * 9000 + "x"),
    ):
        yield Body(f"minutes {raw[:12]}", with_value("minutes", raw.encode()), "no")
    for raw in (
        "1.5",
        "1e20",
        "9" * 19,
        "-1",
        "0",
        "9" * 400,
        "9" * 401,
        "1e-400",
        "2.0000001",
        "true",
        '"2"',
        "1e400",
    ):
        yield Body(f"guests {raw[:12]}", with_value("guests", raw.encode()), "either" if raw == "1e-400" else "no")
    for raw in ("1", "0", '"true"', "null", "[true]", "1.0"):
        yield Body(f"member {raw}", with_value("member", raw.encode()), "no")
    for raw in ('"yesterday"', '"2024-02-30T10:00:00"', '"2024-05-01"', "1714557600", "null", '"2024-05-01T25:00:00"',
                '"9999-99-99T99:99:99Z"', '"-0001-01-01T00:00:00Z"', '""', '"2024-05-01T10:00:00+99:99"', "true",
                '"2024-05-01T10:00:00Z' + "0" * 5000 + '"'):  # fmt: skip
        yield Body(f"at {raw[:30]}", with_value("at", raw.encode()), "no")


def _texts():
    for code in range(32):
        yield Body(f"a control character {code}", with_value("colour", b'"' + bytes([code]) + b'"'), "no")
    for raw in (r"\x41", r"\u12", r"\u", r"\uZZZZ", r"\u{41}", r"\U00000041", r"\'", r"\ ", r"\a", r"\0", r"\1", r"\v",
                "\\", r"\ud8"):  # fmt: skip
        yield Body(f"escape {raw}", with_value("colour", f'"{raw}"'.encode()), "no")
    for raw in (r"\ud800", r"\udc00", r"\ud800\ud800", r"\udc00\ud800", r"\ud800x", r"\udfff\udfff", r"\ud83d"):
        yield Body(f"half a character {raw}", with_value("colour", f'"{raw}{SECRET}"'.encode()), "either")
    for raw in (r"\u0000", r"\u007f", r"\uffff", r"\ufeff", r"\u202e", r"\ud83d\ude00", "é", "\ufdd0", "😀", "e\u0301"):
        yield Body(f"odd but a text {raw}", with_value("colour", f'"{raw}"'.encode()), "yes")
    yield Body("a text of a megabyte", with_value("colour", b'"' + SECRET.encode() * 80_000 + b'"'), "either")
    for raw in ('"east"', '"North"', '"north "', '""', "null", "1", "[]", f'"{SECRET}"'):
        yield Body(f"door {raw}", with_value("door", raw.encode()), "no")


def _encodings():
    for code in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig", "utf-7"):
        data = TEXT.decode().encode(code)
        yield Body(code, data, "either" if data == TEXT else "no")
    for raw in (b"\xff", b"\xfe\xff", b"\x80", b"\xc0\xaf", b"\xc1\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                b"\xe2\x82", b"\xf8\x88\x80\x80\x80", b"\xf0\x9f\x98", b"\xc3(", b"\xe9", b"\xa0\xa1"):  # fmt: skip
        yield Body(f"no UTF-8 in a text {raw!r}", with_value("colour", b'"' + raw + SECRET.encode() + b'"'), "no")
        yield Body(f"no UTF-8 in a name {raw!r}", TEXT.replace(b'"colour"', b'"colour' + raw + b'"'), "no")
        yield Body(f"no UTF-8 outside {raw!r}", raw + TEXT, "no")


def _nesting():
    for depth in (2, 10, 100, 500, 1000, 5000, 100_000, 1_000_000):
        for name, opening, closing in (("lists", b"[", b"]"), ("objects", b'{"a":', b"}"), ("mixed", b'[{"a":', b"}]")):
            yield Body(f"{depth} {name}, never closed", opening * depth, "no")
            yield Body(f"{depth} {name}", opening * depth + b"1" + closing * depth, "no")
            value = opening * depth + b"1" + closing * depth
            yield Body(f"{depth} {name} for a number", with_value("minutes", value), "no")
            yield Body(f"{depth} {name} for records", b'{"records": ' + value + b"}", "no")


def _names():
    yield Body("a name twice", TEXT[:-1] + b', "minutes": 1}', "no")
    yield Body("a name twice, escaped", TEXT[:-1] + rb', "\u006dinutes": 1}', "no")
    yield Body("records twice", b'{"records": [' + TEXT + b'], "records": [' + TEXT + b"]}", "no")
    yield Body(
        "a name twice in the second record", b'{"records": [' + TEXT + b"," + TEXT[:-1] + b', "at": null}]}', "no"
    )
    for raw in ("", " ", "minuets", "MINUTES", "minutes ", r"\u0000", "__proto__", "__class__", "$where",
                "a" * 100_000, r"\ud800", "/", "~", "~1", "..", "<script>", "'; --",
                r"\u202e", "é", "records", "😀" * 100):  # fmt: skip
        yield Body(f"another name {raw[:12]!r}", TEXT[:-1] + f', "{raw}": "{SECRET}"}}'.encode(), "no")
        beside = b'{"records": [' + TEXT + f'], "{raw}": 1}}'.encode()
        yield Body(f"another name beside records {raw[:12]!r}", beside, "no")
    for name in ("minutes", "door", "member", "at"):
        rest = {each: value for each, value in RECORD.items() if each != name}
        yield Body(f"without {name}", json.dumps(rest).encode(), "no")


def _wholes():
    for data in (b"", b" ", b"\n", b"null", b"true", b"1", b'"x"', b"[]", b"[1]", b"{}", b"[{}]", b"[" + TEXT + b"]",
                 b"\x00", b"NaN", b"-", b"<xml/>", b"a=b&c=d", b"--x\r\nContent-Disposition: form-data",
                 b"\x80\x04\x95\x00", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"PAR1",
                 b"GET / HTTP/1.1\r\n\r\n", b"{}{}", b"[[[]]]", b"\xef\xbb\xbf"):  # fmt: skip
        yield Body(f"only {data[:20]!r}", data, "no")
    for raw in (b"{}", b"null", b"[]", b"[[]]", b"[null]", b"[1]", b'["x"]', b"[" + TEXT + b",]", b"[," + TEXT + b"]",
                b"[" + TEXT + b" " + TEXT + b"]", b"[{}]", b"[" + TEXT + b", null]", b"1", b'"x"', b"true",
                b"[" + b"{}," * 9_999 + b"{}]", b"[" + b"{}," * 10_000 + b"{}]",
                b"[" + b"1," * 200_000 + b"1]"):  # fmt: skip
        yield Body(f"records {raw[:20]!r}", b'{"records": ' + raw + b"}", "no")
    bad = TEXT.replace(b"12.5", f'"{SECRET}"'.encode())
    yield Body("some bad among good records", b'{"records": [' + b",".join([TEXT, bad] * 50) + b"]}", "no")


def _allowed():
    spaced = json.dumps(RECORD, indent="\t").replace("\n", "\r\n").encode()
    yield Body("white space", b" \t\r\n" + spaced + b"\n\n  ", "yes")
    yield Body("an escaped name", TEXT.replace(b'"minutes"', rb'"\u006d\u0069nutes"'), "yes")
    yield Body("an escaped value", TEXT.replace(b'"north"', rb'"\u006eorth"'), "yes")
    yield Body("null where it may be", with_value("guests", b"null"), "yes")
    for raw in (
        "0",
        "-0",
        "-0.0",
        "1e1",
        "1E+1",
        "12.50000000000000000000000000001",
        "0." + "1" * 300,
        "100",
        "1e-999",
    ):
        yield Body(f"a number {raw[:12]}", with_value("minutes", raw.encode()), "yes")
    yield Body("in records", b'{"records": [' + TEXT + b"," + TEXT + b"]}", "yes")
