"""Profiles: the same bytes however the rows are cut and ordered, bounded in size, and as exact as they say."""

import math
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepfit import profile as p
from keepfit.profile import exact, hashing
from keepfit.profile.exact import MOST_ROWS
from keepfit.records import canonical, parse

ODD = [math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, -5e-324, 1.7976931348623157e308, -1e308, 2.2e-308, 0.1, None]
TYPES = {
    "f": (pa.float64(), st.floats() | st.sampled_from(ODD)),
    "i": (pa.int64(), st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-(2**63), 2**63 - 1, 0, None])),
    "b": (pa.bool_(), st.booleans() | st.none()),
    "t": (pa.timestamp("us", tz="UTC"), st.integers(-(2**63) + 1, 2**63 - 1) | st.none()),
    "s": (pa.string(), st.text(max_size=9) | st.sampled_from(["", "x" * 201, "\0", "ß" * 200, None])),
}


def table(columns):
    return pa.table({name: pa.array(values, TYPES[name][0]) for name, values in columns.items()})


def tables(rows):
    return st.fixed_dictionaries({n: st.lists(each, min_size=rows, max_size=rows) for n, (_, each) in TYPES.items()})


def of(values, kind=None):
    return p.profiled(pa.table({"x": pa.array(values, kind)})).columns["x"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40).flatmap(tables), st.randoms(use_true_random=False))
def test_any_cut_and_any_order_of_the_rows_gives_the_same_bytes(columns, random):
    whole = table(columns)
    told = canonical(p.profiled(whole))
    assert parse(told, p.Profile) == p.profiled(whole)
    places = list(range(whole.num_rows))
    random.shuffle(places)
    mixed = whole.take(pa.array(places, pa.int64()))
    cuts = sorted(random.randint(0, whole.num_rows) for _ in range(3))
    ends = [0, *cuts, whole.num_rows]
    parts = [p.profiled(mixed.slice(a, b - a)) for a, b in pairwise(ends)]
    random.shuffle(parts)
    assert canonical(p.merged(parts)) == told
    assert canonical(p.merged([p.merged(parts[:2]), p.merged(parts[2:])])) == told


WIDE = {
    "normal": lambda rng, n: rng.normal(0, 1, n),
    "wide": lambda rng, n: rng.lognormal(0, 40, n) * rng.choice([-1, 1], n),
    "every double": lambda rng, n: np.nan_to_num(rng.integers(0, 2**64 - 1, n, np.uint64).view(np.float64), nan=0.0),
    "denormal": lambda rng, n: rng.integers(0, 5000, n) * 5e-324,
    "ids": lambda rng, n: rng.permutation(n) + 2**62,
    "on the border": lambda rng, n: rng.integers(0, 1025, n),
    "few large, many small": lambda rng, n: np.where(rng.random(n) < 0.001, 1e300, rng.random(n)),
    "texts": lambda rng, n: pa.array(rng.integers(0, 30_000, n)).cast(pa.string()),
    "long texts": lambda rng, n: pa.array(["x" * int(k) for k in rng.integers(0, 300, n)]),
    "times": lambda rng, n: pa.array(rng.integers(-(2**62), 2**62, n), pa.timestamp("us")),
}


@pytest.mark.parametrize("name", WIDE)
def test_many_values_are_the_same_bytes_in_any_parts_and_bounded(name):
    rng = np.random.default_rng(7)
    rows = 30_000
    whole = pa.table({"x": WIDE[name](rng, rows)})
    told = canonical(p.profiled(whole))
    assert len(told) < 100_000
    mixed = whole.take(pa.array(rng.permutation(rows)))
    cuts = [0, 1, 700, 1400, 2100, 9000, rows]
    parts = [p.profiled(mixed.slice(a, b - a)) for a, b in pairwise(cuts)]
    assert canonical(p.merged(parts[::-1])) == told
    by_one = p.merged([p.merged(parts[:3]), *parts[3:]])
    assert canonical(by_one) == told


def test_rows_beyond_what_is_looked_at_at_a_time():
    rows = MOST_ROWS + 10
    found = of(np.arange(rows, dtype=float))
    assert (found.rows, found.numbers.low, found.numbers.high) == (rows, 0.0, rows - 1.0)
    assert p.mean(found) == (rows - 1) / 2


@settings(max_examples=150, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=60))
def test_sums_of_doubles_are_exact(values):
    found = exact.sums(np.array(values, dtype=np.float64))
    assert found.total == sum(map(Fraction, values), Fraction(0))
    assert found.squares == sum((Fraction(v) ** 2 for v in values), Fraction(0))
    assert exact.read(exact.written(found.squares)) == found.squares


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=60))
def test_sums_of_whole_numbers_are_exact(values):
    found = exact.sums(np.array(values, dtype=np.int64))
    assert (found.total, found.squares) == (sum(values), sum(v * v for v in values))


def test_sums_are_exact_on_as_many_rows_as_are_looked_at_at_a_time():
    values = np.full(MOST_ROWS, 1.9999999999999998)
    assert exact.sums(values).squares == MOST_ROWS * Fraction(1.9999999999999998) ** 2
    extremes = np.full(MOST_ROWS, -(2**63), dtype=np.int64)
    assert exact.sums(extremes).squares == MOST_ROWS * 2**126


def test_mean_and_variance_do_not_cancel():
    found = of(1e9 + np.random.default_rng(0).normal(0, 1e-3, 5000))
    values = np.array(found.numbers.rows)
    assert values == 5000
    assert p.mean(found) == pytest.approx(1e9)
    assert p.variance(found) == pytest.approx(1e-6, rel=0.1)


