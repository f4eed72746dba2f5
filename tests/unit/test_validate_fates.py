"""Any table, in any parts: the fate of every row is the one that a slow reading of the rules, row by row, says."""

import tempfile
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from contract_world import DAY, MOMENT, Table, row, use_case
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepfit.data import read_snapshot
from keepfit.validate.unique import Some, not_alone, twins

COLOURS = ["red", "blue"]
COLUMNS = {
    "colour": {"type": "category", "values": COLOURS, "nullable": True},
    "shape": {"type": "category", "values": ["round"]},
    "size": {"type": "float", "min": 0, "max": 10, "nullable": True},
    "a": {"type": "int", "nullable": True},
    "b": {"type": "float", "nullable": True},
    "total": {"type": "float", "nullable": True},
    "code": {"type": "text", "min_length": 2, "max_length": 3, "matches": "[a-z]+|[0-9]+", "nullable": True},
}
RULES = [
    {"compare": ["a", "<=", "total"]},
    {"sum": ["a", "b"], "equals": "total", "within": 0.5},
    {"together": ["a", "b"]},
    {"at_least_one": ["size", "total"]},
    {"when": {"colour": ["red"], "a": {"min": 2}}, "then": {"size": "present", "total": {"max": 3}}},
    {"unique": ["colour", "code"]},
]


def alone(r):
    """What a row breaks by itself, each rule written out by hand."""
    size, a, b, total, code = r["size"], r["a"], r["b"], r["total"], r["code"]
    asked = r["colour"] == "red" and a is not None and a >= 2
    found = {
        "id: missing": r["id"] is None,
        "shape: missing": r["shape"] is None,
        "size: at least 0": size is not None and size < 0,
        "size: at most 10": size is not None and size > 10,
        "code: at least 2 characters": code is not None and len(code) < 2,
        "code: at most 3 characters": code is not None and len(code) > 3,
        "code: matches [a-z]+|[0-9]+": code is not None
        and not (code.isdigit() or (code.isalpha() and code.islower() and code.isascii())),
        "at: later than the run's start": r["at"] > MOMENT.started,
        "a <= total": None not in (a, total) and a > total,
        "a + b = total, within 0.5": None not in (a, b, total) and abs(a + b - total) > 0.5,
        "a, b together or not at all": (a is None) != (b is None),
        "at least one of size, total": size is None and total is None,
        "size is present and total is at most 3 where colour is red and a is at least 2": asked
        and (size is None or (total is not None and total > 3)),
    }
    return {reason for reason, broken in found.items() if broken}


def reference(rows, duplicates, unseen_at_most):
    """By (file, row): a set of reasons, the name of the rule that dropped it, or "kept"."""
    reasons = {(r["_file"], r["_row"]): alone(r) for r in rows}
    coloured = [r for r in rows if r["colour"] is not None]
    unseen = [r for r in coloured if r["colour"] not in COLOURS]
    if len(unseen) > unseen_at_most * len(coloured):
        for r in unseen:
            reasons[r["_file"], r["_row"]].add("colour: one of red, blue")
    for r in rows:
        if r["shape"] not in ("round", None):
            reasons[r["_file"], r["_row"]].add("shape: one of round")
    fate = {place: why or "kept" for place, why in reasons.items()}
    keys = defaultdict(list)
    for r in sorted(rows, key=lambda r: (r["_file"], r["_row"]), reverse=duplicates == "last"):
        if fate[r["_file"], r["_row"]] == "kept":
            keys[r["id"]].append(r)
    for several in keys.values():
        fate |= of_one_key(several, duplicates)
    shared = defaultdict(list)
    for r in rows:
        if fate[r["_file"], r["_row"]] == "kept" and None not in (r["colour"], r["code"]):
            shared[r["colour"], r["code"]].append(r)
    for several in shared.values():
        for r in several if len(several) > 1 else ():
            fate[r["_file"], r["_row"]] = {"other rows have this colour, code"}
    for r in rows:
        if fate[r["_file"], r["_row"]] == "kept":
            pending = r["at"] >= MOMENT.as_of - timedelta(days=1)
            fate[r["_file"], r["_row"]] = (
                "label not known yet" if pending else "no label" if r["late"] is None else "kept"
            )
    return fate


def values(r):
    return tuple(value for name, value in sorted(r.items()) if not name.startswith("_"))


def of_one_key(several, duplicates):
    """The fates of rows with one key, in the order in which the first one counts."""
    first = several[0]
    fate = {(first["_file"], first["_row"]): "kept"}
    seen = {values(first)}
    for r in several[1:]:
        place = r["_file"], r["_row"]
        if duplicates == "error":
            fate[place] = "duplicate row" if values(r) in seen else "differs"
        elif values(r) == values(first):
            fate[place] = "duplicate row"
        else:
            fate[place] = {"first": "an earlier row has this key", "last": "superseded by a later row"}[duplicates]
        seen.add(values(r))
    if len(seen) > 1 and duplicates == "error":
        differs = {"the key stands on other rows with other values"}
        fate = {place: differs if what in ("kept", "differs") else what for place, what in fate.items()}
    return fate


