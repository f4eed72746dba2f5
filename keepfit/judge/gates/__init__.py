"""Every gate: a pure function from its declaration in the YAML and what was found to its results."""

from collections.abc import Callable, Mapping
from typing import Any

from keepfit.config import gates as kinds
from keepfit.judge.found import Found
from keepfit.judge.gates.absolute import at_least, at_most
from keepfit.judge.gates.better_than import better_than
from keepfit.judge.gates.calibration import calibration
from keepfit.judge.gates.difference import difference
from keepfit.judge.gates.latency import latency
from keepfit.judge.gates.leakage import leakage
from keepfit.judge.gates.not_worse_than import not_worse_than
from keepfit.judge.gates.parity import parity
from keepfit.judge.gates.ratio import ratio
from keepfit.judge.gates.size import size
from keepfit.judge.gates.stability import stability
from keepfit.records import GateResult

Judged = Callable[[Any, Found], tuple[GateResult, ...]]

JUDGED: Mapping[type[kinds.GateRule], Judged] = {
    kinds.AtLeast: at_least,
    kinds.AtMost: at_most,
    kinds.BetterThan: better_than,
    kinds.NotWorseThan: not_worse_than,
    kinds.Ratio: ratio,
    kinds.Difference: difference,
    kinds.Calibration: calibration,
    kinds.Leakage: leakage,
    kinds.Stability: stability,
    kinds.Parity: parity,
    kinds.SizeLimit: size,
    kinds.Latency: latency,
}
