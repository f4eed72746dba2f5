"""From what a source says to what the contract says: names, codes, units, formats, by period of the source's history.

Nothing is guessed: a cell that does not fit refuses its row alone, which keeps its raw values and every reason.
"""

from keepfit.data.mapping.mapped import Parsed, by_element, by_period, direct, mapped, readings, typed
from keepfit.data.mapping.options import Options, Period, Reading, options
from keepfit.data.mapping.periods import called

__all__ = [
    "Options",
    "Parsed",
    "Period",
    "Reading",
    "by_element",
    "by_period",
    "called",
    "direct",
    "mapped",
    "options",
    "readings",
    "typed",
]
