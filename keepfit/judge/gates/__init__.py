"""Every gate: a pure function from its declaration in the YAML, and from what was found out, to its results."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from keepfit.config import gates as kinds
from keepfit.judge.found import Found, Made
from keepfit.judge.gates import latency, leakage, parity, size, stability
from keepfit.judge.gates.absolute import at_least, at_most
from keepfit.judge.gates.better_than import better_than
from keepfit.judge.gates.calibration import calibration
from keepfit.judge.gates.difference import difference
from keepfit.judge.gates.not_worse_than import not_worse_than
from keepfit.judge.gates.ratio import ratio
from keepfit.records import GateResult


class Making(NamedTuple):
    """A gate on how a model was made: its words, and its function."""

    asked: Callable[[Any], str]
    judged: Callable[[Any, Made], tuple[GateResult, ...]]


OF_ROWS: Mapping[type[kinds.GateRule], Callable[[Any, Found], tuple[GateResult, ...]]] = {
    kinds.AtLeast: at_least,
    kinds.AtMost: at_most,
    kinds.BetterThan: better_than,
    kinds.NotWorseThan: not_worse_than,
    kinds.Ratio: ratio,
    kinds.Difference: difference,
    kinds.Calibration: calibration,
}
OF_MAKING: Mapping[type[kinds.GateRule], Making] = {
    kinds.Leakage: Making(leakage.asked, leakage.leakage),
    kinds.Stability: Making(stability.asked, stability.stability),
    kinds.Parity: Making(parity.asked, parity.parity),
    kinds.SizeLimit: Making(size.asked, size.size),
    kinds.Latency: Making(latency.asked, latency.latency),
}
