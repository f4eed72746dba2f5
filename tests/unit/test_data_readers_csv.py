"""CSV: what is a row, which rows are refused and why, and when a file is no table at all."""

import pytest
from reader_samples import cells, problem, read

from keepfit.data.readers import Form, blocks, text
from keepfit.data.readers import csv as csv_reader
from keepfit.data.tables import PART

HEAD = "id,when_at,colour,size,late\n"
GOOD = "r1,2020-01-01T00:00:00Z,red,1.5,true\n"


def test_all_cells_are_text_and_rows_are_numbered_below_the_header():
    found = read("a,b\n007,NA\n1e20, x \n")
    assert found.rows == {1: {"a": "007", "b": "NA"}, 2: {"a": "1e20", "b": " x "}}


@pytest.mark.parametrize(
    ("lines", "number", "reason", "raw"),
    [
        (GOOD.strip() + ",9\n" + GOOD, 1, "expected 5 fields, found 6", GOOD.strip() + ",9"),
        (GOOD + "r2,2020\n" + GOOD, 2, "expected 5 fields, found 2", "r2,2020"),
        (GOOD + "r2,2020", 2, "expected 5 fields, found 2: a truncated file?", "r2,2020"),
        (GOOD + "   \n", 2, "expected 5 fields, found 1", "   "),
        (GOOD + '1,"x"y,3,4,5\n', 2, "expected 5 fields, found a field that goes on after its", '1,"x"y,3,4,5'),
        (GOOD + '"x"y', 2, "expected 5 fields, found a field that goes on after its closing quote", '"x"y'),
        (GOOD + '1,"x\ny",3\n', 2, "expected 5 fields, found 3 in 2 lines (a quote that is not closed?)", '1,"x\ny",3'),
        (GOOD + "a\rb,2,3,4,5\n", 2, "expected 5 fields, found 1", "a"),
    ],
)
def test_a_row_of_a_wrong_shape_is_refused_alone_with_its_number_and_text(lines, number, reason, raw):
    found = read(HEAD + lines)
    assert found.refused[number] == (found.refused[number][0], raw)
    assert found.refused[number][0].startswith(reason)
    assert ("truncated" in found.refused[number][0]) == ("truncated" in reason)
    assert all(row["colour"] in {"red", "3"} for row in found.rows.values()), "nothing shifts"


def test_a_column_alone_has_wrong_rows_too():
    found = read('a\n1\n"x"y\n2,3\n4\n"z"z')
    assert [row["a"] for row in found.rows.values()] == ["1", "4"]
    assert {number: raw for number, (_, raw) in found.refused.items()} == {2: '"x"y', 3: "2,3", 5: '"z"z'}
    assert found.refused[5][0] == "expected 1 field, found a field that goes on after its closing quote"


def test_wrong_rows_keep_their_numbers_among_each_other():
    found = read('a,b\n1,2\n\n"x"y,2\n1\n"p\nq",2\n1,2,3\n"z"z,1\n3,4\n')
    assert list(found.rows) == [1, 4, 7]
    assert {number: raw for number, (_, raw) in found.refused.items()} == {2: '"x"y,2', 3: "1", 5: "1,2,3", 6: '"z"z,1'}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end", "end end"])
def test_lines_end_in_lf_crlf_or_cr_and_empty_lines_are_no_rows(end, last):
    body = end.join(["", "a,b", "1,2", "", "3,4"]) + last.replace(" ", "").replace("end", end)
    assert list(read(body).rows.items()) == [(1, {"a": "1", "b": "2"}), (2, {"a": "3", "b": "4"})]


def test_line_ends_may_be_mixed():
    assert cells(read("a,b\r\n1,2\n3,4\r5,6\r\r\n7,8")) == [("1", "2"), ("3", "4"), ("5", "6"), ("7", "8")]


def test_quotes_hold_delimiters_lines_and_quotes():
    found = read('"a","b, c"\r\n"1,2","x\r\ny"\n"say ""hi""",5" disk\n"one\rtwo",""\r3,4')
    assert found.rows == {
        1: {"a": "1,2", "b, c": "x\r\ny"},
        2: {"a": 'say "hi"', "b, c": '5" disk'},
        3: {"a": "one\rtwo", "b, c": None},
        4: {"a": "3", "b, c": "4"},
    }


