"""What is answered, and what turned out to be true of it, on its way to the prediction log."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, ValidationError, convert

from keepfit.errors import InfrastructureError
from keepfit.serving.closer_look import MOST_ROWS
from keepfit.serving.log.log import PredictionLog
from keepfit.serving.log.prediction import Label, LogFull
from keepfit.serving.log.prediction import Prediction as Logged
from keepfit.serving.problems import MOST_ERRORS, Fault, HttpProblem, pointer, unprocessable
from keepfit.serving.values import Wrong, found, in_zone, taken
from keepfit.serving.version import Answered, Live

_AGAIN = {"retry-after": "1"}


def entries_of(
    live: Live, answered: Answered, at: datetime, seconds: float, role: str = "champion"
) -> Iterator[Logged]:
    """What is logged of a request that is answered ``seconds`` after it came."""
    name, version, digest = live.signature.use_case, live.seat.number, live.seat.digest
    latency = seconds * 1e3
    for record, outcome, each in zip(*answered, strict=True):
        yield Logged(
            each.id, at, name, version, digest, role, record,
            tuple(outcome) if isinstance(outcome, list) else (outcome,),
            None if each.decision is UNSET else each.decision, each.warnings, latency,
            each.reasons is not UNSET,
        )  # fmt: skip


def log_full() -> HttpProblem:
    """The log takes no more, so it is not answered."""
    return HttpProblem(503, "log_full", "the prediction log takes no more for now", headers=_AGAIN)


def not_logged() -> HttpProblem:
    """It could not be brought to the disk, so it is not answered."""
    return HttpProblem(503, "not_logged", "the prediction log could not be written", headers=_AGAIN)


async def labelled(log: PredictionLog, labels: list[Label], patience: float) -> None:
    """Log labels; returns when that is as safe as the log is meant to be.

    Raises
    ------
    HttpProblem
        503: the log takes no more, or did not bring them to the disk within ``patience`` seconds.
    """
    try:
        waiting = log.label(labels)
        if waiting is not None:
            await asyncio.wait_for(waiting, patience)
    except LogFull:
        raise log_full() from None
    except (InfrastructureError, TimeoutError):
        raise not_logged() from None


def labels_of(live: Live, tree: Any) -> list[Label]:
    """The labels of a request: each with its value, since when it is known, and whose it is (an id, or the key).

    Raises
    ------
    HttpProblem
        413: too many; 422: with the first errors.
    """
    given = tree.get("labels") if isinstance(tree, dict) and set(tree) == {"labels"} else None
    if not isinstance(given, list) or not given:
        raise unprocessable([Fault("/labels", "type", "expected an object with a list of labels, and nothing else")])
    if len(given) > MOST_ROWS:
        raise HttpProblem(413, "too_many_labels", f"expected at most {MOST_ROWS} labels in a request")
    faults: list[Fault] = []
    made = [
        _label(live, one, ("labels", place), faults) for place, one in enumerate(given) if len(faults) <= MOST_ERRORS
    ]
    if faults:
        raise unprocessable(faults)
    return made


def _label(live: Live, one: Any, at: tuple[str | int, ...], faults: list[Fault]) -> Label:
    if not isinstance(one, dict):
        faults.append(Fault(pointer(*at), "type", f"expected an object, found {found(one)}"))
        return Label(None, datetime.now(UTC))
    parts = {
        "label": _value(live, one.get("label")),
        "at": _time(one.get("at"), live.rows.zone),
        "whose": _whose(live, one),
    }
    for name, part in parts.items():
        if isinstance(part, Wrong):
            faults.append(Fault(pointer(*at, *([] if name == "whose" else [name])), part.code, part.detail))
    if any(isinstance(part, Wrong) for part in parts.values()):
        return Label(None, datetime.now(UTC))
    return Label(parts["label"], parts["at"], **parts["whose"])


def _value(live: Live, value: Any) -> Any:
    """A class as the version names it, or a finite number."""
    classes = live.manifest.classes
    if not classes:
        good = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
        return float(value) if good else Wrong("type", f"expected a finite number, found {found(value)}")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not isinstance(value, str | int) or text not in classes:
        return Wrong("not_allowed", "expected one of the classes of the version")
    return text


def _time(value: Any, zone: ZoneInfo) -> Any:
    try:
        return in_zone(convert(value, datetime), zone)
    except ValidationError:
        return Wrong("time", "expected a time such as 2013-07-01T08:30:00Z")


def _whose(live: Live, one: dict[str, Any]) -> Any:
    """The id of a prediction, or all fields of the key."""
    named = {name: value for name, value in one.items() if name not in {"label", "at"}}
    if set(named) == {"id"} and isinstance(named["id"], str):
        return {"id": named["id"]}
    named = named["key"] if set(named) == {"key"} and isinstance(named["key"], dict) else named
    keys = {name: column for name, column in live.rows.columns.items() if "key" in column.roles}
    if set(named) != set(keys):
        return Wrong("whose", f"expected the id of a prediction, or the key: {', '.join(keys)}")
    read = {name: taken(column, named[name], live.rows.zone) for name, column in keys.items()}
    return next((value for value in read.values() if isinstance(value, Wrong)), {"key": read})
