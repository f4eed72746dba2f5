"""Columns that together are unique, beside the key; which rows share them is found over all parts."""

from keepfit.config.row_rules import Unique


def words(rule: Unique) -> str:
    """The rule as people read it.

    >>> words(Unique(unique=("origin", "flight", "day")))
    'other rows have this origin, flight, day'
    """
    return f"other rows have this {', '.join(rule.unique)}"
