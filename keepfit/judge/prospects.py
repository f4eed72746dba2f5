"""What gates could see on the rows at hand, and how likely a good model is to pass them: a normal approximation."""

from typing import NamedTuple

from msgspec.structs import replace

from keepfit.config.gates import AtMost, BetterThan, Calibration, Difference, GateRule, NotWorseThan
from keepfit.config.model import UseCase
from keepfit.evaluate.bounds import t_quantile
from keepfit.judge.found import Found
from keepfit.judge.gates import OF_MAKING, OF_ROWS
from keepfit.records import Evaluated, GateResult, Prospect, Prospects

POWER = 0.8
_LOWER_IS_BETTER = (AtMost, Calibration, Difference)


class _Side(NamedTuple):
    """Of the bound that a pass needs: its standard error, and how many of them it is away from the value."""

    error: float
    reach: float


def prospects(use_case: UseCase, evaluated: Evaluated, version: int) -> Prospects:
    """Of every gate of the use case, judged on the figures of a version.

    A good model is as good as that version was measured to be, and, where ``not_worse_than`` compares, equal to the
    other one. Gates hang together, nobody knows how, so the chance that all pass lies between what is left when their
    failures exclude each other and the chance of the one that passes least often. Gates that only warn where they are
    unsure are left out of "all".
    """
    found = Found(evaluated)
    told = [(gate, each) for gate in use_case.gates for each in _of_gate(gate, found)]
    needed = [each for gate, each in told if (gate.if_unsure or use_case.if_unsure) == "block"]
    chances = [each.chance for each in needed if each.chance is not None]
    at_least = max(0.0, 1.0 - sum(1.0 - chance for chance in chances))
    return Prospects(
        version=version,
        rows=evaluated.rows,
        gates=tuple(each for _, each in told),
        at_least=at_least if chances else None,
        at_most=min(chances, default=None),
    )


def asked(use_case: UseCase) -> tuple[str, ...]:
    """Every gate in the words of verdicts, for a use case of which no version was measured yet."""
    return tuple(
        OF_MAKING[type(gate)].asked(gate) if type(gate) in OF_MAKING else _words(gate) for gate in use_case.gates
    )


def _words(gate: GateRule) -> str:
    nothing = Evaluated(
        confidence=0.5,
        clustered_by="row",
        rows=0,
        candidate={},
        naive={},
        champion={},
        champion_number=None,
        champion_digest=None,
        champion_rows=0,
        comparisons=(),
        curves=(),
        predictions="",
    )
    answer = OF_ROWS[type(gate)](gate, Found(nothing))[0]
    return f"{answer.gate} by {answer.by}" if answer.by else answer.gate


def _of_gate(gate: GateRule, found: Found) -> tuple[Prospect, ...]:
    if type(gate) in OF_MAKING:
        return (Prospect(gate=OF_MAKING[type(gate)].asked(gate)),)
    return tuple(_prospect(gate, answer) for answer in OF_ROWS[type(gate)](gate, found))


def _prospect(gate: GateRule, answer: GateResult) -> Prospect:
    side = _side(answer, lower_is_better=isinstance(gate, _LOWER_IS_BETTER))
    told = Prospect(gate=answer.gate, by=answer.by, group=answer.group, rows=answer.rows)
    if side is None:
        return replace(told, note=_why(answer))
    smallest = (side.reach + t_quantile(POWER, 1e9)) * side.error
    return replace(told, smallest=smallest, chance=_chance(gate, answer, side))


def _why(answer: GateResult) -> str:
    return "nothing to compare with yet" if answer.outcome == "skipped" else answer.reason


def _side(answer: GateResult, *, lower_is_better: bool) -> _Side | None:
    bound = answer.high if lower_is_better else answer.low
    if bound is None or answer.value is None or answer.threshold is None or answer.confidence is None:
        return None
    reach = t_quantile(answer.confidence, max(answer.clusters - 1.0, 1.0))
    return _Side(abs(answer.value - bound) / reach, reach)


def _chance(gate: GateRule, answer: GateResult, side: _Side) -> float | None:
    """How likely the bound clears the threshold, for a model that is as good as said."""
    from scipy.special import ndtr

    value, threshold = answer.value or 0.0, answer.threshold or 0.0
    if isinstance(gate, NotWorseThan):
        value = 0.0
    if isinstance(gate, BetterThan) and gate.better_than == "champion" and value <= 0:
        return None
    away = threshold - value if isinstance(gate, _LOWER_IS_BETTER) else value - threshold
    if side.error == 0:
        return float(away > 0 or (away == 0 and not isinstance(gate, BetterThan)))
    return float(ndtr(away / side.error - side.reach))