def test_a_column_alone_may_have_quoted_empty_cells_and_nothing_else_is_null():
    assert read('a\n1\n\n""\nnull\n').rows == {1: {"a": "1"}, 2: {"a": None}, 3: {"a": "null"}}


def test_only_the_declared_texts_are_null():
    found = read("a,b\nNA,\n-,NA\n", form=Form(nulls=("NA", "-")))
    assert cells(found) == [(None, ""), (None, None)]
    assert cells(read("a,b\n,x\n", form=Form(nulls=()))) == [("", "x")]


def test_delimiter_and_quote_are_the_declared_ones():
    found = read("a;b\n'x;y';\"z\n", form=Form(delimiter=";", quote="'"))
    assert cells(found) == [("x;y", '"z')]


@pytest.mark.parametrize(
    ("rest", "row"),
    [
        ('2,"open\n3,4\n', 2),
        ('2,"open\n3,"closed"\n', 2),
        ('2,"open\n3,4\n5,x"y\n', 2),
        ('2,5" disk\n3,"open\n4,5\n', 3),
    ],
)
def test_a_quote_that_is_never_closed_swallows_no_row(rest, row):
    found = problem("a,b\n1,2\n" + rest)
    assert (found.what, found.where) == ("a quote is opened and not closed", f"a.csv, row {row}")


