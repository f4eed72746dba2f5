"""Which run this is, which earlier data its own are compared with, and which champion it is judged against."""

from datetime import UTC, datetime

from keepfit.ledger import fold_of, head
from keepfit.memo import recorded
from keepfit.records import Compared, Entry, Position, digest_of
from keepfit.store import Store

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


def position(store: Store, use_case: str, identity: str) -> Position:
    """Where the ledger stood when this run first asked; the same answer ever after, in every process.

    Its champion is the one to compare with: the last one, while the use case is disabled.

    Raises
    ------
    IntegrityError
        The recorded position, or the newest entry, was altered.
    """
    return recorded(
        store, use_case, STAGE, {"run": identity}, kind=Position, body=lambda: position_of(head(store, use_case))
    )


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


def position_of(entry: Entry | None) -> Position:
    """The position behind ``entry``."""
    return Position(
        seq=entry.seq if entry else 0,
        head=digest_of(entry) if entry else "",
        champion=fold_of(entry).last_champion,
    )
