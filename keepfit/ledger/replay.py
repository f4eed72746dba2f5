"""History read again from its first entry, to see whether every entry fits the one before."""

import re
from dataclasses import dataclass, field
from functools import partial

from msgspec import UNSET
from msgspec.structs import replace

from keepfit.errors import IntegrityError, KeepfitError, Missing
from keepfit.ledger.entries import entry_key, folder, read_entry
from keepfit.ledger.fold import fold_after, fold_of, rollout_of
from keepfit.records import Entry, Fold, Misfit, canonical, digest_of
from keepfit.store import Store, ahead

_NAME = re.compile(r"[0-9]{12}\.json", re.ASCII)
_TOP = 10**12
_SHOWN = 500  # characters of a fold that a person reads
_CROWNS = {"promoted", "rolled_back"}
_ROLLOUTS = {"rollout_started", "rollout_stopped"}
_ABOUT = {"judged", "monitored", *_CROWNS, *_ROLLOUTS}
_VERBS = {"judged": "judges", "rollout_started": "rolls out", "rollout_stopped": "stops", "monitored": "watches"}


@dataclass
class _Past:
    """What the entries so far establish; ``complete`` until one of them cannot be read."""

    seq: int = 0
    before: Entry | None = None
    next_to: bool = True
    complete: bool = True
    registered: dict[int, Entry] = field(default_factory=dict)
    refuted: set[int] = field(default_factory=set)
    champions: set[int] = field(default_factory=set)

    def learn(self, seq: int, entry: Entry | None) -> None:
        self.seq, self.before, self.next_to = seq, entry, entry is not None
        self.complete = self.complete and entry is not None
        if entry is None or entry.version is None:
            return
        if entry.action == "registered":
            self.registered[entry.version.number] = entry
        if entry.action == "judged":
            (self.refuted.add if entry.outcome == "fail" else self.refuted.discard)(entry.version.number)
        if entry.action in _CROWNS:
            self.champions.add(entry.version.number)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The entries that can be read, oldest first, what does not fit, the first misfit first, and the highest number."""

    entries: list[Entry]
    misfits: list[Misfit]
    newest: int


def replay(store: Store, use_case: str) -> Replayed:
    """Read all of history and see whether it fits together.

    An entry is reported once, and one whose predecessor is gone or altered is not compared with it: what is listed are
    causes, not their consequences.
    """
    keys = list(reversed(store.list(folder(use_case))))
    strange = [key for key in keys if not _NAME.fullmatch(key.rpartition("/")[2])]
    past, read, misfits = _Past(), [], []
    named = sorted(set(keys) - set(strange), reverse=True)
    for key, (entry, unreadable) in zip(named, ahead(partial(_read, store), named), strict=True):
        seq, where = _TOP - int(key[-17:-5]), f"{store.address}/{key}"
        if seq != past.seq + 1:
            misfits.append(_gap(f"{store.address}/{entry_key(use_case, past.seq + 1)}", past.seq + 1, seq))
            past.learn(seq - 1, None)
        misfits.extend(unreadable or _misfits(where, past, entry))
        past.learn(seq, entry)
        read.extend([entry] if entry else [])
    misfits += [Misfit(what="a file in the ledger is no entry", where=f"{store.address}/{key}") for key in strange]
    return Replayed(read, misfits, past.seq)


def misfits_of(error: KeepfitError) -> list[Misfit]:
    """The problems of an error, as findings."""
    return [Misfit(what=p.what, where=p.where, expected=p.expected, found=p.found) for p in error.problems]


def _read(store: Store, key: str) -> tuple[Entry | None, list[Misfit]]:
    try:
        return read_entry(store, key), []
    except (IntegrityError, Missing) as error:
        return None, misfits_of(error)


def _gap(where: str, first: int, found: int) -> Misfit:
    which = f"entry {first} is" if found == first + 1 else f"entries {first} to {found - 1} are"
    return Misfit(
        what=f"{which} missing from the ledger", where=where, expected=f"entry {first}", found=f"entry {found}"
    )


def _misfits(where: str, past: _Past, entry: Entry | None) -> list[Misfit]:
    """The first thing about an entry that does not fit, if there is one."""
    if entry is None:
        return []
    checks = (_chain, _number, _rule, _fold) if past.next_to else (_number, _rule)
    found = (check(past, entry) for check in checks)
    return [replace(misfit, what=f"entry {entry.seq} {misfit.what}", where=where) for misfit in found if misfit][:1]


def _chain(past: _Past, entry: Entry) -> Misfit | None:
    expected = digest_of(past.before) if past.before else ""
    if entry.previous == expected:
        return None
    return _misfit("does not follow from the entry before it: one of the two was altered", expected, entry.previous)


def _number(past: _Past, entry: Entry) -> Misfit | None:
    if entry.action != "registered" or entry.version is None:
        return None
    number = entry.version.number
    if number in past.registered:
        first = past.registered[number].seq
        return _misfit("gives a number for the second time", "a new number", f"{number}, given by entry {first}")
    expected = fold_of(past.before).versions + 1
    if past.next_to and number != expected:
        return _misfit("gives a number out of order", str(expected), str(number))
    return None


def _rule(past: _Past, entry: Entry) -> Misfit | None:
    if entry.action not in _ABOUT or entry.version is None:
        return None
    number, digest = entry.version.number, entry.version.digest
    verb, given = _VERBS.get(entry.action, "moves"), past.registered.get(number)
    if given is None:
        said = f"{verb} a version that was never registered"
        return _misfit(said, "a version", str(number)) if past.complete else None
    if given.version != entry.version:
        said = f"{verb} another version than its number says"
        return _misfit(said, str(given.version and given.version.digest), digest)
    found = (rule(past, given, entry) for rule in (_promotion, _rollback, _rolling))
    return next((wrong for wrong in found if wrong), None)


def _rollback(past: _Past, given: Entry, entry: Entry) -> Misfit | None:  # noqa: ARG001 - as the others
    number = entry.version.number if entry.version else 0
    if entry.action == "rolled_back" and past.complete and number not in past.champions:
        return _misfit("rolls back to a version that never was champion", "a former champion", f"version {number}")
    return None


def _rolling(past: _Past, given: Entry, entry: Entry) -> Misfit | None:  # noqa: ARG001 - as the others
    """A rollout is beside the champion of its moment, and only an open one can be stopped or end in a promotion."""
    if not past.next_to or not (entry.action in _ROLLOUTS or entry.details.get("by") == "rollout"):
        return None
    fold = fold_of(past.before)
    known = rollout_of(fold)
    if entry.action != "rollout_started":
        there = known.challenger if known else None
        name = f"version {there.number}" if there else "none"
        return None if there == entry.version else _misfit("ends a rollout that is not there", "the open one", name)
    champion = None if entry.rollout is UNSET else entry.rollout.champion
    if champion is None or champion == fold.champion:
        return None
    serves = f"version {fold.champion.number}" if fold.champion else "none"
    return _misfit("rolls out beside another champion than serves", serves, f"version {champion.number}")


def _promotion(past: _Past, given: Entry, entry: Entry) -> Misfit | None:
    if entry.action not in {"promoted", "rollout_started"}:
        return None
    verb, refuted = _VERBS.get(entry.action, "promotes"), given.version and given.version.number in past.refuted
    if given.outcome == "fail" or refuted:
        return _misfit(f"{verb} a version that failed", "pass or not_enough_evidence", "fail")
    held = given.details.get("held", "")
    if held and entry.details.get("by") != "hand":
        return _misfit(f"{verb} a version that is held, and not by a person", "by hand", held)
    accepted, known = _data(entry), _data(given)
    if accepted["held"] and accepted != known:
        return _misfit("accepts other data than the version was made of", str(known), str(accepted))
    return None


def _data(entry: Entry) -> dict[str, str | None]:
    return {"profile": entry.objects.get("profile")} | {name: entry.details.get(name) for name in ("held", "rows")}


def _fold(past: _Past, entry: Entry) -> Misfit | None:
    try:
        expected = fold_after(fold_of(past.before), entry)
    except IntegrityError as error:
        return misfits_of(error)[0]
    if entry.fold == expected:
        return None
    return _misfit("carries a wrong fold", _apart(expected, entry.fold), _apart(entry.fold, expected))


def _apart(fold: Fold, other: Fold) -> str:
    """What one fold says and the other does not."""
    said = {name: (_told(fold, name), _told(other, name)) for name in fold.__struct_fields__}
    apart = {name: _unlike(one, two) for name, (one, two) in said.items() if one != two}
    return canonical(apart).decode()[:_SHOWN]


def _told(fold: Fold, name: str) -> object:
    value = getattr(fold, name)
    return None if value is UNSET else value


def _unlike(one: object, two: object) -> object:
    return [item for item in one if item not in two] if isinstance(one, tuple) and isinstance(two, tuple) else one


def _misfit(what: str, expected: str, found: str) -> Misfit:
    return Misfit(what=what, where="", expected=expected, found=found)
