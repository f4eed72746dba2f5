"""What changed upstream: a file beside those before it, by their statistics."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keepfit.config.model import UseCase
from keepfit.data.declared import declared
from keepfit.data.groups import by_time
from keepfit.data.index import Known
from keepfit.data.recognise import Finding, Hints, recognised
from keepfit.profile import Profile
from keepfit.records import parse
from keepfit.store import get_many

if TYPE_CHECKING:
    from keepfit.store import Store

BEFORE = 12  # files that a file is compared with


def noticed(store: "Store", use_case: UseCase, files: Sequence[Known]) -> tuple[Finding, ...]:
    """Findings on the newest file, and on the first that has other columns than the one before it."""
    ordered = sorted(files, key=by_time)
    columns = [{column.name for column in file.parsed.columns} for file in ordered]
    other = next((at for at in range(1, len(ordered)) if columns[at] != columns[at - 1]), len(ordered) - 1)
    found = (_of(store, use_case, ordered, at) for at in sorted({other, len(ordered) - 1}) if at > 0)
    return tuple(finding for each in found for finding in each)


def _of(store: "Store", use_case: UseCase, files: Sequence[Known], at: int) -> tuple[Finding, ...]:
    compared = files[max(0, at - BEFORE) : at + 1]
    digests = [file.parsed.profile for file in compared]
    *earlier, new = (
        parse(data, Profile, digest) for digest, data in zip(digests, get_many(store, digests), strict=True)
    )
    rules = declared(use_case)
    hints = Hints(
        event_time=use_case.data.event_time,
        zone=use_case.data.timezone,
        units={name: rule.unit for name, rule in rules.items() if rule.unit is not None},
        declared=tuple(rules),
    )
    return recognised(earlier, new, files[at].path, hints)
