"""Every promise of the ledger, the registry and the release on a directory, whatever two clients do to it."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from history_machine import histories
from hypothesis import HealthCheck, settings

from keepfit.store import Directory


@contextmanager
def directory():
    with tempfile.TemporaryDirectory() as folder:
        yield lambda: Directory(Path(folder))


Histories = histories(directory)
USUAL = settings(
    max_examples=30, stateful_step_count=10, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)

TestHistories = Histories.TestCase
TestHistories.settings = USUAL


@pytest.mark.soak
class TestManyHistories(Histories.TestCase):
    settings = settings(USUAL, max_examples=1_000, stateful_step_count=30)
