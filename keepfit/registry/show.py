"""The state of a use case, told from its ledger alone."""

from keepfit.ledger import entries, fold_of
from keepfit.records import Entry, Seat, Shown, ShownEntry, ShownVersion
from keepfit.store import Store


def show(store: Store, use_case: str) -> Shown:
    """Versions, aliases, who, when and why; all empty while there is no history.

    Raises
    ------
    IntegrityError
        An entry was altered.
    """
    history = entries(store, use_case)
    fold = fold_of(history[0] if history else None)
    return Shown(
        use_case=use_case,
        store=store.address,
        champion=_number(fold.champion),
        challenger=_number(fold.challenger),
        previous=_number(fold.past[0] if fold.past else None),
        disabled=fold.disabled,
        versions=tuple(
            _version(entry, entry.version) for entry in history if entry.version and entry.action == "registered"
        ),
        ledger=tuple(_line(entry) for entry in history),
    )


def _number(seat: Seat | None) -> int | None:
    return seat.number if seat else None


def _version(entry: Entry, seat: Seat) -> ShownVersion:
    return ShownVersion(
        version=seat.number,
        digest=seat.digest,
        created=entry.at,
        as_of=entry.as_of,
        outcome=entry.outcome,
        metrics=entry.metrics,
    )


def _line(entry: Entry) -> ShownEntry:
    return ShownEntry(
        seq=entry.seq,
        at=entry.at,
        action=entry.action,
        version=_number(entry.version),
        actor=entry.actor,
        reason=entry.reason,
    )