@pytest.mark.parametrize("name", ["normal", "wide", "ids", "few large, many small", "on the border"])
def test_a_quantile_is_as_near_as_it_says(name):
    values = WIDE[name](np.random.default_rng(3), 20_000)
    found = of(values)
    error = p.quantile_error(found)
    assert error <= (0.25 if name == "wide" else 0.0040)
    for q in np.linspace(0, 1, 101):
        true = float(np.quantile(values, q, method="inverted_cdf"))
        assert abs(p.quantile(found, q) - true) <= abs(true) * error


def test_a_quantile_of_few_values_is_exact():
    found = of([3.25, 1.125, 2.0, None, math.nan])
    assert [p.quantile(found, q) for q in (0, 0.34, 0.5, 1)] == [1.125, 2.0, 2.0, 3.25]
    assert p.quantile_error(found) == 0
    assert p.share_missing(found) == 0.4


def test_small_whole_numbers_are_exact_also_in_a_histogram():
    values = np.concatenate([np.arange(-200, 200).repeat(3), np.arange(10**6, 10**6 + 2000)])
    found = of(values)
    assert found.numbers.many
    assert [p.quantile(found, q) for q in (0.05, 0.1)] == [-147.0, -94.0]
    true = np.quantile(values, [0.05, 0.1], method="inverted_cdf")
    assert true.tolist() == [-147.0, -94.0]


def test_the_number_of_distinct_values_is_exact_and_then_near():
    assert p.distinct(of(np.arange(1024))) == 1024
    assert p.distinct_error(of(np.arange(1024))) == 0
    off = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        true = int(rng.integers(1025, 50_000))
        values = rng.choice(2**60, true, replace=False)
        off.append(p.distinct(of(np.concatenate([values, values]))) / true - 1)
    assert np.std(off) < 1.5 * p.distinct_error(of(np.arange(5000)))
    assert abs(np.mean(off)) < 0.02


def test_texts_that_begin_alike_have_hashes_of_their_own():
    texts = pa.array([f"{'x' * (n % 40)}{n}" for n in range(20_000)] + ["", "\0", "\0\0"])
    hashes = hashing.of_texts(texts)
    assert len(set(hashes.tolist())) == len(texts)
    assert hashing.of_texts(texts.slice(5, 3)).tolist() == hashes[5:8].tolist()
    # Stable for ever: profiles of last year are compared with those of today.
    assert hex(hashing.of_texts(pa.array(["keepfit"]))[0]) == "0x403d565c925f1398"
    assert hex(hashing.of_numbers(np.array([1]))[0]) == hex(hashing.of_numbers(np.array([1.0]))[0])
    bits = np.unpackbits(hashes.view(np.uint8)).reshape(len(hashes), 64).mean(axis=0)
    assert abs(bits - 0.5).max() < 0.02


def test_what_is_said_of_values_and_days():
    whole = p.profiled(
        pa.table(
            {
                "c": ["b", "a", "b", None],
                "ok": [True, False, True, True],
                "at": pa.array([datetime(2020, 1, d, 23, tzinfo=UTC) for d in (1, 1, 3, 3)]),
                "l": [[1], [2], [], None],
                "none": pa.nulls(4),
                "_row": [1, 2, 3, 4],
            }
        )
    )
    columns = whole.columns
    assert list(columns) == ["at", "c", "l", "none", "ok"]
    assert [columns[name].kind for name in columns] == ["time", "text", "other", "null", "bool"]
    assert p.top(columns["c"]) == (("b", 2), ("a", 1))
    assert p.top(columns["ok"]) == (("true", 3), ("false", 1))
    assert p.mean(columns["ok"]) == 0.75
    assert p.rows_with(columns["c"], ["b", "q"]) == 2
    assert list(p.per_day(columns["at"])) == [(date(2020, 1, 1), 2), (date(2020, 1, 3), 2)]
    assert (columns["l"].rows, columns["l"].nulls) == (4, 1)
    assert math.isnan(p.mean(columns["c"]))
    assert math.isnan(p.quantile(columns["none"], 0.5))


def test_a_column_that_only_some_tables_have_or_that_changes_its_type():
    found = p.merged(p.profiled(pa.table(each)) for each in ({"n": [1, 2]}, {"n": [0.5]}, {"m": ["a"]}))
    assert (found.rows, found.columns["m"].rows) == (4, 1)
    assert (found.columns["n"].kind, found.columns["n"].numbers.table.values) == ("float", (0.5, 1.0, 2.0))
    mixed = p.merged([found, p.profiled(pa.table({"n": ["x"]}))]).columns["n"]
    assert (mixed.kind, mixed.rows) == ("mixed", 4)


def test_there_is_no_minus_zero():
    for values in ([0.0, -0.0], [-0.0, 0.0], [-0.0]):
        assert b"-0" not in canonical(of(values))
        assert str(of(values).numbers.low) == "0.0"
    assert hashing.of_numbers(np.array([-0.0])) == hashing.of_numbers(np.array([0.0]))


def test_infinite_numbers_are_counted_and_have_their_place():
    found = of([-math.inf, 1.0, 2.0, math.inf])
    assert (found.numbers.minus_infinity, found.numbers.infinity, found.nulls) == (1, 1, 0)
    assert [p.quantile(found, q) for q in (0, 0.5, 1)] == [-math.inf, 1.0, math.inf]
    assert math.isnan(p.mean(found))
