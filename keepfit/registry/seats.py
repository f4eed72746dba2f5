"""Which version somebody means who names a number, or none."""

from datetime import datetime

from keepfit.errors import ConfigError, Problem
from keepfit.ledger import back_from, fold_of, head
from keepfit.records import Seat
from keepfit.registry.versions import registration
from keepfit.store import Store


def seat_of(store: Store, use_case: str, number: int | None, as_of: datetime) -> Seat:
    """The version with a number, or the champion as of a moment.

    Raises
    ------
    ConfigError
        There is no such version, or no champion then.
    """
    if number is not None:
        given = registration(store, use_case, number)
        if given is None or given.version is None:
            known = fold_of(head(store, use_case)).versions
            found = f"{known:,} versions"
            raise ConfigError(Problem(f"there is no version {number}", "--version", f"1 to {known}", found))
        return given.version
    newest = head(store, use_case)
    stood = next((each for each in back_from(store, newest) if (each.as_of or each.at) <= as_of), None)
    champion = fold_of(stood).champion
    if champion is None:
        do = "train one (`keepfit run`), or name a version with --version"
        what = f"{use_case} has no champion as of {as_of:%Y-%m-%d %H:%M} UTC"
        raise ConfigError(Problem(what, store.address, "a champion", "none", "wrote nothing", do))
    return champion
