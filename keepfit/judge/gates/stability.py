"""``stability``: the winner's losses on the validation folds are close to each other.

A description, not a test: folds are few, and their training rows overlap, so there is no honest interval for it.
"""

from msgspec.structs import replace

from keepfit.config.gates import Stability
from keepfit.judge.found import Made
from keepfit.judge.question import Question, result
from keepfit.judge.wording import number
from keepfit.records import GateResult, Trained, Trial


def asked(gate: Stability) -> str:
    """The gate in words."""
    return f"stability {number(gate.stability, 12)}"


def stability(gate: Stability, made: Made) -> tuple[GateResult, ...]:
    """The worst fold less the best, as a share of their mean, is no more than the limit."""
    limit = number(gate.stability, 12)
    question = Question(asked(gate), gate.stability, higher_is_better=False, passed="", failed="", unsure="")
    winner = winner_of(made.trained)
    folds = [loss for loss in winner.folds if loss is not None] if winner else []
    if winner is None or len(folds) < len(winner.folds):
        return (result(question, "fail", "the winner has no loss on some validation fold"),)
    if len(folds) < 2:
        return (result(question, "not_enough_evidence", "there are fewer than two validation folds"),)
    apart = spread(folds)
    losses = ", ".join(number(loss) for loss in folds)
    within = apart <= gate.stability
    said = "within" if within else "more than"
    reason = f"losses on the validation folds {losses}: {number(apart)} of their mean apart, {said} {limit}"
    answer = result(question, "pass" if within else "fail", reason)
    return (replace(answer, value=min(apart, 1e300), rows=made.trained.rows),)


def winner_of(trained: Trained) -> Trial | None:
    """The trial that was fitted on everything, on full folds."""
    chosen = [
        each
        for each in trained.trials
        if (each.candidate, each.settings) == (trained.candidate, trained.settings) and each.share == 1.0
    ]
    return chosen[0] if chosen else None


def spread(losses: list[float]) -> float:
    """How far losses are apart, as a share of the size of their mean.

    >>> round(spread([0.5, 0.6, 0.55]), 3)
    0.182
    """
    apart, mean = max(losses) - min(losses), abs(sum(losses) / len(losses))
    return apart / mean if mean > 0 else (0.0 if apart == 0 else float("inf"))
