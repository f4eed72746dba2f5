"""Every kept column in one line: for the report, not for a decision."""

from collections.abc import Mapping

from keepfit.profile import ColumnProfile, Profile, distinct, quantile, top
from keepfit.records import ColumnSummary, finite


def summaries(profile: Profile, kinds: Mapping[str, str]) -> tuple[ColumnSummary, ...]:
    """One summary a column: numbers by minimum, median and maximum, categories by their commonest values."""
    return tuple(_summary(name, kind, profile.columns[name]) for name, kind in kinds.items())


def _summary(name: str, kind: str, column: ColumnProfile) -> ColumnSummary:
    number = kind in {"int", "float"} and column.numbers is not None
    low, median, high = (finite(quantile(column, q)) for q in (0, 0.5, 1)) if number else (None, None, None)
    return ColumnSummary(
        name=name,
        type=kind,
        missing=column.nulls,
        distinct=distinct(column),
        low=low,
        median=median,
        high=high,
        top=tuple((value[:60], rows) for value, rows in top(column)) if kind in {"category", "bool"} else (),
    )
