"""Bytes of any kind as files of every format: nothing but DataError and InfrastructureError may come of them.

    python tests/fuzz/fuzz_readers.py -max_total_time=3600 [libFuzzer's options] [CORPUS]

The first two bytes of an input choose its file name, form and types, the others are the file. Text is also read in
blocks and pieces of a few bytes, JSON line by line too: that must give the same rows. What libFuzzer finds new is kept
in CORPUS (default: a folder of its own below the system's temporary one); one that fails is left in the working
directory as ``crash-…``.
"""

import gzip
import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["keepfit.data.readers"]):
    from keepfit.data.readers import Form, blocks, json_row, jsonl, parts, text

import pyarrow as pa
import pyarrow.parquet as pq

from keepfit.data.refused import refused_schema
from keepfit.data.tables import PART
from keepfit.errors import DataError, InfrastructureError

NAMES = ("a.csv", "a.jsonl", "a.parquet", "a.csv.gz", "a.csv.zip", "a.jsonl.gz", "a.jsonl.zip", "a.parquet.gz")
FORMS = (
    Form(),
    Form(delimiter=";", quote="'"),
    Form(delimiter="\t", nulls=("", "NA")),
    Form(delimiter="|", encoding="latin-1"),
    Form(encoding="windows-1252"),
    Form(encoding="utf-16"),
    Form(nulls=()),
)
DIRECT = ({}, {"a": "int", "b": "float", "c": "time", "d": "bool", "e": "text"})
ERROR = "error: "
# Of the wall clock: on a machine with much else to do, seconds pass in which nothing of this runs.
LIMITS = ("-timeout=300", "-report_slow_units=300", "-rss_limit_mb=3000")
WHOLE = (blocks.USUAL, blocks.LONGEST, text.CHUNK, json_row.rows_at_once)
SMALL = (29, 61, 7, lambda _: None)


def one_input(data: bytes) -> None:
    if len(data) < 2:
        return
    name, form, direct = NAMES[data[0] % len(NAMES)], FORMS[data[1] % len(FORMS)], DIRECT[data[1] // 16 % 2]
    rows = outcome(data[2:], name, form, direct)
    if "parquet" not in name:
        cut = outcome(data[2:], name, form, {}, SMALL)
        whole = rows if not direct else outcome(data[2:], name, form, {})
        both = cut.startswith(ERROR) and whole.startswith(ERROR)
        too_long = cut.startswith(ERROR) and "longer than" in cut
        assert cut == whole or both or too_long, (cut, whole)


def outcome(data: bytes, name: str, form: Form, direct: dict, sizes: tuple = WHOLE) -> str:
    """All rows and refused rows as text, or the error."""
    blocks.USUAL, blocks.LONGEST, text.CHUNK, jsonl.rows_at_once = sizes
    good, bad = [], []
    try:
        for raw in parts(io.BytesIO(data), name, form, direct):
            seen(raw)
            good += raw.table.to_pylist()
            bad += raw.refused.to_pylist()
    except (DataError, InfrastructureError) as error:
        assert str(error)
        assert name in str(error)
        return ERROR + error.problems[0].what
    assert sorted(row["_row"] for row in good + bad) == list(range(1, len(good) + len(bad) + 1))
    names = {key for row in good for key in row}
    return repr(([{key: row.get(key) for key in sorted(names)} for row in good], bad))


def seen(raw) -> None:
    for table in raw:
        table.validate(full=True)
        assert table.num_rows <= PART
    assert raw.refused.schema == refused_schema()
    assert raw.table.schema.field("_row").type == pa.int64()


def seeds() -> list[bytes]:
    """Small valid files and some that are almost valid."""
    csv = [
        b"a,b,c,d,e\n1,1.5,2013-01-01T05:00:00Z,true,x\n-7,.25,2013-01-01 05:00:00+01:00,0,\n",
        b'a,b\r\n1,"x, ""y"""\r\n\r\n2,"two\r\nlines"\r\n3,5" disk\r\n',
        b'\xef\xbb\xbfa,b\r1,2\r3\r4,5,6\r"7"x,8\r',
        b'a\tb\n1\tNA\n"2\n3\t4\n',
        "a|ä\n1|ß\n".encode("latin-1"),
        "a,b\n1,€\n".encode("cp1252"),
        "a,b\n1,€\n2,😀\n".encode("utf-16"),
        b"a;b\n'1;2';3\n'it''s';4\n",
        b"<!DOCTYPE html><html>",
        b"<?xml version='1.0'?>",
        b"a,a,_row,\n1,2,3,4\n",
    ]
    jsonl = [
        b'{"a": 1, "b": 1.50, "c": null, "d": true, "e": "x"}\n{"a": -0, "f": {"z": [1e999, "y"]}}\n',
        b'{"a": 1, "a": 2}\n[1]\n{}\n{"": 1}\nNaN\n{"a": NaN}\n{"a": "\\ud800"}\n{"a": "\\ud83d\\ude00"}\n{"a":',
        b"[" * 100 + b'\n{"a": ' + b"[" * 80 + b"]" * 80 + b"}\n",
        b'[{"a": 1}]\n',
    ]
    plain = [(0, body) for body in csv] + [(1, body) for body in jsonl] + [(2, body) for body in parquets()]
    packed = [(3, gzip.compress(body, mtime=0)) for body in csv[:3]] + [(5, gzip.compress(jsonl[0], mtime=0))]
    packed += [(4, zipped(body, method)) for body in csv[:2] for method in (0, 8, 14)] + [(6, zipped(jsonl[0], 8))]
    packed += [(7, gzip.compress(parquets()[0], mtime=0)), (3, gzip.compress(csv[0], mtime=0) * 2)]
    forms = range(len(FORMS))
    return [bytes([name, form + 16 * (form % 2)]) + body for name, body in plain + packed for form in forms]


def zipped(body: bytes, method: int) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo("a"), body, method)
    return sink.getvalue()


def parquets() -> list[bytes]:
    table = pa.table(
        {
            "a": [1, None, 3],
            "b": [1.5, float("nan"), None],
            "c": pa.array([0, 1, None], pa.timestamp("ns", tz="Europe/Berlin")),
            "d": [True, False, None],
            "e": pa.array(["x", "y", "x"]).dictionary_encode(),
            "f": pa.array(["1.5", "2.25", None]).cast(pa.decimal128(10, 3)),
            "g": pa.array([0, 4_000_000, None], pa.int32()).cast(pa.date32()),
            "h": pa.array([0, 1, 2], pa.time64("us")),
        }
    )
    nested = pa.table({"a": [[1], [2]], "b": [b"x", b"y"]})
    options = (
        {},
        {"compression": "gzip", "data_page_version": "2.0"},
        {"compression": "none", "use_dictionary": False},
    )
    options += ({"compression": "zstd", "write_page_checksum": True, "row_group_size": 1},)
    return [*(written(table, **each) for each in options), written(nested), written(table.slice(0, 0))]


def written(table: pa.Table, **options) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()


def main() -> None:
    folders = [word for word in sys.argv[1:] if not word.startswith("-")]
    corpus = Path(folders[0] if folders else Path(tempfile.gettempdir()) / "keepfit-fuzz-readers")
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number:03d}").write_bytes(seed)
    print(json.dumps({"corpus": str(corpus), "seeds": len(seeds())}), flush=True)
    words = [word for word in sys.argv if word not in folders]
    atheris.Setup([*words, "-max_len=4096", *LIMITS, str(corpus)], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
