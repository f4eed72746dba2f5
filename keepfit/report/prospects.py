"""What gates could see, as lines for a terminal."""

from collections.abc import Sequence
from textwrap import wrap

from keepfit.records import Prospect, Prospects
from keepfit.report.gates import asked_in_words
from keepfit.report.numbers import count, number, percent
from keepfit.report.wording import visible


def prospects_text(asked: Sequence[str], seen: Prospects | None, width: int = 100) -> str:
    """The gates, and on the rows of a version how small a difference each could see; without one, the gates alone."""
    if seen is None:
        gates = [f"  {visible(asked_in_words(gate), 300)}" for gate in asked]
        return "\n".join([*gates, "how small a difference they could see is told once a version was measured"])
    names = [_named(gate) for gate in seen.gates]
    longest = min(max(map(len, names), default=0), 60)
    lines = [f"what {count(seen.rows)} of version {seen.version} let them see, in four of five cases"]
    for name, gate in zip(names, seen.gates, strict=True):
        lines += wrap(f"  {name:<{longest}}  {_told(gate)}".rstrip(), width, subsequent_indent=" " * 8)
    return "\n".join([*lines, *wrap(_all(seen), width)])


def _named(gate: Prospect) -> str:
    group = f" [{gate.by} = {gate.group}]" if gate.by and gate.group else ""
    return visible(f"{asked_in_words(gate.gate)}{group}", 300)


def _told(gate: Prospect) -> str:
    if gate.smallest is None:
        return visible(gate.note, 300)
    chance = "" if gate.chance is None else f", a good model passes in {percent(gate.chance)}"
    return f"sees {number(gate.smallest)}{chance}"


def _all(seen: Prospects) -> str:
    good = f"a model as good as version {seen.version}, and equal to what it must not be worse than,"
    if seen.at_least is None or seen.at_most is None:
        return f"how likely {good.rstrip(',')} is to pass is not known from so few rows"
    return f"{good} passes all of them in {percent(seen.at_least)} to {percent(seen.at_most)} of looks (approximately)"
