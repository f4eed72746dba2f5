"""Files in .gz and .zip: streamed, whole, one file in each, and no bomb."""

import gzip
import io
import zipfile
import zlib

import pyarrow as pa
import pytest
from reader_samples import cells, gzipped, parquet, problem, read, zipped

from keepfit.data.readers import Form, parts, stream
from keepfit.errors import InfrastructureError

CSV = b"a,b\n1,2\n3,4\n"
TABLE = pa.table({"a": ["1", "3"], "b": ["2", "4"]})


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", CSV),
        ("A.CSV", CSV),
        ("a.csv.gz", gzipped(CSV)),
        ("a.csv.gz", gzipped(CSV[:5]) + gzipped(CSV[5:])),
        ("a.csv.gz", gzipped(CSV) + b"\0" * 512),
        ("a.csv.zip", zipped(CSV)),
        ("a.csv.zip", zipped(CSV, method=zipfile.ZIP_STORED)),
        ("a.jsonl", b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n'),
        ("a.ndjson.gz", gzipped(b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n')),
        ("a.parquet", parquet(TABLE)),
        ("a.parquet.gz", gzipped(parquet(TABLE))),
        ("a.parquet.zip", zipped(parquet(TABLE))),
    ],
)
def test_every_format_and_packing_gives_the_same_rows(name, data):
    assert read(data, name).rows == {1: {"a": "1", "b": "2"}, 2: {"a": "3", "b": "4"}}


class OnlyForward(io.RawIOBase):
    """As a download is: it cannot seek, and gives less than was asked for."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = self._data.read(min(len(buffer), 7))
        buffer[: len(data)] = data
        return len(data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", CSV),
        ("a.csv.gz", gzipped(CSV)),
        ("a.csv.zip", zipped(CSV)),
        ("a.parquet", parquet(TABLE)),
        ("a.parquet.zip", zipped(parquet(TABLE))),
    ],
)
def test_a_file_that_cannot_seek_is_read_too(name, data):
    (raw,) = parts(OnlyForward(data), name, Form(), {})
    assert raw.table.to_pylist() == [{"a": "1", "b": "2", "_row": 1}, {"a": "3", "b": "4", "_row": 2}]


def wrong_sum(data: bytes) -> bytes:
    return data[:-8] + bytes(4) + data[-4:]


def encrypted() -> bytes:
    data = bytearray(zipped(CSV))
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "what", "found"),
    [
        ("a.csv.gz", gzipped(CSV)[:-9], "a gzip file is truncated or damaged", "end-of-stream"),
        ("a.csv.gz", gzipped(CSV)[:-1], "a gzip file is truncated or damaged", "end-of-stream"),
        ("a.csv.gz", wrong_sum(gzipped(CSV)), "a gzip file is truncated or damaged", "CRC check failed"),
        ("a.csv.gz", gzipped(CSV) + b"garbage", "a gzip file is truncated or damaged", "Not a gzipped file"),
        ("a.csv.gz", CSV, "a gzip file is truncated or damaged", "Not a gzipped file"),
        ("a.csv.gz", b"", "0 rows in a.csv.gz", "an empty file"),
        ("a.csv.zip", zipped(CSV)[:-30], "a zip file is truncated or damaged", "not a zip file"),
        (
            "a.csv.zip",
            zipped(CSV, method=zipfile.ZIP_STORED).replace(b"3,4", b"5,6"),
            "a zip file is truncated",
            "Bad CRC-32",
        ),
        ("a.csv.zip", zipped(CSV, CSV), "a zip must hold exactly one file", "2 files"),
        ("a.csv.zip", zipped(), "a zip must hold exactly one file", "0 files"),
        ("a.csv.zip", zipped(CSV, method=zipfile.ZIP_LZMA), "packed in a way that is not read", "method 14"),
        ("a.csv.zip", encrypted(), "a zip is encrypted", "an encrypted one"),
        ("a.csv.zip", zipped(*[b""] * 20_000), "a zip file is truncated or damaged", "a directory of"),
        ("a.tsv", CSV, "the format of a file is not known", "a.tsv"),
        ("a.zip", zipped(CSV), "the format of a file is not known", "a.zip"),
        ("a.csv.gz.gz", gzipped(gzipped(CSV)), "the format of a file is not known", "a.csv.gz.gz"),
    ],
)
def test_damaged_and_unknown_packings_are_refused(name, data, what, found):
    said = problem(data, name)
    assert what in said.what
    assert found in said.found


def test_the_formats_are_listed():
    assert problem(CSV, "a.xlsx").expected == ".csv, .jsonl, .ndjson, .parquet, plain or .gz or .zip"


LINES = b"1,%b\n" % (b"2" * 65_533) * 2**4  # 1 MB


def endless(size: int, *, wbits: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join([packer.compress(b"a,b\n"), *(packer.compress(LINES) for _ in range(size)), packer.flush()])


def bomb(name: str) -> bytes:
    if name.endswith(".gz"):
        return endless(128, wbits=31)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as file:
        file.write(b"a,b\n")
        for _ in range(128):
            file.write(LINES)
    return sink.getvalue()


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zip", "a.parquet.gz"])
def test_a_bomb_ends_in_an_error(name):
    said = problem(bomb(name), name)
    assert "unpacks to too much" in said.what
    assert said.expected == "at most 64 GB, and beyond 64 MB at most 500 bytes for each packed one"


def test_a_file_that_packs_well_is_no_bomb():
    numbers = b"".join(b"%d,x\n" % number for number in range(500_000))
    assert len(read(gzipped(b"a,b\n" + numbers), "a.csv.gz").rows) == 500_000


def test_there_is_an_end_to_what_is_unpacked(monkeypatch):
    monkeypatch.setattr(stream, "MOST", 1000)
    assert "unpacks to too much" in problem(gzipped(b"a,b\n" + b"1,2\n" * 1000), "a.csv.gz").what


class Failing(io.BytesIO):
    """A disk that fails in the middle."""

    def read(self, size=-1):
        if self.tell() > 0:
            raise OSError(5, "Input/output error")
        return super().read(min(size, 100) if size >= 0 else 100)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", CSV * 100),
        ("a.csv.gz", gzip.compress(bytes(range(256)) * 50)),
        ("a.csv.zip", zipped(CSV * 100)),
        ("a.parquet", parquet(TABLE)),
    ],
)
def test_a_failing_disk_is_told_as_such(name, data):
    with pytest.raises(InfrastructureError) as caught:
        list(parts(Failing(data), name, Form(), {}))
    (said,) = caught.value.problems
    assert (said.what, said.where, said.found) == ("a file cannot be read", name, "Input/output error")


def test_cells_of_a_packed_file_are_checked_like_others():
    assert cells(read(zipped(CSV + b"5\n"), "a.csv.zip")) == [("1", "2"), ("3", "4")]
    assert problem(gzipped(b"<html>"), "a.csv.gz").what.startswith("looks like an HTML page")
