"""An hour of hostile bytes (``KEEPFIT_FUZZ_SECONDS`` says how long) finds no crash and no foreign exception."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FUZZER = Path(__file__).with_name("fuzz_readers.py")


@pytest.mark.soak
def test_hostile_bytes_crash_no_reader(tmp_path):
    seconds = int(os.environ.get("KEEPFIT_FUZZ_SECONDS", "3600"))
    words = [sys.executable, str(FUZZER), f"-max_total_time={seconds}", str(tmp_path / "corpus")]
    done = subprocess.run(words, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=seconds + 300)
    assert done.returncode == 0, done.stderr[-4000:]
    assert not [path.name for path in tmp_path.iterdir() if path.name != "corpus"]
    runs = re.search(r"Done (\d+) runs", done.stderr)
    assert runs
    assert int(runs[1]) > 10 * seconds
