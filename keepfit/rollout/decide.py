"""Promote, stop, or go on: a pure function from what was agreed and what was seen."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from keepfit.records import Beheld, Decision, Figure, Rollout


class _Limit(NamedTuple):
    what: str
    limit: float
    figure: Figure
    form: str

    @property
    def said(self) -> str:
        value = "not known" if self.figure.value is None else format(self.figure.value, self.form)
        return f"{self.what} {value} (at most {format(self.limit, self.form)})"


def decide(rollout: Rollout, seen: Beheld, at: datetime) -> Decision:
    """What becomes of a challenger as of a moment.

    Stopped where a limit is left, beyond doubt at any time, or likely so when its time is over and enough was answered;
    or where the labels that are known by then speak against it. Undecided before that, and where a number is outside
    its limit but may be by chance, or is not known: more answers will tell.
    """
    if left := limit_left(rollout, seen):
        return Decision(decided="stop", reason=left)
    if waits := list(_waits(rollout, seen, at)):
        return Decision(decided="undecided", reason="; ".join(waits))
    limits = _limits(rollout, seen)
    if outside := [each.said for each in limits if each.figure.likely > each.limit]:
        return Decision(decided="stop", reason=f"outside its limits at the end: {', '.join(outside)}")
    if doubtful := [each.said for each in limits if each.figure.value is None or not each.figure.value <= each.limit]:
        return Decision(decided="undecided", reason=f"{', '.join(doubtful)}: more answers will tell")
    return _by_labels(
        seen, f"{seen.answers:,} predictions within the limits: {', '.join(each.said for each in limits)}"
    )


def limit_left(rollout: Rollout, seen: Beheld) -> str:
    """Which limits are left beyond doubt; empty where none is. What a server may stop a rollout for."""
    left = [f"{each.said}, beyond doubt" for each in _limits(rollout, seen) if each.figure.low > each.limit]
    return f"outside its limits: {', '.join(left)}" if left else ""


def figures(seen: Beheld) -> dict[str, float]:
    """The numbers that a decision rests on, as an entry of the ledger has them."""
    named = {
        "errors": seen.errors.value,
        "slower": seen.slower.value,
        "scores_differ": seen.scores_differ.value,
        "worse": seen.worse.value if seen.worse else None,
    }
    counts = {"answers": seen.answers, "champion_answers": seen.champion_answers, "failed": seen.failed}
    known = {name: value for name, value in named.items() if value is not None}
    return {name: float(value) for name, value in {**counts, "labels": seen.labels, **known}.items()}


def _limits(rollout: Rollout, seen: Beheld) -> tuple[_Limit, ...]:
    return (
        _Limit("errors", rollout.errors_at_most, seen.errors, ".2%"),
        _Limit("times as slow", rollout.slower_at_most, seen.slower, ".3g"),
        _Limit("scores differ by", rollout.scores_differ_at_most, seen.scores_differ, ".3g"),
    )


def _waits(rollout: Rollout, seen: Beheld, at: datetime) -> Iterator[str]:
    if not seen.answers:
        yield "no traffic: it has answered nothing yet"
    elif seen.answers < rollout.at_least:
        yield f"{seen.answers:,} of {rollout.at_least:,} predictions"
    if seen.answers and seen.champion_answers < rollout.at_least:
        yield f"{seen.champion_answers:,} of {rollout.at_least:,} predictions of the champion beside it"
    if at < rollout.until:
        yield f"it runs until {rollout.until:%Y-%m-%d %H:%M} UTC"


def _by_labels(seen: Beheld, within: str) -> Decision:
    worse = seen.worse
    if worse is None or worse.value is None:
        return Decision(decided="promote", reason=f"{within}; too few labels to say more")
    told = f"its loss on {seen.labels:,} labels is {worse.value:+.3g} beside the champion's"
    if not worse.likely <= 0:  # also where the bound is no number
        return Decision(decided="stop", reason=f"the labels speak against it: {told}")
    return Decision(decided="promote", reason=f"{within}; {told}, which does not speak against it")
