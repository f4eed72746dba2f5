"""What counts as the same row, the same entity, the same key: by values alone, and by nothing less."""

import struct

import numpy as np
import pyarrow as pa
import pytest

from keepfit.split import key_places, row_hashes
from keepfit.split.hashes import column_hashes


def same(first, second):
    """Whether two rows (mappings of column to a value) are the same."""
    table = pa.table({name: pa.array([first[name], second[name]]) for name in first})
    one, other = row_hashes(table, first)
    return one == other


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"x": 1.0, "y": 2.0}, {"x": 2.0, "y": 1.0}),
        ({"x": 3.0, "y": 3.0}, {"x": 4.0, "y": 4.0}),
        ({"x": "a", "y": "b"}, {"x": "b", "y": "a"}),
        ({"x": "", "y": "a"}, {"x": None, "y": "a"}),
        ({"x": None, "y": 0.0}, {"x": 0.0, "y": None}),
        ({"x": [1.0, 2.0]}, {"x": [2.0, 1.0]}),
        ({"x": [1.0]}, {"x": [1.0, 1.0]}),
        ({"x": [1.0, 2.0]}, {"x": [1.0, 3.0]}),
        ({"x": True}, {"x": False}),
    ],
)
def test_rows_that_differ_anywhere_are_told_apart(first, second):
    assert same(first, first)
    assert not same(first, second)


def test_the_order_in_which_columns_are_named_does_not_matter():
    table = pa.table({"x": [1.0, 2.0], "y": ["a", "b"], "z": [True, None]})
    assert row_hashes(table, ["x", "y", "z"]).tolist() == row_hashes(table, ["z", "x", "y"]).tolist()


def test_equal_values_are_equal_however_they_are_held():
    odd = struct.unpack("<d", struct.pack("<Q", 0xFFF8000000000123))[0]  # another of the many NaN
    missing = column_hashes(pa.chunked_array([pa.array([None, float("nan"), odd], pa.float64())]))
    assert len(set(missing.tolist())) == 1
    assert len(set(column_hashes(pa.chunked_array([[0.0, -0.0]])).tolist())) == 1
    whole, floats = (column_hashes(pa.chunked_array([pa.array([1, 2], kind)])) for kind in (pa.int32(), pa.float64()))
    assert whole.tolist() == floats.tolist()
    texts = pa.chunked_array([["a", None, "b"], ["b", "a"]])
    coded = pa.chunked_array([chunk.dictionary_encode() for chunk in texts.chunks])
    assert column_hashes(texts).tolist() == column_hashes(coded).tolist()
    assert column_hashes(texts)[0] == column_hashes(texts)[4] != column_hashes(texts)[1]


def test_keys_of_several_columns_do_not_run_together():
    table = pa.table({"a": ["x1", "x"], "b": ["2", "12"]})
    assert len(set(key_places(table, ["a", "b"]).tolist())) == 2
    assert np.all(key_places(table, ["a", "b"]) < 1)
