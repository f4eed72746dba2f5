"""Bad models and a good one before the gates, in many worlds: what caught each, and what became of the good one."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from keepfit.config.gates import NotWorseThan
from keepfit.config.model import UseCase
from keepfit.records import FaultOutcome, FaultResult, GateResult, GoodModel, Verdict
from keepfit.selftest.bench import Bench
from keepfit.selftest.chance import at_most
from keepfit.selftest.model_faults import ModelFault, model_faults
from keepfit.selftest.world import verdict, world

COPY = "copy_of_champion"
ANCHOR = "the anchor of creep"


class Caught(NamedTuple):
    """What caught a model in one world, its own gate first, and what that said."""

    by: str
    reason: str
    own: bool


SILENT = Caught("", "", own=False)


class Judged(NamedTuple):
    """The good model and every bad one in one world; None: nothing caught it."""

    good: Verdict
    bad: tuple[Caught | None, ...]
    guarded: tuple[bool, ...]


def plant_models(bench: Bench, seeds: int, tell: Callable[[str], None]) -> tuple[tuple[FaultResult, ...], GoodModel]:
    """Judge every bad model and a good one in so many worlds.

    Parameters
    ----------
    seeds : how many worlds; each has labels of its own.
    tell : hears how far it is.
    """
    tell("make bad models")
    faults = tuple(model_faults(bench))
    planted = [fault for fault in faults if fault.plant is not None]
    judged = []
    for seed in range(seeds):
        tell(f"world {seed + 1} of {seeds}")
        judged.append(_judged(bench, planted, seed))
    places = {fault.name: place for place, fault in enumerate(planted)}
    told = (
        _result(fault, judged, places[fault.name]) if fault.name in places else _not_made(fault) for fault in faults
    )
    return tuple(told), good_model(bench, [each.good for each in judged])


def _judged(bench: Bench, faults: Sequence[ModelFault], seed: int) -> Judged:
    here = world(bench, seed)
    good = verdict(bench, here, here.good)
    caught: list[Caught | None] = []
    guarded = []
    for number, fault in enumerate(faults):
        if fault.plant is None:
            continue
        plant = fault.plant(here, np.random.default_rng([bench.seed, seed, number]))
        found = verdict(bench, here, plant.candidate, plant.champion, plant.split)
        caught.append(caught_by(fault, found, good))
        guarded.append(any(map(fault.own, found.gates)) or (fault.name == COPY and _may_be_equal(bench.use_case)))
    return Judged(good, tuple(caught), tuple(guarded))


def caught_by(fault: ModelFault, found: Verdict, good: Verdict) -> Caught | None:
    """The gate that keeps a bad model from release, its own before others, those that let the good one pass first.

    Where nothing holds it up but what holds the good model up too, this world says nothing: `SILENT`.
    """
    let_through = {_key(result) for result in good.gates if not result.blocks}
    blocking = [result for result in found.gates if result.blocks]
    told = [result for result in blocking if fault.own(result) or _key(result) in let_through]
    ordered = sorted(told, key=lambda it: (not fault.own(it), _key(it) not in let_through, it.outcome != "fail"))
    if ordered:
        return Caught(shown(ordered[0]), ordered[0].reason, own=fault.own(ordered[0]))
    if fault.name == COPY:
        return _no_better(found)
    return SILENT if blocking else None


def _no_better(found: Verdict) -> Caught | None:
    """A copy may pass where equal is good enough, as long as it does not count as better than what it copies."""
    if found.beats_anchor or not found.compared:
        return None
    said = "the YAML lets pass what is no worse; it counts as no better, so creep is still measured from where it was"
    return Caught(ANCHOR, said, own=True)


def _may_be_equal(use_case: UseCase) -> bool:
    return any(isinstance(gate, NotWorseThan) for gate in use_case.gates)


def _key(result: GateResult) -> tuple[str, str | None, str | None]:
    return result.gate, result.by, result.group


def shown(result: GateResult) -> str:
    """A gate in words, with its group."""
    group = f" ({result.group})" if result.group else ""
    return f"{result.gate} by {result.by}{group}" if result.by else result.gate


def _result(fault: ModelFault, judged: Sequence[Judged], place: int) -> FaultResult:
    found = [each.bad[place] for each in judged if each.bad[place] is not SILENT]
    caught = [each for each in found if each is not None]
    enough = max(len(found) - at_most(len(found), fault.rate), 1)
    guarded = any(each.guarded[place] for each in judged)
    outcome: FaultOutcome = "caught" if len(caught) >= enough else "passed" if guarded else "not_guarded"
    names = Counter(each.by for each in sorted(caught, key=lambda each: not each.own))
    by = next((name for name, _ in names.most_common()), None)
    first = next((each.reason for each in caught if each.by == by), "no gate stopped it")
    return FaultResult(
        fault=fault.name,
        kind="model",
        planted=fault.planted,
        caught=outcome == "caught",
        by=by if outcome == "caught" else None,
        outcome=outcome,
        reason=first if outcome == "caught" else _why_not(found, fault),
        expected=fault.expected,
        advice="" if outcome == "caught" else fault.advice,
        worlds=len(found),
        caught_in=len(caught),
    )


def _why_not(found: Sequence[Caught | None], fault: ModelFault) -> str:
    if not found:
        return "the good model was held up in every world too, so nothing can be said"
    missed, allowed = sum(each is None for each in found), at_most(len(found), fault.rate)
    return f"nothing stopped it in {missed} of {len(found)} worlds" + (
        f"; chance explains {allowed}" if allowed else ""
    )


def _not_made(fault: ModelFault) -> FaultResult:
    return FaultResult(
        fault=fault.name,
        kind="model",
        planted="",
        caught=False,
        by=None,
        outcome="not_guarded",
        reason=fault.planted,
        expected=fault.expected,
        advice=fault.advice,
        worlds=0,
    )


def good_model(bench: Bench, verdicts: Sequence[Verdict]) -> GoodModel:
    """What became of a model that is right; ``stated`` is one less the confidence of a bound."""
    outcomes = Counter(each.outcome for each in verdicts)
    refused = Counter(name for each in verdicts for name in dict.fromkeys(_refusing(each)))
    held_up = Counter(name for each in verdicts for name in dict.fromkeys(_holding_up(each)))
    seeds, stated, beside = len(verdicts), 1.0 - bench.use_case.confidence, 1.0 - bench.beside
    better = sum(each.beats_anchor for each in verdicts)
    within = all(count <= at_most(seeds, beside if " champion" in name else stated) for name, count in refused.items())
    return GoodModel(
        ok=within and better <= at_most(seeds, beside) and outcomes["pass"] > 0,
        seeds=seeds,
        passed=outcomes["pass"],
        undecided=outcomes["not_enough_evidence"],
        refused=outcomes["fail"],
        rate=outcomes["fail"] / seeds,
        stated=stated,
        at_most=at_most(seeds, stated),
        refused_by=dict(refused.most_common()),
        held_up_by=dict(held_up.most_common()),
        called_better=better,
    )


def _refusing(found: Verdict) -> Iterator[str]:
    return (_without_group(each) for each in found.gates if each.outcome == "fail" and each.blocks)


def _holding_up(found: Verdict) -> Iterator[str]:
    return (_without_group(each) for each in found.gates if each.outcome != "fail" and each.blocks)


def _without_group(result: GateResult) -> str:
    """By group, Holm's correction makes the promise for all groups of a gate together."""
    return f"{result.gate} by {result.by}" if result.by else result.gate
