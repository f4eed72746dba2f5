"""How releases speak of versions, champions and verdicts."""

from keepfit.records import Fold, GateResult, Seat, Verdict


def name_of(seat: Seat | None) -> str:
    """A version in words.

    >>> name_of(Seat(number=3, digest="…")), name_of(None)
    ('version 3', 'no champion')
    """
    return f"version {seat.number}" if seat else "no champion"


def number_of(seat: Seat | None) -> int | None:
    """A version's number."""
    return seat.number if seat else None


def is_stale(verdict: Verdict, fold: Fold) -> bool:
    """Whether the verdict compares with another champion than the one to compare with now."""
    return verdict.champion != (fold.last_champion.digest if fold.last_champion else None)


def anchor_of(verdict: Verdict, fold: Fold) -> dict[str, str]:
    """Whether what creep is measured against is this version from now on, and why."""
    if fold.last_champion is None:
        return {"anchor": "the first champion"}
    return {"anchor": "shown to be better than the anchor before it"} if verdict.beats_anchor else {}


def blocked(verdict: Verdict) -> str:
    """The outcome, and the gates that made it so; their reasons are in the verdict."""
    open_too = verdict.outcome != "fail"
    told = (gate for gate in verdict.gates if gate.outcome == "fail" or (open_too and gate.outcome != "pass"))
    gates = [_asked(gate) for gate in told if gate.blocks]
    words = verdict.outcome.replace("_", " ")
    return f"{words} on {', '.join(gates)}" if gates else words


def _asked(gate: GateResult) -> str:
    return f"{gate.gate} for {gate.by} {gate.group}" if gate.by and gate.group else gate.gate