ROW = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["k1", "k2", "k3", "k4", "K1", "ö", None]),
        "at": st.sampled_from([0, 1, 2, 29, 30, 59, 61]).map(lambda days: DAY + timedelta(days=days)),
        "late": st.sampled_from([True, False, None]),
        "colour": st.sampled_from(["red", "red", "blue", "green", "mauve", None]),
        "shape": st.sampled_from(["round", "round", "round", "square", None]),
        "size": st.sampled_from([None, -1.0, -0.0, 0.0, 2.5, 10.0, 11.0]),
        "a": st.sampled_from([None, 0, 1, 2, 3]),
        "b": st.sampled_from([None, 0.0, 0.5, 1.0]),
        "total": st.sampled_from([None, 1.0, 2.5, 4.0]),
        "code": st.sampled_from([None, "ab", "12", "a1", "x", "long", "äb"]),
    }
)
SOUND = st.fixed_dictionaries(
    {
        **{name: st.none() for name in ("a", "b", "total")},
        "code": st.sampled_from([None, None, "ab", "12"]),
        "id": st.sampled_from(["k1", "k2", "k3"]),
        "at": st.sampled_from([1, 2]).map(lambda days: DAY + timedelta(days=days)),
        "late": st.booleans(),
        "colour": st.sampled_from(["red", "blue", "green"]),
        "shape": st.just("round"),
        "size": st.sampled_from([1.0, 2.0]),
    }
)


@st.composite
def tables(draw):
    """Rows in files; some are there twice, some files too."""
    rows = draw(st.lists(st.one_of(ROW, SOUND, SOUND), min_size=1, max_size=14))
    rows += [rows[at % len(rows)] for at in draw(st.lists(st.integers(0, 99), max_size=6))]
    files = draw(st.lists(st.sampled_from(["a.csv", "b.csv", "c/d.csv"]), min_size=len(rows), max_size=len(rows)))
    if draw(st.booleans()):
        rows, files = [*rows, *rows], [*files, *(f"again/{file}" for file in files)]
    seen = Counter()
    placed = []
    for r, file in zip(rows, files, strict=True):
        seen[file] += 1
        pending = r["at"] >= MOMENT.as_of - timedelta(days=1)
        placed.append({**r, "late": None if pending else r["late"], "_file": file, "_row": seen[file]})
    return placed


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=tables(),
    cuts=st.lists(st.integers(0, 40), max_size=5),
    duplicates=st.sampled_from(["error", "first", "last"]),
    unseen=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_the_fate_of_every_row_whatever_the_parts(rows, cuts, duplicates, unseen):
    columns = {**COLUMNS, "colour": {**COLUMNS["colour"], "unseen_at_most": unseen}}
    case = use_case(columns, RULES, duplicates=duplicates)
    expected = reference(rows, duplicates, unseen)
    with tempfile.TemporaryDirectory() as folder:
        whole = Table(Path(folder) / "whole").judged(case, rows)
        found = Table(Path(folder) / "parts").judged(case, rows, cuts)
        assert found.reasons() == {place: fate for place, fate in expected.items() if isinstance(fate, set)}
        absent = {p: fate for p, fate in expected.items() if isinstance(fate, str) and fate != "kept"}
        assert found.absent() == absent
        kept = [r for r in rows if expected[r["_file"], r["_row"]] == "kept"]
        rows_found = found.record.rows
        assert (rows_found.total, rows_found.kept) == (len(rows), len(kept))
        assert len(found.quarantine()) == rows_found.quarantined == len(found.reasons())
        assert {each.rule: each.rows for each in found.record.dropped} == Counter(absent.values())
        for of in ("rows", "quarantine", "absent", "broken", "dropped", "failed"):
            assert getattr(found.record, of) == getattr(whole.record, of)
        if found.validated is not None:
            snapshot = read_snapshot(found.store, "small", found.validated.snapshot).to_pylist()
            assert Counter(map(values, snapshot)) == Counter(map(values, kept))
            assert found.validated == whole.validated


@pytest.mark.parametrize("duplicates", ["error", "first", "last"])
def test_a_delivery_that_comes_twice_changes_nothing_but_the_count_of_copies(tmp_path, duplicates):
    rows = [row(number % 40, size=float(number % 3), _file="a.csv", _row=number) for number in range(60)]
    again = [{**each, "_file": "b.csv"} for each in rows]
    case = use_case({"size": {"type": "float"}}, duplicates=duplicates)
    once = Table(tmp_path / "once").judged(case, rows, [13]).validated
    twice = Table(tmp_path / "twice").judged(case, [*rows, *again], [13, 50, 51]).validated
    assert twice.snapshot == once.snapshot
    assert twice.rows.quarantined == once.rows.quarantined
    assert twice.rows.dropped == once.rows.dropped + 60


def test_rows_that_only_share_a_hash_are_not_taken_for_each_other():
    """Eight bytes say who may be alike; who is alike is said by the values: here all rows are given as suspects."""
    suspects = pa.table({"id": ["a", "A", "b", "a"], "n": [1, 1, 1, 1], "_file": ["x"] * 4, "_row": [1, 2, 3, 4]})
    (found,) = twins([Some(np.arange(4), suspects)], ["id"], last=False)
    standing = {place: (turn, twin) for place, turn, twin in zip(*found[:3], strict=True)}
    assert standing == {0: (1, 1), 1: (2, 2), 2: (3, 3), 3: (4, 1)}
    assert (found.best == found.worst).all()
    assert [places.tolist() for places in not_alone([Some(np.arange(4), suspects)], ["id"])] in ([[0, 3]], [[3, 0]])
