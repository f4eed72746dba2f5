"""Valid files with something dropped, doubled, put in or cut off: an error, or every row accounted for.

What a record of CSV is, the tests say once more by themselves, character by character: the reader must agree with them.
"""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reader_samples import Read, gzipped, read, zipped

from keepfit.data.readers import Form, blocks, text
from keepfit.errors import DataError

WIDTH = 3
HEAD = "id,b,c"
CELL = st.one_of(
    st.sampled_from(["", "x", "1.5", "ü", "😀", " ", '"', 'a"b', "a,b", "a\nb", "a\r\nb", '""', "\ufeff"]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4),
)
SNIPPET = st.one_of(st.sampled_from(['"', ",", "\n", "\r", "\r\n", '""', '",', ',"', '"\n', "x", "\ufeff"]), CELL)


def quoted(cell: str) -> str:
    plain = not set(cell) & set('",\r\n')
    return cell if plain else '"' + cell.replace('"', '""') + '"'


@st.composite
def tables(draw) -> list[list[str]]:
    rows = draw(st.lists(st.lists(CELL, min_size=WIDTH - 1, max_size=WIDTH - 1), min_size=1, max_size=8))
    return [[f"r{number}", *row] for number, row in enumerate(rows)]


@st.composite
def mutations(draw, whole: str) -> str:
    """Some characters dropped, others put in their place, a piece doubled, or the end cut off."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(whole)))
        end = min(len(whole), start + draw(st.integers(0, 6)))
        how = draw(st.sampled_from(["drop", "put", "double", "cut"]))
        put = {"drop": "", "put": draw(SNIPPET), "double": whole[start:end] * 2, "cut": ""}[how]
        whole = whole[:start] + put + ("" if how == "cut" else whole[end:])
    return whole


@st.composite
def mutated_csv(draw) -> tuple[list[list[str]], str, str]:
    rows = draw(tables())
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    whole = end.join([HEAD, *(",".join(map(quoted, row)) for row in rows)]) + draw(st.sampled_from(["", end]))
    head = len(HEAD) + len(end)
    return rows, whole, whole[:head] + draw(mutations(whole[head:]))


def records(body: str) -> list[tuple[str, list[str] | None]] | None:
    """Text and fields of every record (None where its quotes are wrong); None where a quote swallows the rest."""
    found: list[tuple[str, list[str] | None]] = []
    at = 0
    while True:
        while at < len(body) and body[at] in "\r\n":
            at += 1
        if at == len(body):
            return found
        start, fields = at, []
        while True:
            opened, cell = at, ""
            if body[at : at + 1] == '"':
                at += 1
                while body[at : at + 1] != '"' or body[at : at + 2] == '""':
                    if at >= len(body):
                        return None
                    cell += body[at]
                    at += 2 if body[at] == '"' else 1
                at += 1
            else:
                while at < len(body) and body[at] not in ",\r\n":
                    cell += body[at]
                    at += 1
            if at < len(body) and body[at] not in ",\r\n":
                if set(body[opened:at]) & {"\r", "\n"}:
                    return None
                while at < len(body) and body[at] not in "\r\n":
                    at += 1
                fields = None
                break
            fields.append(cell)
            if body[at : at + 1] != ",":
                break
            at += 1
        found.append((body[start:at], fields))


def small(body: bytes, name: str, form: Form, size: int) -> Read:
    """Read in blocks of a few bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "USUAL", size)
        patch.setattr(text, "CHUNK", size)
        return read(body, name, form)


@settings(max_examples=1000, deadline=None)
@given(mutated_csv(), st.integers(1, 64))
@example(([], "", 'id,b,c\nr0,x,y\n"r1"x,"\n",z\nr2,1,2\n'), 64)
@example(([], "", "id,b,c\nr0,x,y\n\ufeffr1,1,2\n"), 14)
def test_every_record_of_csv_is_a_row_or_is_refused_with_its_number_and_text(case, size):
    _, _, body = case
    expected = records(body)
    try:
        found = small(body.encode(), "a.csv", Form(nulls=()), size)
    except DataError as error:
        assert all(said.where.startswith("a.csv") for said in error.problems)
        assert expected is None or not any(fields is not None and len(fields) == WIDTH for _, fields in expected[1:])
        return
    assert expected is not None
    good = {number: fields for number, (_, fields) in enumerate(expected[1:], 1) if fields and len(fields) == WIDTH}
    assert {number: list(row.values()) for number, row in found.rows.items()} == good
    refused = {number: raw for number, (raw, _) in enumerate(expected[1:], 1) if number not in good}
    assert {number: raw for number, (_, raw) in found.refused.items()} == refused


