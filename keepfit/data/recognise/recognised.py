"""From the statistics of a source's files to what a person should know about the newest of them."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from keepfit.config.suggest import closest, listed
from keepfit.data.recognise.finding import Finding
from keepfit.data.recognise.renames import Rename, renames
from keepfit.data.recognise.scales import Change, change
from keepfit.profile import ColumnProfile, Profile, per_day, quantile, share_missing, top

_EMPTIER = 0.1  # share of rows by which a column must have lost more values than ever, and
_TIMES_EMPTIER = 2.0  # how many times as many
_STRAY = 0.01  # share of rows
_NUMERIC = {"int", "float"}


class Hints(NamedTuple):
    """What the use case knows: the event time, its zone, units and names that the contract declares."""

    event_time: str | None = None
    zone: str = "UTC"
    units: Mapping[str, str] = {}
    declared: Collection[str] = ()


def recognised(earlier: Sequence[Profile], new: Profile, file: str, hints: Hints) -> tuple[Finding, ...]:
    """What is different in a new file, in the order: renamed, rescaled, retyped, emptier, missing, new.

    Parameters
    ----------
    earlier
        Profiles of earlier files of the source, oldest first; the more there are, the better is known what is usual.
        None: there is nothing to compare with, and nothing is said.
    new
        The profile of the new file; made of ``readable`` tables, as the earlier ones, so that undeclared columns of
        text are compared by what they say.
    """
    if not earlier:
        return ()
    before = {name for profile in earlier for name in profile.columns}
    past = {name: [p.columns[name] for p in earlier if name in p.columns] for name in sorted(before)}
    gone = {name: past[name] for name in past if name not in new.columns and name in earlier[-1].columns}
    added = {name: column for name, column in sorted(new.columns.items()) if name not in past}
    moved = renames(gone, added, hints.units)
    time = next((each.now for each in moved if each.was == hints.event_time), hints.event_time)
    said = _Said(file, _since(new, file, time, hints.zone), hints)
    kept = {name: (past[name], column) for name, column in sorted(new.columns.items()) if name in past}
    found = [said.renamed(each, new.columns[each.now]) for each in moved]
    found += [said.rescaled(name, scale) for name, scale in _rescaled(kept, hints)]
    found += _said_of_columns(said, kept)
    for name in sorted(set(gone) - {each.was for each in moved}):
        found.append(said.missing(name, set(added) - {each.now for each in moved}))
    if new_names := sorted(set(added) - {each.now for each in moved}):
        found.append(said.new(new_names))
    return tuple(found)


Kept = Mapping[str, tuple[list[ColumnProfile], ColumnProfile]]


def _rescaled(kept: Kept, hints: Hints) -> Iterator[tuple[str, Change]]:
    for name, (past, column) in kept.items():
        scale = change(past, column, hints.units.get(name))
        if scale is not None:
            yield name, scale


def _said_of_columns(said: "_Said", kept: Kept) -> Iterator[Finding]:
    for name, (past, column) in kept.items():
        kinds = {each.kind for each in past} - {"null"}
        if len(kinds) == 1 and column.kind not in {"null", *kinds} and not {*kinds, column.kind} <= _NUMERIC:
            yield said.retyped(name, kinds.pop(), column.kind)
        usual, now = max(map(share_missing, past)), share_missing(column)
        if now >= usual + _EMPTIER and now >= _TIMES_EMPTIER * usual:
            yield said.emptier(name, usual, now)


def _since(new: Profile, file: str, time: str | None, zone: str) -> str:
    """The first event of the file as a person of the use case's zone reads it, or the name of the file.

    Where less than a hundredth of the rows come before the first usual day, that day is meant and not a stray row.
    """
    column = new.columns.get(time or "")
    if column is None or column.times is None:
        return file
    first = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=column.times.first)
    days = list(per_day(column))
    before = list(accumulate(rows for _, rows in days))
    day = next((day for (day, _), rows in zip(days, before, strict=True) if rows > _STRAY * before[-1]), first.date())
    if day != first.date():
        return day.isoformat()
    return first.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")


class _Said:
    """What was recognised, in words: every finding of one file."""

    def __init__(self, file: str, since: str, hints: Hints) -> None:
        self._file, self._since, self._hints = file, since, hints

    def _finding(self, kind: str, column: str, now: str, what: str, do: str, how: str = "") -> Finding:
        mapping = ""
        if how:
            start = f"- from: {self._since}\n  " if self._since != self._file else "- "
            mapping = f"{start}columns:\n    {_word(column)}: {how}\n"
            do = f"{do}: {_word(column)}: {how}"
        return Finding(
            kind=kind, file=self._file, column=column, now=now, since=self._since, what=what, do=do, mapping=mapping
        )

    def renamed(self, rename: Rename, column: ColumnProfile) -> Finding:
        alike = f"values {rename.likeness:.0%} alike" + (
            f", for example {shown}" if (shown := examples(column)) else ""
        )
        alike = alike if rename.likeness else "the only columns of times; see its `format`"
        also = f" ({' or '.join(rename.also)} would fit as well)" if rename.also else ""
        unit = f", in {_unit(rename.change)}" if rename.change is not None else ""
        what = f"looks renamed: {rename.now} was {rename.was}{unit} ({alike}){also}"
        how = f"alias: {_word(rename.now)}" + (_unit_key(rename.change) if rename.change is not None else "")
        do = f"if so, map it in the source's `mapping`, from {self._since} on"
        return self._finding("renamed", rename.was, rename.now, what, do, f"{{{how}}}")

    def rescaled(self, name: str, scale: Change) -> Finding:
        what = f"the unit of {name} looks changed: {_unit(scale)}"
        key = _unit_key(scale).removeprefix(", ")
        do = f"if so, map it in the source's `mapping`, from {self._since} on"
        if not key:
            do = "ask upstream what is measured now, and map its `unit`"
        return self._finding("rescaled", name, name, what, do, f"{{{key}}}" if key else "")

    def retyped(self, name: str, was: str, now: str) -> Finding:
        what = f"{name} holds {_kind(now)} now, and held {_kind(was)}"
        return self._finding("retyped", name, name, what, "see what changed upstream")

    def emptier(self, name: str, usual: float, now: float) -> Finding:
        what = f"{name} has no value that fits in {now:.1%} of the rows; it was at most {usual:.1%} in earlier files"
        return self._finding(
            "emptier", name, name, what, "see whether the feed is broken, or writes the values another way"
        )

    def missing(self, name: str, others: Collection[str]) -> Finding:
        near = closest(name, others)
        hint = f"did you mean {near}?" if near else "ask upstream; if it has another name, map that as its `alias`"
        return self._finding("missing", name, "", f"{name} is missing, which earlier files have", hint)

    def new(self, names: Sequence[str]) -> Finding:
        verb = "is a new column" if len(names) == 1 else "are new columns"
        what = f"{listed(names)} {verb} that earlier files have not and nobody declares"
        known = [name for name in names if name in self._hints.declared]
        if len(known) == len(names):
            what = what.removesuffix(" and nobody declares")
        return self._finding("new", names[0] if len(names) == 1 else "", listed(names), what, "")


def examples(column: ColumnProfile) -> str:
    """A few values of a column, for a person who has to recognise it."""
    if column.numbers is not None:
        low, middle, high = (quantile(column, q) for q in (0.05, 0.5, 0.95))
        return f"{low:.6g}, {middle:.6g}, {high:.6g}"
    return ", ".join(word for word, _ in top(column, 3))


def _unit(scale: Change) -> str:
    """The change, as far as it has a name."""
    formula = f"about {scale.factor:.4g} times" + (f" and {scale.offset:+.4g}" if scale.offset else "") + " what it was"
    if scale.target:
        return f"{scale.target} instead of {scale.source}, {formula}"
    return formula


def _unit_key(scale: Change) -> str:
    return f", unit: {_word(scale.target)}" if scale.target else ""


def _word(name: str) -> str:
    """A name as the YAML holds it."""
    return name if name.replace("_", "a").isalnum() and not name[0].isdigit() else json.dumps(name, ensure_ascii=False)


def _kind(kind: str) -> str:
    words = {"int": "whole numbers", "float": "numbers", "bool": "true and false", "time": "times", "text": "texts"}
    return words.get(kind, f"values of kind {kind}")
