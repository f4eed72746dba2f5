"""Which run this is, what its data are compared with, which champion it is judged against and at what rate."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keepfit.ledger import fold_of, head, spend_of, spending_of
from keepfit.memo import recorded
from keepfit.records import Compared, Entry, Position, digest_of
from keepfit.store import Store

if TYPE_CHECKING:
    from keepfit.config.model import UseCase

STAGE = "position"


def run_identity(use_case: str, as_of: datetime, data: str, config: str, code: str) -> str:
    """The digest of what makes two runs the same run; ``data`` is what is known of its rows by then.

    >>> from datetime import timedelta, timezone
    >>> noon = datetime(2013, 4, 1, 12, tzinfo=UTC)
    >>> same = noon.astimezone(timezone(timedelta(hours=-4)))
    >>> run_identity("u", noon, "s", "c", "d") == run_identity("u", same, "s", "c", "d")
    True
    """
    values = {
        "use_case": use_case,
        "as_of": as_of.astimezone(UTC),
        "data": data,
        "config": config,
        "code": code,
    }
    return digest_of(values)


def position(store: Store, use_case: "UseCase", identity: str, as_of: datetime) -> Position:
    """Where the ledger stood when this run first asked; the same answer ever after, in every process.

    Its champion is the one to compare with: the last one, while the use case is disabled. What it may spend is fixed
    here and not when it is spent, because figures are made with it.

    Raises
    ------
    IntegrityError
        The recorded position, or the newest entry, was altered.
    """

    def body() -> Position:
        return position_of(head(store, use_case.name), use_case, as_of)

    return recorded(store, use_case.name, STAGE, {"run": identity}, kind=Position, body=body)


def compared(store: Store, use_case: str, identity: str, as_of: datetime) -> Compared:
    """The data accepted before ``as_of`` when this run first asked; the same answer ever after, in every process.

    Raises
    ------
    IntegrityError
        The recorded answer, or the newest entry, was altered.
    """

    def body() -> Compared:
        known = fold_of(head(store, use_case)).accepted
        return Compared(accepted=tuple(each for each in known if each.as_of < as_of))

    return recorded(store, use_case, "compared", {"run": identity}, kind=Compared, body=body)


def position_of(entry: Entry | None, use_case: "UseCase", as_of: datetime) -> Position:
    """The position behind ``entry``."""
    from keepfit.config.gates import (
        NotWorseThan,
        with_champion,
    )  # a server needs no YAML, which costs more than it does

    fold = fold_of(entry)
    champion, spending = fold.last_champion, spending_of(fold)
    looks = champion is not None and any(with_champion(gate) for gate in use_case.gates)
    steps = looks and any(isinstance(gate, NotWorseThan) for gate in use_case.gates)
    anchor = spending.anchor if spending and steps else None
    return Position(
        seq=entry.seq if entry else 0,
        head=digest_of(entry) if entry else "",
        champion=champion,
        spend=spend_of(spending, use_case.false_promotions, as_of) if looks else None,
        anchor=None if anchor == champion else anchor,
        challenger=fold.challenger,
    )