def test_an_open_quote_before_much_text_is_found_without_reading_it_all():
    body = b'a,b\n1,2\n3,"x\n' + b"5,6\n" * (blocks.LONGEST // 4)
    found = problem(body)
    assert (found.what, found.where) == ("a row is longer than 16 MB: a quote that is never closed?", "a.csv, row 2")


def test_a_row_of_any_length_below_the_limit_is_read_and_none_above():
    inside = "x" * (blocks.LONGEST - 4)
    assert cells(read(f"a,b\n1,2\n3,{inside}\n5,6\n"))[1:] == [("3", inside), ("5", "6")]
    found = problem(f"a,b\n1,2\n3,{inside}xx\n5,6\n")
    assert (found.what, found.where) == ("a row is longer than 16 MB", "a.csv, row 2")


@pytest.mark.parametrize(
    ("body", "what", "expected", "found"),
    [
        ("", "0 rows in a.csv", "a header and rows", "an empty file"),
        ("\n\r\n", "0 rows in a.csv", "a header and rows", "an empty file"),
        (HEAD, "0 rows in a.csv", "at least one row", "only a header"),
        (HEAD.strip(), "0 rows in a.csv", "at least one row", "only a header"),
        ("id,at,id,size\n1,2,3,4\n", "columns without a name of their own", "every name once", "columns id at 1, 3"),
        ("id,, ,x\n1,2,3,4\n", "columns without a name", "every name once", "(no name) at 2; (no name) at 3"),
        ("id,x,\n1,2,\n", "columns without a name", "every name once", "(no name) at 3"),
        ("id,_row,_file\n1,2,3\n", "a name that Keepfit needs itself", "none of _file, _row", "_row at 2; _file at 3"),
        ("a," * 10_000 + "b\n", "too many columns", "at most 10,000", "10,001"),
        ('id,"x\n1,2\n', "the header cannot be read: a quote is opened and not closed", "names of columns", ""),
        ('"id"x,y\n1,2\n', "the header cannot be read: a name goes on", "names of columns", ""),
        (
            "<!DOCTYPE html>\n<html>Sign in</html>",
            "looks like an HTML page",
            "rows of data",
            "<!DOCTYPE html> <html>Sig",
        ),
        ("\n <html lang=de>, x", "looks like an HTML page", "rows of data", "<html lang=de>"),
        ("<?xml version='1.0'?>\n<Error>", "looks like an XML document", "rows of data", "<?xml version="),
        ("<Error><Code>AccessDenied</Code>", "looks like an XML document", "rows of data", "AccessDenied"),
        ('{"error": "no such file"}', "looks like JSON", "rows of data", '{"error"'),
        ('[\n {"id": 1}]', "looks like JSON", "rows of data", "[ {"),
        (HEAD + "r1,2\0,3\n", "a NUL byte in a text file", "text", "byte 0x00 at offset 32"),
        (HEAD + "1\n2,3\n", "none of 2 rows can be read", "5 fields", "1: 1"),
    ],
)
def test_a_file_that_is_no_table_is_refused_whole(body, what, expected, found):
    said = problem(body)
    assert what in said.what
    assert expected in said.expected
    assert found in said.found


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"PK\3\4", "looks like a zip file or a spreadsheet, not text"),
        (b"\x1f\x8b\x08\x00", "looks like a gzip file, not text"),
        (b"PAR1\x15", "looks like a Parquet file, not text"),
        (b"%PDF-1.7", "looks like a PDF document, not text"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_another_kind_of_file_under_the_name_of_a_text_is_told(head, kind, name):
    said = problem(head + b"\x00\xff" * 100, name)
    assert said.what == kind
    assert said.found == f"the file begins with {head[:4].hex(' ')}"
    assert said.do == "have it written, or named, as what it is"


def test_a_header_that_begins_with_such_letters_is_none():
    assert read("PAR1,PAR2\n1,2\n").rows == {1: {"PAR1": "1", "PAR2": "2"}}


def test_a_header_in_angle_brackets_is_no_page():
    assert read("<DATE>,<OPEN>\n2020,1\n").rows == {1: {"<DATE>": "2020", "<OPEN>": "1"}}


@pytest.mark.parametrize(
    ("body", "form", "what", "found"),
    [
        (
            b"a,b\n1,r\xfbge\n",
            Form(),
            "text is not UTF-8",
            "byte 0xfb at offset 7; it may be Latin-1 (or Windows-1252)",
        ),
        ("a,b\n1,2\n".encode("utf-16"), Form(), "text is not UTF-8", "byte 0xff at offset 0; it may be UTF-16"),
        ("a,b\n".encode("utf-16-le"), Form(), "a NUL byte", "offset 1; it may be UTF-16 without a byte order mark"),
        ("a,b\n1,ä".encode()[:-1], Form(), "the last character is not whole", "offset 6: a truncated file?"),
        (b"a,b\n1,\x81\n", Form(encoding="windows-1252"), "text is not Windows-1252", "byte 0x81 at offset 6"),
        (
            "a\n1".encode("utf-16-le"),
            Form(encoding="utf-16"),
            "text is not UTF-16",
            "no mark, the file begins with 61 00",
        ),
        ("a\n1".encode("utf-16")[:-1], Form(encoding="utf-16"), "not whole", "offset 6: a truncated file?"),
        ("a\n1".encode("utf-8-sig"), Form(encoding="latin-1"), "text is not Latin-1", "the byte order mark of UTF-8"),
        ("a\n1".encode("utf-16"), Form(encoding="windows-1252"), "not Windows-1252", "the byte order mark of UTF-16"),
        (b"a\n1\0\n", Form(encoding="latin-1"), "a NUL byte", "byte 0x00"),
    ],
)
def test_bytes_of_another_encoding_are_told_with_their_offset(body, form, what, found):
    said = problem(body, form=form)
    assert what in said.what
    assert found in said.found


@pytest.mark.parametrize(
    ("form", "codec"),
    [
        (Form(), "utf-8"),
        (Form(), "utf-8-sig"),
        (Form(encoding="latin-1"), "latin-1"),
        (Form(encoding="windows-1252"), "cp1252"),
        (Form(encoding="utf-16"), "utf-16"),
    ],
)
def test_the_declared_encoding_is_understood(form, codec):
    assert read("ä,ö\nß,é\n".encode(codec), form=form).rows == {1: {"ä": "ß", "ö": "é"}}


def test_an_offset_is_that_of_the_file_however_far_in_it_is(monkeypatch):
    monkeypatch.setattr(text, "CHUNK", 5)
    body = "a,b\n" + "ä,ö\n" * 100
    assert "byte 0xff at offset 605" in problem(body.encode() + b"1\xff").found
    half = body.encode("utf-16") + b"\x00\xdc" + "1,2\n".encode("utf-16-le")
    assert "byte 0x00 at offset 810" in problem(half, form=Form(encoding="utf-16")).found


def test_a_mark_within_the_text_is_a_character_also_where_a_block_begins(monkeypatch):
    monkeypatch.setattr(blocks, "USUAL", 8)
    assert cells(read("a,b\n1,2\n\ufeff3,4\n")) == [("1", "2"), ("\ufeff3", "4")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 30])
