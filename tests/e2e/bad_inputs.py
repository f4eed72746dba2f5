"""A good world, and what spoils it: data by data row of the table of bad inputs.

`GOOD` is three months of visits to two doors; a champion has learnt from the first two. A `Stopped` spoils the third
so that the run ends with exit code 3; a `Planted` is one bad row beside good ones, which only goes to quarantine.
"""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from journeys import SECOND

GOOD = """
name: visits
description: Will a visitor come back?
owner: front-desk
risk: low
task: binary
data:
  timezone: Europe/Berlin
  sources:
    visits: {kind: files, path: "data/visits/*"}
  key: [id]
  event_time: at
  label: {column: back, known_after: 1d, missing_at_most: 1%}
  freshness: 20d
contract:
  columns:
    id: {type: text}
    at: {type: time}
    minutes: {type: float, min: 0}
    guests: {type: int, min: 1}
    door: {type: category, values: [north, south, NA]}
    back: {type: bool}
  quarantine_at_most: 5%
features: {minutes: number, guests: number, door: category}
split: {by: time, holdout: 20d}
train: {candidates: [logistic_regression], seed: 7}
gates:
  - {metric: roc_auc, at_least: 0.6}
  - {metric: log_loss, better_than: naive}
  - {metric: log_loss, not_worse_than: champion, margin: 0.2}
  - {parity: 1e-9}
release: {strategy: direct}
"""
HEADER = ("id", "at", "minutes", "guests", "door", "back")
ROWS = 150  # of a month
MARCH = "data/visits/2020-03.csv"
LOGIN = b"<!-- 1 --><html><head><title>Please log in</title></head><body>302</body></html>\n"


def visits(month, count=ROWS, *, salt=""):
    """A month of visits, a list of texts each; who stays longer comes back more often."""
    rows = []
    for number in range(count):
        day, hour, minutes = 1 + number * 28 // count, number * 7 % 24, number * 37 % 100
        at = f"2020-{month:02d}-{day:02d}T{hour:02d}:{number % 60:02d}:00Z"
        back = minutes + number * 53 % 61 > 80
        door = ("north", "south", "NA")[number % 3]
        rows.append([f"{salt}0{month}{number:04d}", at, str(minutes), str(1 + number % 4), door, str(back).lower()])
    return rows


def as_csv(rows, header=HEADER):
    return "\n".join([",".join(header), *(",".join(row) for row in rows)]) + "\n"


def as_jsonl(rows):
    return "".join(json.dumps(dict(zip(HEADER, row, strict=True))) + "\n" for row in rows)


