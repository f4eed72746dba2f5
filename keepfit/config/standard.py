"""What `gates: standard` asks, and the gates that no use case goes without.

No threshold is invented: margins are shares of what the model gains over the naive baseline on the same rows.
"""

from collections.abc import Mapping
from typing import Any

from keepfit.config.gate_values import ShareOfGain
from keepfit.config.gates import BetterThan, GateRule, Leakage, NotWorseThan, Parity

MARGIN = 0.2  # of the naive gain: four fifths of what the model is good for must be kept
PARITY = 1e-9  # an export does the same sums: more is a fault, not rounding


def default_metric(task: str) -> str:
    """The metric by which candidates are compared unless the use case says otherwise.

    >>> default_metric("binary"), default_metric("regression")
    ('log_loss', 'rmse')
    """
    return "rmse" if task == "regression" else "log_loss"


def standard_gates(metric: str, groups: tuple[str, ...]) -> tuple[GateRule, ...]:
    """The gates that `standard` stands for.

    Parameters
    ----------
    metric
        By which training chooses.
    groups
        The protected columns.

    Examples
    --------
    >>> [type(gate).__name__ for gate in standard_gates("log_loss", ("origin",))]
    ['BetterThan', 'NotWorseThan', 'BetterThan', 'Leakage', 'Parity']
    """
    margin = ShareOfGain(of_naive_gain=MARGIN)
    return (
        BetterThan(metric=metric, better_than="naive"),
        NotWorseThan(metric=metric, not_worse_than="champion", margin=margin),
        *(BetterThan(metric=metric, better_than="naive", by=column, if_unsure="warn") for column in groups),
        Leakage(leakage="none"),
        Parity(parity=PARITY),
    )


def meant_by(value: Any, known: Mapping[str, Any]) -> Any:
    """The gates of the YAML: ``standard`` written out, a list as it is; ``known`` are the sections that were valid."""
    if value != "standard":
        return value
    train, protected = known.get("train"), known.get("protected")
    metric = (train.optimize if train else None) or default_metric(known.get("task", ""))
    return standard_gates(metric, tuple(protected or ()))


def always(gates: tuple[GateRule, ...], metric: str) -> tuple[GateRule, ...]:
    """The gates with those that no model is spared: better than naive over all rows, and no leak."""
    naive = any(isinstance(gate, BetterThan) and gate.better_than == "naive" and gate.by is None for gate in gates)
    leakage = any(isinstance(gate, Leakage) for gate in gates)
    return (
        *gates,
        *(() if naive else (BetterThan(metric=metric, better_than="naive"),)),
        *(() if leakage else (Leakage(leakage="none"),)),
    )
