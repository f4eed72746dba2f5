"""The rules across columns, one small file each: its words, and a pure function that says which rows break it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keepfit.config.row_rules import AtLeastOne, Compare, RowRule, Sum, Together, Unique, When, columns_of
from keepfit.validate.faults import Fault, Rule
from keepfit.validate.rules import at_least_one, compare, together, total, unique, when

if TYPE_CHECKING:
    import pyarrow as pa

_WORDS: Mapping[type[RowRule], Callable[[Any], str]] = {
    Compare: compare.words,
    Sum: total.words,
    Together: together.words,
    AtLeastOne: at_least_one.words,
    When: when.words,
    Unique: unique.words,
}
_BROKEN: "Mapping[type[RowRule], Callable[[pa.Table, Any], pa.ChunkedArray]]" = {
    Compare: compare.broken,
    Sum: total.broken,
    Together: together.broken,
    AtLeastOne: at_least_one.broken,
    When: when.broken,
}


def named(rules: Sequence[RowRule]) -> dict[Rule, RowRule]:
    """The rules by their names, in the order of the YAML.

    >>> [name.reason for name in named([Together(together=("lat", "lon"))])]
    ['lat, lon together or not at all']
    """
    return {
        Rule(None, f"rules[{place}]", _WORDS[type(rule)](rule), tuple(columns_of(rule).values())): rule
        for place, rule in enumerate(rules)
    }


def row_faults(table: "pa.Table", rules: Mapping[Rule, RowRule]) -> Iterator[Fault]:
    """Every row that breaks a rule by itself, whatever other rows hold."""
    import pyarrow.compute as pc

    for name, rule in rules.items():
        if type(rule) in _BROKEN:
            found = pc.fill_null(_BROKEN[type(rule)](table, rule), False).to_numpy(zero_copy_only=False)
            if found.any():
                yield Fault(name, np.flatnonzero(found))
