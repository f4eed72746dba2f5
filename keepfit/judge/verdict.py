"""The verdict: the results of all gates, folded into one outcome."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from keepfit.config.gates import Gate
from keepfit.config.model import UseCase
from keepfit.judge.gates import judge_gate
from keepfit.records import Evaluated, GateResult, Measured, Outcome, Verdict


def judge(use_case: UseCase, evaluated: Evaluated, measured: Measured, version: str, as_of: datetime) -> Verdict:
    """Every gate of the use case on what was measured.

    Parameters
    ----------
    use_case
        Its gates (the loader sees to it that one is against the naive baseline), and what an undecided one does.
    evaluated, measured
        What the gates read.
    version
        The digest of the version that this verdict is about; no other may be released by it.
    as_of
        The moment of the run.
    """
    results = tuple(_gate(gate, use_case, evaluated, measured) for gate in use_case.gates)
    return Verdict(
        outcome=overall(results), version=version, champion=evaluated.champion_digest, as_of=as_of, gates=results
    )


def _gate(gate: Gate, use_case: UseCase, evaluated: Evaluated, measured: Measured) -> GateResult:
    result = judge_gate(gate, evaluated, measured)
    warn_only = (gate.if_unsure or use_case.if_unsure) == "warn"
    if result.outcome == "not_enough_evidence" and warn_only:
        return msgspec.structs.replace(
            result, blocks=False, reason=f"{result.reason}; a warning only (if_unsure: warn)"
        )
    return result


def overall(results: Iterable[GateResult]) -> Outcome:
    """One outcome of many: a fail decides; then what blocks; a pass needs at least one gate that passed."""
    results = tuple(results)
    outcomes = {result.outcome for result in results}
    if "fail" in outcomes:
        return "fail"
    if "pass" not in outcomes or any(result.blocks for result in results):
        return "not_enough_evidence"
    return "pass"
