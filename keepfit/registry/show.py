"""The state of a use case, told from its ledger alone."""

from collections.abc import Iterable, Mapping

from msgspec import UNSET
from msgspec.structs import replace

from keepfit.ledger import (
    entries,
    fold_of,
    head,
    judged_again,
    looked_at,
    rollout_of,
    shown_entry,
    shown_version,
    spending_of,
    watch_of,
)
from keepfit.records import Entry, Fold, Outcome, Seat, Shown, ShownEntry, ShownVersion
from keepfit.store import Store


def show(store: Store, use_case: str) -> Shown:
    """Aliases, and the latest versions and entries; all empty while there is no history: one list, one read.

    Raises
    ------
    IntegrityError
        The newest entry was altered.
    """
    newest = head(store, use_case)
    fold = fold_of(newest)
    return _shown(store, use_case, fold, newest.seq if newest else 0, fold.newest_versions, fold.newest_entries)


def show_all(store: Store, use_case: str) -> Shown:
    """Like `show`, with every version and every entry, texts whole: reads all of history.

    Raises
    ------
    IntegrityError
        An entry was altered or is gone.
    """
    history = entries(store, use_case)
    fold = fold_of(history[0] if history else None)
    done = {entry.version for entry in history if looked_at(entry)}
    again = {entry.version: entry.outcome for entry in reversed(history) if entry.action == "judged"}
    versions = (_line(entry, entry.version not in done, again) for entry in history if entry.action == "registered")
    lines = (shown_entry(entry.seq, entry) for entry in history)
    return _shown(store, use_case, fold, len(history), versions, lines)


def _line(entry: Entry, held: bool, again: Mapping[Seat | None, Outcome | None]) -> ShownVersion:
    version = shown_version(entry)
    if entry.version in again:
        version = judged_again(version, again[entry.version])
    return version if held else replace(version, held="")


def _shown(
    store: Store,
    use_case: str,
    fold: Fold,
    count: int,
    versions: Iterable[ShownVersion],
    lines: Iterable[ShownEntry],
) -> Shown:
    return Shown(
        use_case=use_case,
        store=store.address,
        champion=_number(fold.champion),
        challenger=_number(fold.challenger),
        previous=_number(fold.past[0] if fold.past else None),
        disabled=fold.disabled,
        versions=tuple(versions),
        ledger=tuple(lines),
        versions_in_all=fold.versions,
        entries_in_all=count,
        spending=spending_of(fold),
        rollout=rollout_of(fold),
        watch=watch_of(fold) if fold.watch is not UNSET else None,
    )


def _number(seat: Seat | None) -> int | None:
    return seat.number if seat else None
