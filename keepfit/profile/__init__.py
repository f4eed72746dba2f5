"""Statistics of a table that can be added up: per part, per file or per day, in whatever order.

Guarantees: a profile depends on the rows and on nothing else (any partition of them, in any order, gives the same
bytes); its size is bounded whatever the data; NaN is no value. Up to 1,024 distinct values of a column everything is
exact. Beyond, rows, sums, mean, variance, minimum and maximum still are, and what is not says how far off it can be.
"""

from keepfit.profile.compare import jensen_shannon, likeness, psi, psi_by_chance
from keepfit.profile.make import merged, profiled
from keepfit.profile.read import (
    distinct,
    distinct_error,
    first_and_last,
    mean,
    per_day,
    quantile,
    quantile_error,
    rows_with,
    share_missing,
    table_of,
    top,
    total,
    variance,
)
from keepfit.profile.shape import ColumnProfile, Histogram, Numbers, Profile, Texts, Times, ValueCounts

__all__ = [
    "ColumnProfile",
    "Histogram",
    "Numbers",
    "Profile",
    "Texts",
    "Times",
    "ValueCounts",
    "distinct",
    "distinct_error",
    "first_and_last",
    "jensen_shannon",
    "likeness",
    "mean",
    "merged",
    "per_day",
    "profiled",
    "psi",
    "psi_by_chance",
    "quantile",
    "quantile_error",
    "rows_with",
    "share_missing",
    "table_of",
    "top",
    "total",
    "variance",
]
