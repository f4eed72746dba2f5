"""Memory that is free goes back to the system when it is asked to."""

import subprocess
import sys

import pytest

ONE_THAT_STAYS_BEHIND_MANY = """
from pathlib import Path
from keepfit.data import give_back

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) * 1024

many = [b"x" * (64 << 10) for _ in range(2000)]
last = many.pop()
many.clear()
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems give back by themselves")
def test_what_was_freed_before_something_that_stays_is_given_back():
    run = subprocess.run([sys.executable, "-c", ONE_THAT_STAYS_BEHIND_MANY], capture_output=True, text=True, check=True)
    assert int(run.stdout) > 100 << 20