def test_rows_and_numbers_do_not_depend_on_where_blocks_are_cut(size, monkeypatch):
    body = 'a,b\r\n1,2\r\n"x\r\ny","""q"""\r\n\r\n3\r\n"ü"z,4\r\n5,6" \r\n7,8,9\r\n"",ä\r\n10,"11'
    whole = read(body + '"')
    monkeypatch.setattr(blocks, "USUAL", size)
    monkeypatch.setattr(text, "CHUNK", size)
    cut = read(body + '"')
    assert (cut.rows, cut.refused) == (whole.rows, whole.refused)
    assert whole.rows == {
        1: {"a": "1", "b": "2"},
        2: {"a": "x\r\ny", "b": '"q"'},
        5: {"a": "5", "b": '6" '},
        7: {"a": None, "b": "ä"},
        8: {"a": "10", "b": "11"},
    }
    assert (problem(body).what, problem(body).where) == ("a quote is opened and not closed", "a.csv, row 8")


@pytest.mark.parametrize("size", [40, 1000, 1 << 20])
def test_rows_between_misplaced_quotes_are_read_however_many_there_are(size, monkeypatch):
    """Alone and in crowds: a quote within a bare field, one that does not end its field, lines within quotes."""
    kinds = ['{},5" disk', '{},"x"y', '{},"p\nq"', '"{}",plain', '{},"say ""hi"""']
    order = [0] * 50 + [3] * 70 + [1] * 40 + [2, 1, 4, 0, 3] * 30 + [3] * 40 + [1]
    monkeypatch.setattr(blocks, "USUAL", size)
    found = read("a,b\n" + "\n".join(kinds[kind].format(number) for number, kind in enumerate(order, 1)))
    values = {0: '5" disk', 2: "p\nq", 3: "plain", 4: 'say "hi"'}
    good = {number: {"a": str(number), "b": values[kind]} for number, kind in enumerate(order, 1) if kind != 1}
    assert found.rows == good
    wrong = {number: f'{number},"x"y' for number, kind in enumerate(order, 1) if kind == 1}
    assert {number: raw for number, (_, raw) in found.refused.items()} == wrong


def test_rows_that_are_very_short_are_worked_on_in_shorter_blocks():
    """A row that is refused takes some hundred bytes, however short its line."""
    cut = [block.data for block in blocks.line_blocks([b"1\n" * (1 << 20), b"long\n" * (1 << 20)] * 2)]
    assert max(data.count(b"\n") for data in cut) <= 2 * (1 << 17)
    assert b"".join(cut) == (b"1\n" * (1 << 20) + b"long\n" * (1 << 20)) * 2


def test_a_part_has_no_more_rows_than_a_part_may_have():
    found = read(b"a,b\n" + b"1,2\n" * 300_000 + b"3\n")
    assert 100_000 < max(table.num_rows for table in found.tables) <= PART
    assert (len(found.rows), list(found.refused)) == (300_000, [300_001])


def test_all_blocks_are_read_where_there_are_more_than_threads():
    rows = b"".join(b"%d,%d\n" % (number, number) for number in range(1, 1_500_001))
    assert len(rows) > 5 * blocks.USUAL > blocks.USUAL * csv_reader._THREADS
    found = read(b"a,b\n" + rows, direct={"a": "int"})
    assert all(table["a"].to_pylist() == table["_row"].to_pylist() for table in found.tables)
    assert len(found.rows) == 1_500_000
