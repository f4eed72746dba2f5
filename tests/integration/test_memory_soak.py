"""Examples of more rows than memory holds are made in bounded memory."""

import pytest

from tests.benchmarks.extract_memory import peak, write


def test_what_two_million_rows_take_is_bounded(tmp_path):
    """Sorting goes to the disk from about a million of these rows on, so that more rows take no more memory."""
    write(tmp_path, 2_000_000, 2)
    found = peak(tmp_path, 2_000_000)
    assert found["peak"] - found["imports"] < 740, found


@pytest.mark.soak
@pytest.mark.parametrize("query", [None, "select * from rows"], ids=["plain", "query"])
def test_ten_million_rows_take_less_than_a_gigabyte(tmp_path, query):
    write(tmp_path, 10_000_000, 10)
    found = peak(tmp_path, 10_000_000, query)
    assert found["peak"] < 1_000, found
