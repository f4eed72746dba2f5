"""``expect_distribution_like_last_accepted``."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from keepfit.data.recognise.scales import Change, change
from keepfit.profile import (
    ColumnProfile,
    Profile,
    distinct,
    profiled,
    psi,
    psi_by_chance,
    quantile,
    share_missing,
    top,
)
from keepfit.validate.expect.facts import NOTHING_TO_COMPARE, Facts, Seen, seen

PSI = 0.2
_AT_A_TIME = 4  # columns that are read together
_NAMES_A_ROW = 0.5  # distinct values a row, from which whole numbers are numbers of something


class Shift(NamedTuple):
    """How far a column has moved beyond what chance makes, and what one sees of it."""

    column: str
    psi: float
    chance: float
    before: ColumnProfile
    now: ColumnProfile

    @property
    def far(self) -> float:
        """The index without what chance alone makes of it."""
        return self.psi - self.chance


def expect_distribution(facts: Facts, arguments: Mapping[str, Any]) -> Seen:
    """Whether values that have come since are distributed like those of the data accepted last."""
    if not facts.accepted:
        return Seen("skipped", NOTHING_TO_COMPARE)
    before = facts.accepted[0].profile
    names = _names(arguments, before, facts.profile)
    if not names:
        return Seen("skipped", "nothing to compare with: the data accepted last have no such column")
    now = _since(facts, before, names)
    limit = arguments.get("psi_at_most", PSI)
    shifts = [_shift(name, before.columns[name], now[name]) for name in names]
    wrong = sorted((each for each in shifts if not each.far <= limit), key=lambda each: (-each.psi, each.column))
    if wrong:
        return seen(False, "; ".join(_told(each, _scale(facts, each)) for each in wrong))
    largest = max(shifts, key=lambda each: each.far)
    return seen(True, f"largest PSI {largest.psi:.3g} ({largest.column}) of {len(shifts)} columns")


def _shift(name: str, before: ColumnProfile, now: ColumnProfile) -> Shift:
    return Shift(name, psi(before, now), psi_by_chance(before, now), before, now)


def _names(arguments: Mapping[str, Any], before: Profile, now: Profile) -> list[str]:
    asked = arguments.get("columns", [arguments.get("column")])
    if asked != "all":
        return [name for name in asked if name in before.columns]
    both = [name for name in now.columns if name in before.columns]
    return [name for name in both if _comparable(now.columns[name]) and _comparable(before.columns[name])]


def _comparable(column: ColumnProfile) -> bool:
    """Times only ever move on, and so do numbers that name rows."""
    names_rows = column.kind == "int" and distinct(column) > _NAMES_A_ROW * column.rows
    return column.kind not in {"time", "other", "mixed"} and not names_rows


def _since(facts: Facts, before: Profile, names: Sequence[str]) -> Mapping[str, ColumnProfile]:
    """The columns of the rows after the newest of ``before``; of all rows where none are or rows have no time."""
    time = facts.event_time
    old, new = ((each.columns.get(time) if time else None) for each in (before, facts.profile))
    if time is None or not (old and old.times and new and new.times) or new.times.last <= old.times.last:
        return facts.profile.columns
    found: dict[str, ColumnProfile] = {}
    for start in range(0, len(names), _AT_A_TIME):
        some = list(names[start : start + _AT_A_TIME])
        found |= _later(facts, some, time, old.times.last)
    return found


def _later(facts: Facts, names: Sequence[str], time: str, after: int) -> Mapping[str, ColumnProfile]:
    import pyarrow as pa
    import pyarrow.compute as pc

    table = facts.read(list(dict.fromkeys([time, *names])))
    late = pc.greater(table.column(time).cast(pa.int64()), pa.scalar(after, pa.int64()))
    return profiled(table.filter(late).select(list(names))).columns


def _scale(facts: Facts, shift: Shift) -> Change | None:
    """Another unit than in the data that were accepted, where it is one."""
    past = [each.profile.columns[shift.column] for each in facts.accepted if shift.column in each.profile.columns]
    return change(past[::-1], shift.now, None)


def _told(shift: Shift, scale: Change | None) -> str:
    said = [text for text in (_larger(shift, scale), _missing(shift), _values(shift)) if text]
    index = "cannot be compared" if math.isnan(shift.psi) else f"PSI {shift.psi:.3g}"
    return f"{shift.column}: {', '.join([*said, index])}"


def _larger(shift: Shift, scale: Change | None) -> str:
    old, new = quantile(shift.before, 0.5), quantile(shift.now, 0.5)
    medians = f"median {old:.6g} before, {new:.6g} now"
    if scale and scale.offset:
        how = f"about {scale.factor:.4g} times and {scale.offset:+.4g}"
        return f"the values of before in another unit, {how} ({medians})"
    ratio = scale.factor if scale else (new / old if old else math.nan)
    if 0.9 < ratio < 1.1:
        return ""
    if not ratio > 0:
        return medians if math.isfinite(new + old) and new != old else ""
    often = f"{ratio:.3g} times larger" if ratio > 1 else f"{1 / ratio:.3g} times smaller"
    return f"values {often} than in the data accepted last ({medians})"


def _missing(shift: Shift) -> str:
    old, new = share_missing(shift.before), share_missing(shift.now)
    return f"missing in {old:.1%} before, {new:.1%} now" if abs(old - new) > 0.01 else ""


def _values(shift: Shift) -> str:
    """The value whose share has changed most."""
    if not (shift.before.texts and shift.now.texts):
        return ""
    old, new = (
        {value: count / each.rows for value, count in top(each, most=10**6)} for each in (shift.before, shift.now)
    )
    changes = {value: new.get(value, 0) - old.get(value, 0) for value in {*old, *new}}
    if not changes:
        return ""
    most = max(sorted(changes), key=lambda value: abs(changes[value]))
    return f"{most[:40]!r} in {old.get(most, 0):.1%} of the rows before, {new.get(most, 0):.1%} now"