def as_parquet(rows, **columns):
    """The rows as Parquet writes them: typed; ``columns`` are others, or others instead."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = (
        dict(zip(HEADER, map(list, zip(*rows, strict=True)), strict=True)) if rows else {name: [] for name in HEADER}
    )
    typed = {
        "id": pa.array(texts["id"], pa.string()),
        "at": pa.array(texts["at"], pa.string()),
        "minutes": pa.array(map(float, texts["minutes"]), pa.float64()),
        "guests": pa.array(map(int, texts["guests"]), pa.int64()),
        "door": pa.array(texts["door"], pa.string()),
        "back": pa.array([text == "true" for text in texts["back"]], pa.bool_()),
    }
    sink = io.BytesIO()
    pq.write_table(pa.table({name: each for name, each in (typed | columns).items() if each is not None}), sink)
    return sink.getvalue()


def changed(rows, column, cell, *, every=1):
    """Rows of which each ``every``-th has another cell: a text, or a function of the one it had."""
    at = HEADER.index(column)
    new = cell if callable(cell) else lambda _: cell
    return [
        [*row[:at], new(row[at]), *row[at + 1 :]] if number % every == 0 else row for number, row in enumerate(rows)
    ]


def without(rows, column):
    at = HEADER.index(column)
    return [[*row[:at], *row[at + 1 :]] for row in rows]


def longer(rows, *, every=1, more="x"):
    """Rows of which each ``every``-th has another field at its end."""
    return [[*row, more] if number % every == 0 else row for number, row in enumerate(rows)]


def shorter(rows, *, every=1):
    return [row[:-2] if number % every == 0 else row for number, row in enumerate(rows)]


@dataclass(frozen=True)
class Stopped:
    """Files that are written (None: taken away) and the telling parts of what a user is told.

    ``quarantined`` rows of ``rows`` are taken out before the run stops; None where it stops before rows are judged.
    ``not_says`` would be wrong advice.
    """

    files: Callable[[], dict[str, bytes | str | None]]
    says: tuple[str, ...]
    quarantined: int | None = None
    rows: int = 3 * ROWS
    as_of: str = SECOND
    asks: str = GOOD
    not_says: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planted:
    """Lines among the good rows of a file, from the row with this number on; they stand alone in ``quarantine``.

    ``says`` are the telling parts of their reason; or they are ``dropped`` by this rule, are not there ``yet``, or are
    kept with these cells.
    """

    lines: str
    says: tuple[str, ...] = ()
    row: int = 3
    suffix: str = "csv"
    dropped: str = ""
    yet: bool = False
    kept: dict[str, object] | None = None

    @property
    def count(self):
        return self.lines.count("\n") + 1

    def content(self, salt):
        """Four good rows, and the planted ones where they belong; the text ends with the last row."""
        good = visits(3, 4, salt=salt)
        rows = as_jsonl(good).splitlines() if self.suffix == "jsonl" else as_csv(good).splitlines()[1:]
        rows.insert(self.row - 1, self.lines)
        return "\n".join(rows if self.suffix == "jsonl" else [",".join(HEADER), *rows])


def line(name, **cells):
    """A good line of CSV but for some cells."""
    usual = dict(zip(HEADER, (name, "2020-03-20T10:00:00Z", "12", "2", "north", "true"), strict=True))
    return ",".join((usual | cells).values())


def json_line(name, **cells):
    usual = dict(zip(HEADER, line(name).split(","), strict=True))
    return json.dumps(usual | cells)


def march(content):
    """The third month is this."""
    return lambda: {MARCH: content() if callable(content) else content}


def instead(name, content):
    """The third month has another name."""
    return lambda: {MARCH: None, f"data/visits/{name}": content() if callable(content) else content}


def of_march(change):
    """The third month with something done to its rows."""
    return march(lambda: as_csv(change(visits(3))))


def everywhere(header, change):
    """All three months."""
    return lambda: {f"data/visits/2020-0{month}.csv": as_csv(change(visits(month)), header) for month in (1, 2, 3)}


def zipped(*names):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names:
            archive.writestr(name, as_csv(visits(3)))
    return sink.getvalue()


def renamed(old, new):
    return tuple(new if name == old else name for name in HEADER)


def partitions():
    """One folder for each month, the last of which holds a header only."""
    whole = {f"data/visits/2020-0{month}.csv": None for month in (1, 2, 3)}
    parts = {f"data/visits/month={month}/a.csv": as_csv(visits(month)) for month in (1, 2)}
    return {**whole, **parts, "data/visits/month=3/a.csv": as_csv([])}


def two_types():
    notes = {"2": [1] * ROWS, "3": ["late"] * ROWS}
    files = {f"data/visits/2020-0{month}.csv": None for month in notes}
    return files | {
        f"data/visits/2020-0{month}.parquet": as_parquet(visits(int(month)), note=note) for month, note in notes.items()
    }


def damaged(place, length=64):
    """Parquet in which some bytes are others."""
    content = as_parquet(visits(3))
    start = int(len(content) * place)
    return content[:start] + bytes(255 - byte for byte in content[start : start + length]) + content[start + length :]


HEADER_LINE = ",".join(HEADER).encode()
NO_ROWS = "0 rows in"
TOO_MANY = ("too many rows break the contract", "at most 5.00% of 450 rows", "keepfit quarantine list visits")

STOPPED = {
    "header-only CSV, 0-row Parquet, empty partition": {
        "header only": Stopped(march(HEADER_LINE + b"\n"), (NO_ROWS, MARCH, "only a header")),
        "no byte": Stopped(march(b""), (NO_ROWS, MARCH, "empty file")),
        "blank lines": Stopped(march(b"\r\n\n\n"), (NO_ROWS, MARCH, "empty file")),
        "Parquet": Stopped(instead("03.parquet", lambda: as_parquet([])), (NO_ROWS, "03.parquet", "without rows")),
        "JSON Lines": Stopped(instead("03.jsonl", b"\n \n"), (NO_ROWS, "03.jsonl", "empty file")),
        "gzip": Stopped(instead("03.csv.gz", gzip.compress(HEADER_LINE)), (NO_ROWS, "03.csv.gz", "only a header")),
        "partition": Stopped(
            partitions,
            (NO_ROWS, "data/visits/month=3/a.csv", "only a header"),
            asks=GOOD.replace("data/visits/*", "data/visits/month=*/*.csv"),
        ),
        "no file": Stopped(
            lambda: {f"data/visits/2020-0{month}.csv": None for month in (1, 2, 3)}, ("data/visits/*", "no file")
        ),
    },
    "first data row has one field too many": {
        "every row": Stopped(
            of_march(longer), ("none of 150 rows can be read", f"{MARCH}, row 1", "expected  6 fields", "found     7")
        ),
        "every fifth row": Stopped(
            of_march(lambda rows: longer(rows, every=5)),
            (*TOO_MANY, "30 rows (6.67%)", "expected 6 fields, found 7", f"({MARCH}, row 1)"),
            quarantined=30,
        ),
    },
    "row too short": {
        "every fifth row": Stopped(
            of_march(lambda rows: shorter(rows, every=5)),
            (*TOO_MANY, "30 rows (6.67%)", "expected 6 fields, found 4", f"({MARCH}, row 1)"),
            quarantined=30,
        ),
        "every row": Stopped(of_march(shorter), ("none of 150 rows", f"{MARCH}, row 1", "6 fields", "found     4")),
        "another delimiter": Stopped(
            march(lambda: as_csv(visits(3)).replace(",", ";")),
            ("are missing", MARCH, "id;at;minutes;guests;door;back", "dialect.delimiter"),
        ),
        "a gzip that breaks off": Stopped(
            instead("03.csv.gz", lambda: gzip.compress(as_csv(visits(3)).encode())[:-300]),
            ("gzip file is truncated or damaged", "data/visits/03.csv.gz", "fetch the file again"),
        ),
        "a quote that is never closed": Stopped(
            of_march(lambda rows: changed(rows, "door", '"north', every=len(rows))),
            ("a quote is opened and not closed", f"{MARCH}, row 1"),
        ),
    },
    "duplicate column names": {
        "twice": Stopped(
            march(lambda: as_csv(visits(3), renamed("guests", "minutes"))),
            ("columns without a name of their own", MARCH, "minutes at 3, 4"),
        ),
        "quoted": Stopped(
            march(lambda: as_csv(longer(visits(3)), (*HEADER, '"id"'))), (MARCH, "id at 1, 7", "every name once")
        ),
    },
    "missing column; renamed column": {
        "missing": Stopped(
            march(lambda: as_csv(without(visits(3), "minutes"), tuple(c for c in HEADER if c != "minutes"))),
            ("column minutes is missing", MARCH, "since 2020-03-01", "as in data/visits/2020-01.csv", "id, at, guests"),
        ),
        "renamed": Stopped(
            march(lambda: as_csv(visits(3), renamed("minutes", "duration"))),
            ("column minutes is missing", MARCH, "duration was minutes", "minutes: {alias: duration}"),
        ),
        "in capitals": Stopped(
            march(lambda: as_csv(visits(3), tuple(name.upper() for name in HEADER))),
            ("columns id, at, minutes, guests, door, back are missing", MARCH, "minutes: {alias: MINUTES}"),
        ),
        "in every file": Stopped(
            everywhere(renamed("guests", "guest"), list),
            ("a declared column is missing: guests", "contract.columns", "did you mean guest?"),
        ),
        "no header": Stopped(
            march(lambda: as_csv(visits(3)).split("\n", 1)[1]),
            ("columns id, at, minutes, guests, door, back are missing", MARCH, "030000, 2020-03", "no header"),
            not_says=("looks renamed",),
        ),
    },
    "one text value in a numeric column": {
        "every fifth row": Stopped(
            of_march(lambda rows: changed(rows, "minutes", "n/a", every=5)),
            (*TOO_MANY, "minutes", "30 (6.67%)", "'n/a' is not a number", f"({MARCH}, row 1)"),
            quarantined=30,
        ),
        "a decimal comma": Stopped(
            march(lambda: as_csv(changed(visits(3), "minutes", lambda text: f'"{text},5"'))),
            (*TOO_MANY, "minutes", "150 (33.33%)", "'0,5' is not a number", f"({MARCH}, row 1)"),
            quarantined=150,
            not_says=("too old",),
        ),
        "Parquet": Stopped(
            instead("03.parquet", lambda: as_parquet(visits(3), minutes=["n/a"] * ROWS)),
            (*TOO_MANY, "minutes", "150 (33.33%)", "'n/a' is not a number", "(data/visits/03.parquet, row 1)"),
            quarantined=150,
        ),
    },
    "1.9 or 1e20 into an integer column": {
        "every row": Stopped(
            of_march(lambda rows: changed(rows, "guests", "1.9")),
            (*TOO_MANY, "guests", "150 (33.33%)", "'1.9' is not integral", f"({MARCH}, row 1)"),
            quarantined=150,
        ),
        "floats of Parquet": Stopped(
            instead("03.parquet", lambda: as_parquet(visits(3), guests=[1e20] * ROWS)),
            (*TOO_MANY, "guests", "overflows", "(data/visits/03.parquet, row 1)"),
            quarantined=150,
        ),
    },
    "times with mixed zones": {
        "another layout": Stopped(
            of_march(lambda rows: changed(rows, "at", "31/03/2020 10:00")),
            (*TOO_MANY, "at", "150 (33.33%)", "'31/03/2020 10:00'", f"({MARCH}, row 1)"),
            quarantined=150,
        ),
    },
    "event times after `as_of`": {
        "later than now": Stopped(
            of_march(lambda rows: changed(rows, "at", "2999-01-01T00:00:00Z")),
            (*TOO_MANY, "later than the run's start", "2999-01-01", f"({MARCH}, row 1)"),
            quarantined=150,
        ),
        "all of them": Stopped(
            lambda: {}, ("0 rows to learn from", "2018-12-31T23:00:00+00:00", "450 not before it"), as_of="2019-01-01"
        ),
    },
    "Latin-1 or UTF-16 bytes": {
        "Latin-1": Stopped(
            march(lambda: as_csv(changed(visits(3), "door", "Süd", every=50)).encode("latin-1")),
            ("text is not UTF-8", MARCH, "byte 0xfc at offset", "Latin-1", "dialect.encoding"),
        ),
        "UTF-16": Stopped(
            march(lambda: as_csv(visits(3)).encode("utf-16")),
            ("text is not UTF-8", MARCH, "byte 0xff at offset 0", "UTF-16", "dialect.encoding"),
        ),
        "UTF-16 without a mark": Stopped(
            march(lambda: as_csv(visits(3)).encode("utf-16-le")), ("NUL byte", MARCH, "at offset 1", "UTF-16")
        ),
        "zeros at the end": Stopped(
            march(lambda: as_csv(visits(3)).encode() + bytes(500)), ("NUL byte", MARCH, "interrupted")
        ),
        "half a character at the end": Stopped(
            march(lambda: as_csv(visits(3)).encode() + "é".encode()[:1]), ("the last character is not whole", MARCH)
        ),
    },
    "an HTML error page saved as `.csv`": {
        "a page": Stopped(march(LOGIN), ("looks like an HTML page", MARCH, "<!-- 1 --><html>", "login")),
        "as JSON Lines": Stopped(instead("03.jsonl", LOGIN), ("looks like an HTML page", "data/visits/03.jsonl")),
        "XML": Stopped(
            march(b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), ("XML document", "AccessDenied")
        ),
        "JSON": Stopped(march(b'{"error": "quota exceeded"}\n'), ("JSON, not a table", MARCH, "quota exceeded")),
        "a JSON array": Stopped(
            instead("03.jsonl", lambda: json.dumps(visits(3))), ("a JSON array, not JSON Lines", "data/visits/03.jsonl")
        ),
        "a sentence": Stopped(
            march(b"upstream request timeout\n"), (NO_ROWS, MARCH, "only a header: upstream request timeout")
        ),
    },
    "truncated Parquet, wrong magic bytes": {
        "truncated": Stopped(
            instead("03.parquet", lambda: as_parquet(visits(3))[:-200]),
            ("truncated or damaged", "data/visits/03.parquet", "it ends with", "fetch the file again"),
        ),
        "wrong magic": Stopped(
            instead("03.parquet", lambda: b"PARX" + as_parquet(visits(3))[4:]),
            ("truncated or damaged", "data/visits/03.parquet", "it begins with b'PARX"),
        ),
        "CSV": Stopped(
            instead("03.parquet", lambda: as_csv(visits(3))),
            ("data/visits/03.parquet", "it begins with b'id,at", "as the name says"),
        ),
        "no byte": Stopped(instead("03.parquet", b""), ("data/visits/03.parquet", "an empty file")),
        "pages damaged": Stopped(instead("03.parquet", lambda: damaged(0.2)), ("damaged", "data/visits/03.parquet")),
        "Parquet named CSV": Stopped(
            march(lambda: as_parquet(visits(3))), ("looks like a Parquet file", MARCH), not_says=("dialect.encoding",)
        ),
        "a zip of two": Stopped(
            instead("03.csv.zip", lambda: zipped("a.csv", "b.csv")), ("exactly one file", "03.csv.zip", "2 files")
        ),
        "a spreadsheet": Stopped(
            instead("03.xlsx", lambda: zipped("xl/workbook.xml")), ("format", "data/visits/03.xlsx", ".csv", ".parquet")
        ),
    },
    "files of one dataset with different schemas": {
        "two types": Stopped(
            two_types,
            ("column note has two types", "data/visits/2020-03.parquet", "int64, as in data/visits/2020-02.parquet"),
        ),
        "a list": Stopped(
            instead("03.parquet", lambda: as_parquet(visits(3), door=[["north"]] * ROWS)),
            ("columns of a type that is not taken", "data/visits/03.parquet", "door (list<"),
        ),
        "a column left out in Parquet": Stopped(
            instead("03.parquet", lambda: as_parquet(visits(3), guests=None)),
            ("column guests is missing", "data/visits/03.parquet", "as in data/visits/2020-01.csv"),
        ),
    },
    "duplicate keys": {
        "with other values": Stopped(
            of_march(lambda rows: rows + changed(rows[:20], "minutes", "7.5")),
            ("too many rows break the contract", "the key stands on other rows with other values", "40 (8.51%)", MARCH),
            quarantined=40,
            rows=470,
        ),
        "one key for all": Stopped(
            of_march(lambda rows: changed(rows, "id", "7")),
            ("too many rows break the contract", "key stands on other rows", "150 (33.33%)", "(" + MARCH),
            quarantined=150,
        ),
    },
    "labels missing": {
        "too many": Stopped(
            of_march(lambda rows: changed(rows, "back", "", every=10)),
            ("too many rows lack the label back", "data.label.missing_at_most", "at most 1.0%", "15 of 450 (3.3%)"),
            quarantined=0,
        ),
        "all of a month": Stopped(
            of_march(lambda rows: changed(rows, "back", "")), ("lack the label back", "150 of 450"), quarantined=0
        ),
    },
    "one class only": {
        "all true": Stopped(
            everywhere(HEADER, lambda rows: changed(rows, "back", "true")),
            ("the label back has 1 class\n", "exactly two classes", "true: 450"),
            quarantined=0,
        ),
        "three classes": Stopped(
            everywhere(HEADER, lambda rows: changed(rows, "back", "maybe", every=9)),
            ("the label back has 3 classes", "exactly two classes", "maybe: 51"),
            quarantined=0,
            asks=GOOD.replace("back: {type: bool}", "back: {type: category}"),
        ),
    },
    "newest event older than `freshness`": {
        "by a run that comes late": Stopped(
            lambda: {}, ("too old", "at most 20d", "2020-03-28", "33.", "data.freshness"), as_of="2020-05-01"
        ),
        "by a file that does not come": Stopped(
            lambda: {MARCH: None}, ("too old", "at most 20d", "2020-02-28", "data.freshness")
        ),
        "all that is new cannot be read": Stopped(
            march(lambda: as_csv(changed(visits(3, 10), "minutes", "n/a"))),
            (
                "too old",
                "2020-02-28",
                "10 rows could not be read",
                "minutes: 'n/a' is not a number",
                f"({MARCH}, row 10)",
            ),
        ),
    },
    "values 100 times larger than last month": {
        "against what was accepted": Stopped(
            of_march(lambda rows: changed(rows, "minutes", lambda text: text + "00")),
            ("expect_distribution_like_last_accepted", "minutes"),
            quarantined=0,
            asks=GOOD + "expectations:\n  - expect_distribution_like_last_accepted: {columns: all, severity: stop}\n",
        ),
    },
}

TOLERANT = GOOD.replace("quarantine_at_most: 5%", "quarantine_at_most: 20%").replace("at_most: 1%", "at_most: 2%")
PLANTED = {
    "first data row has one field too many": {
        "the first row": Planted(line("a1") + ",x", ("expected 6 fields, found 7",), row=1),
        "a comma that is not quoted": Planted(line("a2", door="north,east"), ("expected 6 fields, found 7",)),
        "an empty field": Planted(line("a3") + ",", ("expected 6 fields, found 7",)),
        "text after a closing quote": Planted(line("a4", door='"no"rth'), ("goes on after its closing quote",)),
    },
    "row too short": {
        "in the middle": Planted("b1,2020-03-20T10:00:00Z,12", ("expected 6 fields, found 3",)),
        "the last line breaks off": Planted(
            "b2,2020-03-20T1", ("expected 6 fields, found 2: a truncated file?",), row=5
        ),
        "one field": Planted("b3", ("expected 6 fields, found 1",)),
        "JSON Lines break off": Planted(
            '{"id": "b4", "at": "2020-0', ("one JSON object", "no JSON at character", "truncated file?"), 5, "jsonl"
        ),
        "a name is missing in JSON": Planted(
            '{"id": "b5", "at": "2020-03-20T10:00:00Z"}', ("minutes: missing", "guests: missing"), suffix="jsonl"
        ),
    },
    "duplicate column names": {
        "in one line of JSON": Planted(
            '{"id": "c1", "minutes": 1, "minutes": 2}', ("the name minutes twice",), suffix="jsonl"
        ),
    },
    "one text value in a numeric column": {
        "n/a": Planted(line("d1", minutes="n/a"), ("minutes: 'n/a' is not a number",)),
        "NaN": Planted(line("d2", minutes="nan"), ("minutes: 'nan' is not a number",)),
        "infinity": Planted(line("d3", minutes="1e999"), ("minutes: '1e999' is not a number",)),
        "a decimal comma": Planted(line("d4", minutes='"12,5"'), ("minutes: '12,5' is not a number",)),
        "blanks": Planted(line("d5", minutes=" 12"), ("minutes: ' 12' is not a number", "blanks around it")),
        "underscores": Planted(line("d6", minutes="1_000"), ("minutes: '1_000' is not a number",)),
        "digits of another script": Planted(line("d7", minutes="١٢"), ("minutes: '١٢' is not a number",)),
        "nothing": Planted(line("d8", minutes=""), ("minutes: missing",)),
        "a truth value of JSON": Planted(json_line("d9", minutes=True), ("minutes: 'true' is not",), suffix="jsonl"),
        "a list of JSON": Planted(json_line("d10", minutes=[12]), ("minutes: '[12]' is not a number",), suffix="jsonl"),
        "neither true nor false": Planted(line("d11", back="yes"), ("back: 'yes' is neither true nor false",)),
        "two columns at once": Planted(line("d12", minutes="n/a", guests="0"), ("minutes: 'n/a' is not a number",)),
    },
    "1.9 or 1e20 into an integer column": {
        "a fraction": Planted(line("e1", guests="1.9"), ("guests: '1.9' is not integral",)),
        "an exponent": Planted(line("e2", guests="1e20"), ("guests: '1e20'", "overflows")),
        "a spreadsheet's": Planted(line("e3", guests="1.23E+11"), ("guests: '1.23E+11'", "digits may be missing")),
        "2 to the power of 63": Planted(line("e4", guests="9223372036854775808"), ("guests:", "overflows", "64 bits")),
        "whole with a point": Planted(line("e6", guests="3.0"), kept={"guests": 3}),
        "a fraction in JSON": Planted(json_line("e5", guests=1.9), ("guests: '1.9' is not integral",), suffix="jsonl"),
    },
    "ids with leading zeros": {
        "CSV": Planted(line("0007"), kept={"id": "0007"}),
        "many": Planted(line("0" * 30 + "8"), kept={"id": "0" * 30 + "8"}),
        "JSON": Planted(json_line("0009"), suffix="jsonl", kept={"id": "0009"}),
        "like a float": Planted(line("1e5"), kept={"id": "1e5"}),
    },
    "`NA` as a real category": {
        "NA": Planted(line("k1", door="NA"), kept={"door": "NA"}),
        "quoted": Planted(line("k2", door='"NA"'), kept={"door": "NA"}),
        "null": Planted(line("k3", door="null"), ("door: one of north, south, NA",)),
        "nothing": Planted(line("k4", door=""), ("door: missing",)),
    },
    "times with mixed zones": {
        "another layout": Planted(line("f1", at="20/03/2020 10:00"), ("at: '20/03/2020 10:00'",)),
        "an hour that no clock showed": Planted(line("f2", at="2020-03-29T02:30:00"), ("at: '2020-03-29T02:30:00'",)),
        "30 February": Planted(line("f3", at="2020-02-30T10:00:00Z"), ("at: '2020-02-30T10:00:00Z'",)),
        "a zone by its name": Planted(line("f4", at="2020-03-20T10:00:00 CET"), ("at: '2020-03-20T10:00:00 CET'",)),
        "seconds since 1970": Planted(line("f5", at="1584698400"), ("at: '1584698400'",)),
        "none": Planted(line("f6", at=""), ("at: missing",)),
        "with an offset": Planted(line("f7", at="2020-03-20T10:00:00+05:30"), kept={"at": "2020-03-20T04:30:00+00:00"}),
        "of the declared zone": Planted(line("f8", at="2020-03-20T10:00:00"), kept={"at": "2020-03-20T09:00:00+00:00"}),
    },
    "event times after `as_of`": {
        "later than now": Planted(line("g1", at="2999-01-01T00:00:00Z"), ("at: later than the run's start",)),
        "known by now": Planted(line("g2", at="2020-04-02T10:00:00Z"), yet=True),
    },
    "duplicate keys": {
        "with other values": Planted(
            line("h1") + "\n" + line("h1", minutes="13"), ("the key stands on other rows with other values",)
        ),
        "copies": Planted(line("h2") + "\n" + line("h2"), dropped="duplicate row"),
    },
    "labels missing": {
        "one": Planted(line("i1", back=""), dropped="no label"),
        "not known yet": Planted(line("i2", at="2020-03-31T12:00:00Z"), dropped="label not known yet"),
    },
}


@dataclass(frozen=True)
class Done:
    """Files with which a run ends well, and what it says of them on its page; ``answer`` is a part of its answer."""

    files: Callable[[], dict[str, bytes | str | None]]
    says: tuple[str, ...]
    rows: tuple[int, int, int]  # kept, quarantined, dropped
    asks: str = GOOD
    held: bool = False


SET_ASIDE = GOOD.replace('"data/visits/*"}', '"data/visits/*", unreadable_at_most: 40%}')
DONE = {
    "added column": {
        "CSV": Done(
            march(lambda: as_csv(longer(visits(3)), (*HEADER, "note"))),
            ("contract does not declare were dropped: note", f"{MARCH} (events since 2020-03-01) have a column note"),
            (450, 0, 0),
        ),
        "Parquet": Done(
            instead("03.parquet", lambda: as_parquet(visits(3), note=list(range(ROWS)))),
            ("contract does not declare were dropped: note", "data/visits/03.parquet (events since 2020-03-01) have"),
            (450, 0, 0),
        ),
    },
    "duplicate keys": {
        "the last one counts": Done(
            of_march(lambda rows: rows + changed(rows[:20], "minutes", "7.5")),
            ("superseded by a later row",),
            (450, 0, 20),
            GOOD.replace("key: [id]", "key: [id]\n  duplicates: last"),
        ),
        "the first one counts": Done(
            of_march(lambda rows: rows + changed(rows[:20], "minutes", "7.5")),
            ("an earlier row has this key",),
            (450, 0, 20),
            GOOD.replace("key: [id]", "key: [id]\n  duplicates: first"),
        ),
    },
    "an HTML error page saved as `.csv`": {
        "set aside": Done(
            lambda: {"data/visits/page.csv": LOGIN}, ("data/visits/page.csv", "HTML page"), (450, 0, 0), SET_ASIDE
        ),
    },
    "ten times or a tenth of the usual rows": {
        "ten times": Done(
            march(lambda: as_csv(visits(3, 10 * ROWS))),
            ("expect_rows_like_usual", "times the usual"),
            (300 + 10 * ROWS, 0, 0),
            held=True,
        ),
        "a tenth": Done(
            march(lambda: as_csv(visits(3, ROWS // 10))),
            ("expect_rows_like_usual", "of the usual"),
            (300 + ROWS // 10, 0, 0),
            held=True,
        ),
    },
    "values 100 times larger than last month": {
        "without an expectation": Done(
            of_march(lambda rows: changed(rows, "minutes", lambda text: text + "00")),
            (f"{MARCH}: ", "minutes", "about 100 times what it was"),
            (450, 0, 0),
        ),
        "with one that holds": Done(
            of_march(lambda rows: changed(rows, "minutes", lambda text: text + "00")),
            ("expect_distribution_like_last_accepted", "minutes: values 100 times larger"),
            (450, 0, 0),
            GOOD + "expectations:\n  - expect_distribution_like_last_accepted: {column: minutes}\n",
            held=True,
        ),
    },
}


@dataclass(frozen=True)
class Leaking:
    """Files in which the answer is given away, what the gate says of it, and what a person writes who allows it."""

    files: Callable[[], dict[str, bytes | str | None]]
    says: tuple[str, ...]
    allowed: str

    @property
    def waived(self):
        gate = f"  - {{leakage: none, waived: [{{{self.allowed}, because: we looked, by: ada}}]}}\n"
        return GOOD.replace("release:", f"{gate}release:")


def told(rows):
    """The number of guests says whether they come back."""
    return [[*row[:3], "2" if row[5] == "true" else "1", *row[4:]] for row in rows]


def told_by_stretch(rows):
    """Who comes back has stayed longer than anybody who does not."""
    return [[*row[:2], str(int(row[2]) + 1000 * (row[5] == "true")), *row[3:]] for row in rows]


def seen_before():
    """Visits of which no two are alike, and in March those of February once more, under other keys and moments."""

    def unlike(rows, other):
        return [[*row[:3], str(1 + (number + other) % 97), *row[4:]] for number, row in enumerate(rows)]

    months = {month: unlike(visits(month), 40 * (month == 1)) for month in (1, 2, 3)}
    return {f"data/visits/2020-0{month}.csv": as_csv(rows) for month, rows in months.items()}


LEAKING = {
    "a feature that alone predicts the label": {
        "a copy of it": Leaking(everywhere(HEADER, told), ("guests",), "feature: guests"),
        "by a threshold": Leaking(everywhere(HEADER, told_by_stretch), ("minutes",), "feature: minutes"),
    },
    "the same row in train and holdout": {
        "under another key and moment": Leaking(
            seen_before, ("rows to judge on equal a row to learn from in every feature",), "kind: near_copies"
        ),
    },
}


@dataclass(frozen=True)
class Refused:
    """A YAML that is refused, and the telling parts of what a user is told."""

    text: str
    says: tuple[str, ...]


def but(old, new, *says):
    """The good YAML but for one part."""
    assert GOOD.count(old) == 1
    return Refused(GOOD.replace(old, new), says)


def bomb():
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9)]
    return "\n".join(["l0: &l0 [lol, lol]", *levels]) + "\n"


ALIAS, ANCHOR = "aliases are not allowed", "anchors are not allowed"
REFUSED = {
    "unknown key `treshold`": {
        "at the top": but("risk: low", "risc: low", "unknown key `risc`", ":5:1", "did you mean `risk`?"),
        "in a section": but("freshness:", "freshnes:", "data.freshnes", "did you mean `freshness`?"),
        "in a gate": but("at_least: 0.6", "at_lest: 0.6", "gates[0]", "at_lest", "did you mean `at_least`?"),
        "of a column": but("{type: text}", "{type: text, nulable: true}", "nulable", "did you mean `nullable`?"),
        "in capitals": but("owner:", "Owner:", "Owner", "did you mean `owner`?"),
    },
    "duplicate key": {
        "at the top": but(
            "owner: front-desk",
            "owner: front-desk\nowner: back-office",
            "`owner` stands twice",
            "lines 4 and 5",
            ":5:1",
        ),
        "a column": but(
            "    back: {type",
            "    back: {type: int}\n    back: {type",
            "`back` stands twice",
            "lines 22 and 23",
            ":23:5",
        ),
        "on one line": but("seed: 7}", "seed: 7, seed: 8}", "`seed` stands twice", ":26:53"),
    },
    "anchors, aliases, merge keys, 322-byte alias bomb": {
        "an anchor": but("owner: front-desk", "owner: &who front-desk", ANCHOR, ":4:8"),
        "an alias": but("owner: front-desk", "owner: *who", ALIAS, ":4:8"),
        "a merge key": but("risk: low", "risk: low\n<<: {task: binary}", "merge keys are not allowed", ":6:1"),
        "a bomb": Refused(bomb(), (ANCHOR, ":1:5")),
        "a tag": but("owner: front-desk", "owner: !!python/name:os.system", "tags are not allowed", ":4:8"),
    },
    "2000-deep nesting": {
        "lists": but("owner: front-desk", f"owner: {'[' * 2000}{']' * 2000}", "nested too deeply", ":4:"),
        "sections": but("owner: front-desk", f"owner: {'{a: ' * 2000}1{'}' * 2000}", "nested too deeply", ":4:"),
    },
    "`${DB_URL}` unset": {
        "in a path": but(
            '"data/visits/*"',
            '"${VISITS_DIR}/*"',
            "VISITS_DIR",
            "data.sources.visits.path",
            ":10:27",
            "is unset",
            "VISITS_DIR:-default",
        ),
        "elsewhere": but("owner: front-desk", 'owner: "${OWNER}"', "owner", "${OWNER}"),
        "half a reference": but('"data/visits/*"', '"${VISITS_DIR/*"', "data.sources.visits.path", "${"),
    },
    'threshold `"0.8"`, `80`, `-1`, `nan`': {
        "text": but("at_least: 0.6", 'at_least: "0.8"', "gates[0].at_least", "a number"),
        "80": but("at_least: 0.6", "at_least: 80", "gates[0].at_least", "0 to 1", "80"),
        "-1": but("at_least: 0.6", "at_least: -1", "gates[0].at_least", "0 to 1", "-1"),
        "nan": but("at_least: 0.6", "at_least: .nan", "not-a-number", ":28:33", "a finite number"),
        "infinity": but("at_least: 0.6", "at_least: .inf", "infinity", ":28:33", "a finite number"),
        "a margin of nothing": but("margin: 0.2", "margin: -0.2", "gates[2].margin", "-0.2"),
        "a share": but("quarantine_at_most: 5%", "quarantine_at_most: 500%", "quarantine_at_most", "500%"),
        "the wrong way": but("roc_auc, at_least", "log_loss, at_least", "log_loss is better when lower", "at_most"),
    },
    "minimum above maximum; invalid cron; window longer than history": {
        "limits": but("min: 0}", "min: 9, max: 1}", "contract.columns.minutes.min", "contract.columns.minutes.max"),
        "holdout": but(
            "freshness: 20d", "freshness: 20d\n  history: 10d", "split.holdout", "data.history", "20d", "10d"
        ),
        "an expectation": Refused(
            GOOD + "expectations:\n  - expect_table_row_count_to_be_between: {min_value: 9, max_value: 1}\n",
            ("min_value", "max_value", "9", "1"),
        ),
        "a cron": but("release:", 'retrain: {schedule: "61 * * * *"}\nrelease:', "retrain.schedule", "`61`"),
    },
    "the label or a key among the features": {
        "the label": but("door: category}", "door: category, back: category}", "label `back`", "leak", "features.back"),
        "the key": but("door: category}", "door: category, id: category}", "key column `id`", "leak", "features.id"),
    },
    "name `../../x`, 300 characters, upper case": {
        "a path": but("name: visits", "name: ../../x", "name", "../../x", ":2:1"),
        "long": but("name: visits", f"name: {'x' * 300}", "name", ":2:1"),
        "upper case": but("name: visits", "name: Visits", "name", "Visits", ":2:1"),
        "of another file": but("name: visits", "name: arrivals", "name", "arrivals", ":2:1"),
        "none": but("name: visits", 'name: ""', "name", ":2:1"),
    },
    "a password in the YAML": {
        "in an address": but('"data/visits/*"', '"s3://me:hunter2@host/visits/*"', "a secret", "${NAME}", ":10:"),
        "by its key": but("owner: front-desk", "owner: front-desk\npassword: hunter2", "a secret", "${NAME}", ":5:"),
    },
    "no gates at all": {
        "left out": Refused(GOOD[: GOOD.index("gates:")] + "release: {strategy: direct}\n", ("`gates` is missing",)),
        "empty": but(GOOD[GOOD.index("gates:") : GOOD.index("release:")], "gates: []\n", "gates", "every model"),
    },
}
