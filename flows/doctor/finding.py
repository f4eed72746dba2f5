"""What a question of the doctor found."""

from typing import Literal

import msgspec

Health = Literal["ok", "warn", "fail"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: ``fail`` does not work or is open to strangers, ``warn`` will bite some day."""

    check: str
    health: Health
    found: str
    do: str = ""


def ok(check: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(check=check, health="ok", found=found)


def warn(check: str, found: str, do: str) -> Finding:
    """Not yet a fault."""
    return Finding(check=check, health="warn", found=found, do=do)


def fail(check: str, found: str, do: str) -> Finding:
    """A fault."""
    return Finding(check=check, health="fail", found=found, do=do)
