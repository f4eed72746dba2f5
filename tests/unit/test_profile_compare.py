"""How far two profiles are apart: against the formulas on the rows themselves, and under what chance does."""

import math

import numpy as np
import pyarrow as pa
import pytest

from keepfit import profile as p
from keepfit.profile.compare import bins


def of(values, kind=None):
    return p.profiled(pa.table({"x": pa.array(values, kind)})).columns["x"]


def rng(seed=0):
    return np.random.default_rng(seed)


def test_psi_is_that_of_the_rows_in_tenths_of_the_reference():
    before, now = rng(1).normal(0, 1, 20_000), rng(2).normal(0.5, 1.2, 20_000)
    edges = np.quantile(before, np.arange(1, 10) / 10)
    a, b = ((np.bincount(np.searchsorted(edges, x), minlength=10) + 0.5) / (len(x) + 5) for x in (before, now))
    assert p.psi(of(before), of(now)) == pytest.approx(np.sum((a - b) * np.log(a / b)), rel=0.03)


def test_psi_of_categories_is_exact():
    before, now = of(["a"] * 60 + ["b"] * 40), of(["a"] * 20 + ["b"] * 70 + ["c"] * 10)
    q = (np.array([60, 40, 0]) + 0.5) / 101.5
    r = (np.array([20, 70, 10]) + 0.5) / 101.5
    assert p.psi(before, now) == pytest.approx(np.sum((q - r) * np.log(q / r)))


@pytest.mark.parametrize("kind", ["numbers", "few numbers", "texts", "many texts"])
def test_chance_alone_is_beyond_its_bound_once_in_a_thousand_times(kind):
    draw = {
        "numbers": lambda r, n: of(r.lognormal(0, 1, n)),
        "few numbers": lambda r, n: of(r.integers(0, 7, n)),
        "texts": lambda r, n: of(r.choice(["a", "b", "c", "d"], n)),
        "many texts": lambda r, n: of(pa.array(r.integers(0, 10**6, n)).cast(pa.string())),
    }[kind]
    rows = 3000
    beyond = 0
    for seed in range(300):
        a, b = draw(rng(seed), rows), draw(rng(10_000 + seed), rows)
        beyond += p.psi(a, b) > p.psi_by_chance(a, b)
    assert beyond <= 3


def test_jensen_shannon_is_symmetric_and_between_nothing_and_all():
    a, b, c = of(rng(1).normal(0, 1, 5000)), of(rng(2).normal(0, 1, 5000)), of(rng(3).normal(50, 1, 5000))
    assert p.jensen_shannon(a, b) == p.jensen_shannon(b, a) < 0.01
    assert p.jensen_shannon(a, c) == pytest.approx(1, abs=0.01)
    assert p.jensen_shannon(of(["x"]), of(["y"])) == 1


def test_what_cannot_be_compared_is_nan_and_is_not_alike():
    numbers, texts, nothing = of([1, 2]), of(["1", "2"]), of([])
    for a, b in ((numbers, texts), (numbers, nothing), (texts, numbers)):
        assert math.isnan(p.psi(a, b))
        assert math.isnan(p.jensen_shannon(a, b))
        assert p.likeness(a, b) == 0


def test_a_column_that_became_empty_is_far_from_what_it_was():
    full, empty = of(np.arange(1000) * 0.5), of(pa.nulls(1000, pa.float64()))
    assert p.psi(full, empty) > 5
    assert p.jensen_shannon(full, empty) == 1


def test_infinite_numbers_and_missing_ones_have_bins_of_their_own():
    before, now = of([1.0] * 90 + [None] * 10), of([1.0] * 50 + [math.inf] * 40 + [None] * 10)
    found = bins(before, now)
    assert (found.a.tolist(), found.b.tolist()) == ([90, 0, 10], [50, 40, 10])
    assert p.psi(before, now) > 0.2


def test_a_number_that_all_rows_had_is_apart_from_what_is_below_and_above():
    before = of([5] * 1000)
    for now in (4, 6):
        assert p.psi(before, of([now] * 1000)) > 5
    assert p.psi(before, of([5] * 1000)) == 0


def test_a_table_and_a_histogram_of_the_same_numbers_agree():
    values = rng(4).integers(0, 5000, 30_000)
    few = values[values < 1000]
    assert of(few).numbers.table
    assert of(values).numbers.many
    assert p.psi(of(few), of(values[values < 1500])) > 0.2
    assert p.psi(of(few), of(np.concatenate([few, [10**6] * 1]))) < 0.01
    assert p.jensen_shannon(of(few), of(np.concatenate([few, np.arange(5000, 5100)]))) < 0.02


def columns(seed, rows=4000):
    r = rng(seed)
    return {
        "distance": of(r.lognormal(6.5, 0.7, rows)),
        "hour": of(r.integers(5, 24, rows)),
        "minute": of(r.integers(0, 60, rows)),
        "carrier": of(r.choice(["AA", "UA", "DL", "B6"], rows, p=[0.4, 0.3, 0.2, 0.1])),
        "origin": of(r.choice(["EWR", "JFK", "LGA"], rows)),
        "tail": of(pa.array([f"N{n}AA" for n in r.integers(0, 4000, rows)])),
        "note": of(pa.array(["x" * int(n) for n in r.integers(10, 80, rows)])),
        "late": of(r.random(rows) < 0.2),
        "mostly empty": of(pa.array(r.normal(0, 1, rows), mask=r.random(rows) < 0.9)),
    }


def test_a_renamed_column_is_the_one_most_like_it():
    before, now = columns(1), columns(2)
    for name, column in now.items():
        alike = {other: p.likeness(before[other], column) for other in before}
        assert max(alike, key=alike.get) == name
        assert alike[name] > 0.9
        assert sorted(alike.values())[-2] < 0.75, alike
    assert p.likeness(before["tail"], now["note"]) == p.likeness(now["note"], before["tail"])


def test_times_are_alike_by_their_span():
    day = 86_400_000_000
    january, february, year = (
        of(np.arange(start * day, end * day, day), pa.timestamp("us")) for start, end in ((0, 31), (31, 59), (0, 365))
    )
    far = of(np.arange(900 * day, 930 * day, day), pa.timestamp("us"))
    assert p.likeness(january, february) > 0.85
    assert p.likeness(january, year) < 0.1
    assert p.likeness(january, far) == 0


@pytest.mark.parametrize("beyond", [1000.0, -1000.0])
def test_numbers_beyond_an_end_at_which_many_rows_are_are_told_from_it(beyond):
    """A cap, or a floor, that is gone: none of ten bins with equal shares shows it."""
    values = np.random.default_rng(1).normal(0, 1, 5000)
    capped = np.minimum(values, 1.0) if beyond > 0 else np.maximum(values, -1.0)
    gone = np.where(np.abs(capped) == 1, beyond, capped)
    before, after = of(capped), of(gone)
    assert p.psi(before, before) == 0
    assert p.psi(before, after) > 0.25 > p.psi_by_chance(before, after)
    steady = of(values)  # of no number many rows: one that is larger is nothing new
    assert p.psi(steady, of([*values, beyond])) < p.psi_by_chance(steady, steady)
