"""What an estimator learns from is what a server will show it, however it is laid out in memory."""

import numpy as np
import pytest
from scipy.sparse import issparse

from keepfit import features
from keepfit.features import Levels
from keepfit.train.matrix import matrix_for

ROWS = 40_000  # more than two slices


@pytest.fixture
def columns():
    random = np.random.default_rng(3)
    numbers = random.normal(size=ROWS)
    numbers[::7] = np.nan
    times = np.datetime64("2013-03-09T00:00", "us") + random.integers(0, 10**12, ROWS).astype("timedelta64[us]")
    codes = random.integers(-1, 3, ROWS).astype(np.int32)
    return {"temp": numbers, "origin": Levels(codes, ("EWR", "JFK", "LGA")), "time_hour": times}


WANTED = {"temp": ("number",), "origin": ("category",), "time_hour": ("hour", "day_of_year")}


def test_logistic_regression_learns_from_the_very_numbers_that_it_is_asked_with(columns):
    encoding = features.fit("dense", WANTED, columns, "America/New_York")

    matrix = matrix_for("sparse", encoding, columns)

    assert issparse(matrix)
    np.testing.assert_array_equal(matrix.toarray(), features.transform(encoding, columns))


@pytest.mark.parametrize("form", ["dense", "codes"])
def test_other_candidates_get_plain_numbers(columns, form):
    encoding = features.fit(form, WANTED, columns, "America/New_York")

    matrix = matrix_for(form, encoding, columns)

    np.testing.assert_array_equal(matrix, features.transform(encoding, columns))
    assert isinstance(matrix, np.ndarray)


def test_no_rows_make_an_empty_matrix(columns):
    encoding = features.fit("dense", WANTED, columns, "UTC")

    matrix = matrix_for("sparse", encoding, features.slice_rows(columns, slice(0, 0)))

    assert matrix.shape == (0, features.transform(encoding, columns).shape[1])
