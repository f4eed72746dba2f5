"""``expect_quantile_to_be_between``."""

import math
from collections.abc import Mapping
from typing import Any

from keepfit.profile import quantile, quantile_error
from keepfit.validate.expect.facts import NO_VALUE, Facts, Seen, between, seen, words


def expect_quantile(facts: Facts, arguments: Mapping[str, Any]) -> Seen:
    """Whether a quantile is within the limits, by the sketch of the profile."""
    column = facts.profile.columns[arguments["column"]]
    value, error = quantile(column, arguments["quantile"]), quantile_error(column)
    if math.isnan(value):
        return seen(False, NO_VALUE if column.nulls == column.rows else "there are no numbers")
    within = f" (±{error:.1%} of it)" if error else ""
    return seen(between(value, arguments), f"{words(value)}{within}")
