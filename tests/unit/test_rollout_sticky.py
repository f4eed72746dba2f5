"""Who meets the challenger: its share of keys, the same ones in every process."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from keepfit.serving.rollout.sticky import chosen

KEYS = st.dictionaries(st.sampled_from(["id", "day", "x"]), st.text(max_size=20) | st.integers() | st.none())
SHARES = (0.01, 0.1, 0.5, 0.9)
PROGRAM = """
import json, sys
from keepfit.serving.rollout.sticky import chosen
print(json.dumps([chosen(record, ["id"], "digest", 0.3) for record in json.load(sys.stdin)]))
"""


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("digest", ["one", "other"])
def test_a_canary_gets_its_share_of_keys(share, digest):
    count = 20_000
    met = sum(chosen({"id": f"customer {number}"}, ["id"], digest, share) for number in range(count))
    low, high = binom.interval(1 - 1e-6, count, share)
    assert low <= met <= high


def test_each_version_has_other_keys():
    both = [[chosen({"id": n}, ["id"], digest, 0.5) for digest in "ab"] for n in range(2000)]
    assert 900 < sum(one == other for one, other in both) < 1100


@given(KEYS, st.integers(), st.integers())
def test_only_the_key_counts_where_it_is_there(record, one, other):
    record = {name: value for name, value in record.items() if value is not None}
    same = chosen(record | {"x": one}, ["id", "day"], "d", 0.5) == chosen(
        record | {"x": other}, ["id", "day"], "d", 0.5
    )
    assert same or not {"id", "day"} <= set(record)


@given(KEYS, st.sampled_from(SHARES), st.sampled_from(SHARES))
def test_who_meets_a_small_share_meets_a_larger_one_too(record, one, other):
    small, large = sorted((one, other))
    assert chosen(record, ["id"], "d", small) <= chosen(record, ["id"], "d", large)


def test_a_record_without_a_key_is_its_own():
    records = [{"x": n, "at": datetime(2024, 5, 1, tzinfo=UTC)} for n in range(2000)]
    met = [chosen(record, ["id"], "d", 0.5) for record in records]
    assert 900 < sum(met) < 1100
    assert met == [chosen(dict(reversed(record.items())), ["id"], "d", 0.5) for record in records]


def test_every_process_chooses_the_same():
    records = [{"id": number} if number % 3 else {"x": number / 7, "y": None} for number in range(300)]
    here = [chosen(record, ["id"], "digest", 0.3) for record in records]
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], input=json.dumps(records), capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        )  # fmt: skip
        assert json.loads(done.stdout) == here
