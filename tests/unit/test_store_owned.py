"""Bytes for Arrow's threads: what they read, and that a process which ends while they do ends well."""

import subprocess
import sys

import pytest

from keepfit.store import owned

ENDING = """
import os, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from keepfit.store import owned

sink = pa.BufferOutputStream()
pq.write_table(pa.table({f"c{at}": np.random.rand(2000) for at in range(12)}), sink, compression="zstd")
packed = sink.getvalue().to_pybytes()
for _ in range(int(sys.argv[1])):
    pid = os.fork()
    if not pid:
        pq.ParquetFile(owned.reader(bytes(bytearray(packed)))).read(columns=["c1", "c2", "c3", "c4", "c5"])
        sys.exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code == 0, code
"""


def test_the_bytes_are_arrows_own_and_the_same():
    given = bytearray(b"one two")
    file = owned.reader(given)
    given[:3] = b"ten"
    assert file.read_buffer().to_pybytes() == b"one two"
    assert file.size() == 7


@pytest.mark.soak
def test_no_process_aborts_that_ends_right_after_it_has_read():
    ended = subprocess.run([sys.executable, "-c", ENDING, "3000"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
