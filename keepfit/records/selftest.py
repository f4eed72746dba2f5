"""What a self-test found: of every planted fault whether it was caught and by what, and what became of a good model."""

from datetime import datetime
from typing import Literal

from keepfit.records.canonical import Record

FaultOutcome = Literal["caught", "passed", "not_guarded", "not_applicable"]


class FaultResult(Record, frozen=True, kw_only=True):
    """One planted fault.

    ``by`` is the gate or rule that caught it, with what it said as ``reason``; ``expected`` is what should catch it.
    ``not_guarded``: the YAML asks for nothing that could; ``advice`` says what to add. ``not_applicable``: there is
    nothing in this use case to plant it in. A bad model was judged in ``worlds`` and caught in ``caught_in`` of them.
    """

    fault: str
    kind: Literal["model", "data"]
    planted: str
    caught: bool
    by: str | None
    outcome: FaultOutcome
    reason: str
    expected: str
    advice: str = ""
    worlds: int = 1
    caught_in: int = 0


class GoodModel(Record, frozen=True, kw_only=True):
    """A model that is right by construction, judged beside an equal one in ``seeds`` worlds.

    ``rate`` is the share of worlds in which it was refused, ``stated`` how often a gate may at most refuse a model that
    meets it, ``at_most`` how many refusals by one gate chance explains at that rate. ``refused_by`` counts them by
    gate, ``held_up_by`` those without enough evidence. ``called_better`` is how often the equal model
    was shown to be better.
    """

    ok: bool
    seeds: int
    passed: int
    undecided: int
    refused: int
    rate: float
    stated: float
    at_most: int
    refused_by: dict[str, int]
    held_up_by: dict[str, int]
    called_better: int


class Selftested(Record, frozen=True, kw_only=True):
    """What ``keepfit selftest --json`` answers; ``ok`` says that everything that the YAML's gates promise holds."""

    ok: bool
    use_case: str
    as_of: datetime
    rows: int
    candidate: str
    faults: tuple[FaultResult, ...]
    good: GoodModel
    not_guarded: tuple[str, ...]
