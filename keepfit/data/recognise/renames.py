"""Whether a column that is gone is there under another name: the same values, as far as statistics tell."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from keepfit.data.recognise.scales import Change, change
from keepfit.profile import ColumnProfile, likeness

_ALIKE = 0.75  # likeness of values that needs no like name
_ALIKE_IN_NAME = 0.45  # and that which is enough where the names are alike
_LIKE_NAME = 0.6
_NAMED = 0.2  # what a like name is worth beside like values


class Rename(NamedTuple):
    """``was`` is now ``now``; other columns that would do nearly as well; and whether the unit changed with it.

    A likeness of 0 is that of the only times: months have none in common, so nothing else tells them.
    """

    was: str
    now: str
    likeness: float
    also: tuple[str, ...]
    change: Change | None


def renames(
    gone: Mapping[str, Sequence[ColumnProfile]], added: Mapping[str, ColumnProfile], units: Mapping[str, str]
) -> list[Rename]:
    """For every column that is gone the new one that it has become, each new one once, the likeliest first."""
    pairs = [
        (score, was, now, scale)
        for was, past in gone.items()
        for now, column in added.items()
        for score, scale in [_score(was, past, now, column, units.get(was))]
        if score > 0
    ]
    found: list[Rename] = []
    for score, was, now, scale in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        taken = {each.now for each in found}
        if now in taken or any(each.was == was for each in found):
            continue
        near = [other for s, w, other, _ in pairs if w == was and other != now and s > score - 0.05]
        found.append(Rename(was, now, score - _NAMED * like_name(was, now), tuple(sorted(set(near) - taken)), scale))
    return found + _only_times(gone, added, found)


def _only_times(
    gone: Mapping[str, Sequence[ColumnProfile]], added: Mapping[str, ColumnProfile], found: Sequence[Rename]
) -> list[Rename]:
    """The one column of times that is gone, and the one that is new."""
    known = {name for each in found for name in (each.was, each.now)}
    was = [name for name, past in gone.items() if name not in known and past[-1].kind == "time"]
    now = [name for name, column in added.items() if name not in known and column.kind == "time"]
    return [Rename(was[0], now[0], 0.0, (), None)] if len(was) == len(now) == 1 else []


def _score(
    was: str, past: Sequence[ColumnProfile], now: str, column: ColumnProfile, unit: str | None
) -> tuple[float, Change | None]:
    """How likely one column is the other: 0 where it is not, above 1 where the names agree too."""
    scale = change(past, column, unit)
    alike = 1 - min(scale.distance, 1.0) if scale is not None else max(_likeness(each, column) for each in past)
    named = like_name(was, now)
    enough = _ALIKE_IN_NAME if named >= _LIKE_NAME else _ALIKE
    return (alike + _NAMED * named, scale) if alike >= enough else (0.0, None)


def _likeness(past: ColumnProfile, column: ColumnProfile) -> float:
    """Whole numbers and numbers with fractions are alike where their values are."""
    if past.kind == column.kind or {past.kind, column.kind} <= {"int", "float"}:
        return likeness(past, column)
    return 0.0


def like_name(one: str, other: str) -> float:
    """How alike two names are, 0 to 1; the words in them may change places, and one may be a part of the other.

    >>> like_name("dep_time", "DepTime"), like_name("dist_km", "distance") > 0.6, like_name("origin", "precip") < 0.5
    (1.0, True, True)
    """
    left, right = (re.sub(r"[^a-z0-9]", "", name.lower()) for name in (one, other))
    if not left or not right:
        return 0.0
    first, second = (re.split(r"[^a-z0-9]+", name.lower())[0] for name in (one, other))
    prefix = len(first) >= 3 and len(second) >= 3 and (first.startswith(second) or second.startswith(first))
    return max(SequenceMatcher(None, left, right).ratio(), 0.7 if prefix else 0.0)
