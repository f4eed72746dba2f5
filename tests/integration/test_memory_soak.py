"""Examples of more rows than memory holds are made in bounded memory."""

import numpy as np
import pyarrow as pa
import pytest

from keepfit.data.rows import ordered, running
from keepfit.data.stream import Stream
from tests.benchmarks.extract_memory import peak, write


def test_what_two_million_rows_take_is_bounded(tmp_path):
    """Sorting goes to the disk from about a million of these rows on, so that more rows take no more memory.

    What is promised is a gigabyte; how far below depends on which threads happen to hold a part at once.
    """
    write(tmp_path, 2_000_000, 2)
    found = peak(tmp_path, 2_000_000)
    assert found["peak"] < 1_000, found


@pytest.mark.soak
@pytest.mark.parametrize("query", [None, "select * from rows"], ids=["plain", "query"])
def test_ten_million_rows_take_less_than_a_gigabyte(tmp_path, query):
    write(tmp_path, 10_000_000, 10)
    found = peak(tmp_path, 10_000_000, query)
    assert found["peak"] < 1_000, found


def test_wide_tables_are_joined_and_sorted_too():
    """What DuckDB needs at least grows with the columns."""
    draw = np.random.default_rng(7)
    table = pa.table({f"f{number:03d}": pa.array(draw.random(40_000).astype(str)) for number in range(300)})
    with running("select * from wide", {"wide": table}) as rows:
        stream = Stream(rows.schema, lambda: rows.batches)
        with ordered(stream, ["f000"]) as result:
            assert sum(batch.num_rows for batch in result.batches) == table.num_rows