@settings(max_examples=500, deadline=None)
@given(mutated_csv(), st.integers(1, 64))
def test_a_row_before_the_first_change_is_read_as_it_was(case, size):
    rows, whole, body = case
    same = next(
        (at for at, (one, two) in enumerate(zip(whole, body, strict=False)) if one != two), min(len(whole), len(body))
    )
    before = records(whole[:same])
    untouched = (before or [""])[1:-1]  # the last one may go on
    try:
        found = small(body.encode(), "a.csv", Form(nulls=()), size)
    except DataError:
        return
    for number in range(1, len(untouched) + 1):
        assert list(found.rows[number].values()) == rows[number - 1]


@settings(max_examples=500, deadline=None)
@given(st.data(), st.integers(1, 64))
def test_a_field_too_many_or_too_few_refuses_that_row_and_no_other(data, size):
    rows = data.draw(tables())
    at = data.draw(st.integers(0, len(rows) - 1))
    change = data.draw(st.sampled_from([1, 2, -1, -2]))
    lines = [",".join(map(quoted, row)) for row in rows]
    fields = [*rows[at], "", ""][: WIDTH + change]
    lines[at] = ",".join(map(quoted, fields))
    body = "\n".join([HEAD, *lines, "last,1,2", ""])
    found = small(body.encode(), "a.csv", Form(nulls=()), size)
    assert {number: reason for number, (reason, _) in found.refused.items()} == {at + 1: found.refused[at + 1][0]}
    assert found.refused[at + 1][0].startswith(f"expected 3 fields, found {WIDTH + change}")
    assert found.refused[at + 1][1] == lines[at]
    assert [list(row.values()) for row in found.rows.values()] == [*rows[:at], *rows[at + 1 :], ["last", "1", "2"]]


VALUE = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), CELL)


@settings(max_examples=800, deadline=None)
@given(st.lists(st.fixed_dictionaries({"id": st.integers(), "v": VALUE}), min_size=1, max_size=8), st.data())
def test_every_line_of_json_is_a_row_or_is_refused_with_its_number(rows, data):
    lines = [json.dumps(row, ensure_ascii=data.draw(st.booleans())) for row in rows]
    body = data.draw(mutations("\n".join(lines) + "\n"))
    records = [line for line in body.split("\n") if line.encode().strip()]
    try:
        found = small(body.encode(), "a.jsonl", Form(), data.draw(st.integers(1, 64)))
    except DataError as error:
        assert all(said.where.startswith("a.jsonl") for said in error.problems)
        untouched = [line for line in records if line in lines]
        assert not untouched or "JSON" in str(error) or "name" in str(error)
        return
    assert len(found.rows) + len(found.refused) == len(records)
    for number, line in enumerate(records, 1):
        if line not in lines:
            continue
        row = json.loads(line)
        value = row["v"] if isinstance(row["v"], str | None) else json.dumps(row["v"])
        assert found.rows[number]["id"] == str(row["id"])
        assert found.rows[number]["v"] == value


BODY = b"id,b,c\n" + b"".join(b"r%d,%d,x\n" % (number, number * 7) for number in range(200))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([("a.csv.gz", gzipped(BODY)), ("a.csv.zip", zipped(BODY))]), st.data())
def test_a_damaged_archive_is_an_error_or_gives_the_very_same_rows(archive, data):
    name, packed = archive
    at = data.draw(st.integers(0, len(packed) - 1))
    drop = data.draw(st.integers(0, 3))
    damaged = packed[:at] + data.draw(st.binary(max_size=3)) + packed[at + drop :]
    try:
        found = read(damaged, name)
    except DataError as error:
        assert all(said.where.startswith(name) for said in error.problems)
        return
    assert found.rows == read(BODY).rows
    assert not found.refused
