"""Adding to history while others do the same."""

from collections.abc import Callable
from datetime import UTC
from typing import TypeVar

from msgspec import structs

from keepfit.errors import ConfigError, Exists, InfrastructureError, Problem
from keepfit.ledger.entries import checksum, entry_key, head
from keepfit.ledger.fold import fold_after, fold_of
from keepfit.records import Draft, Entry, canonical, digest_of, parse
from keepfit.store import Store

T = TypeVar("T")

_ATTEMPTS = 1_000


def append(store: Store, use_case: str, draft: Callable[[Entry | None], Draft | T]) -> Entry | T:
    """Add the entry that ``draft`` makes of the newest one.

    When another writer was faster, ``draft`` is asked again with what is newest then, so it must check all its
    preconditions against its argument; it may raise. What it returns instead of a Draft is returned, and nothing added.

    Raises
    ------
    ConfigError
        No actor or no reason.
    InfrastructureError
        The store refuses the entry and does not show another one in its place.
    """
    for _ in range(_ATTEMPTS):
        before = head(store, use_case)
        drafted = draft(before)
        if not isinstance(drafted, Draft):
            return drafted
        entry = _entry(use_case, before, drafted)
        try:
            store.create(entry_key(use_case, entry.seq), canonical(entry))
        except Exists:
            continue
        return entry
    raise InfrastructureError(
        Problem(
            "the ledger could not be written",
            where=f"{store.address}/{use_case}/ledger",
            expected="room for one entry",
            found=f"{_ATTEMPTS} times another writer was faster",
            did="added nothing",
            do="see what else writes to this store, then run the same command again",
        )
    )


def who_and_why(actor: str, reason: str) -> None:
    """See that a decision has a name and a reason.

    Raises
    ------
    ConfigError
        One of them is empty.
    """
    for name, text in (("actor", actor), ("reason", reason)):
        if not text.strip():
            raise ConfigError(
                Problem(
                    f"a decision needs its {name}",
                    where=f"--{name}",
                    expected="some text",
                    found=repr(text),
                    did="changed nothing",
                    do=f'say it: --{name} "…"',
                )
            )


def _entry(use_case: str, before: Entry | None, draft: Draft) -> Entry:
    who_and_why(draft.actor, draft.reason)
    draft = structs.replace(draft, at=draft.at.astimezone(UTC), as_of=draft.as_of and draft.as_of.astimezone(UTC))
    open_entry = Entry(
        **structs.asdict(draft),
        seq=before.seq + 1 if before else 1,
        use_case=use_case,
        previous=digest_of(before) if before else "",
        fold=fold_after(fold_of(before), draft),
        checksum="",
    )
    open_entry = parse(canonical(open_entry), Entry)  # as every reader will see it: 1 in a field of floats is 1.0
    return structs.replace(open_entry, checksum=checksum(open_entry))
