"""The short forms of the YAML, each turned into the one long form that the model holds.

Each function takes what stands in the file and returns plain values for the model, or raises with the path of the part
that is wrong, relative to where it stands.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import PydanticCustomError

from keepfit.config.candidates import CANDIDATES
from keepfit.config.document import shorten
from keepfit.config.suggest import did_you_mean, listed
from keepfit.config.values import parse_duration, parse_share


def wrong(what: str, *, at: Sequence[str | int] = (), expected: str = "", do: str = "") -> PydanticCustomError:
    """An error of a short form; ``at`` is where, below the field that is being read."""
    return PydanticCustomError("keepfit", "{what}", {"what": what, "at": tuple(at), "expected": expected, "do": do})


def words(value: Any) -> Any:
    """One word or a list of them.

    >>> words("hour"), words(["hour", "month"])
    (('hour',), ('hour', 'month'))
    """
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def holdout(value: Any) -> Any:
    """A duration or a share, whichever it looks like.

    >>> holdout("28d"), holdout("20%"), holdout(0.2)
    (datetime.timedelta(days=28), 0.2, 0.2)
    """
    shared = isinstance(value, int | float) or (isinstance(value, str) and "%" in value)
    return parse_share(value) if shared else parse_duration(value)


def candidate(value: Any) -> Any:
    """A bare name, or a name with its settings.

    >>> candidate("ridge")
    {'name': 'ridge', 'space': {}}
    >>> candidate({"ridge": {"alpha": [0.1, 10, "log"]}})["space"]["alpha"]["log"]
    True
    """
    if isinstance(value, str):
        return {"name": _known(value, ()), "space": {}}
    if not isinstance(value, Mapping):
        return value
    if len(value) != 1:
        raise wrong("a candidate is one name", expected="`- NAME` or `- NAME: {setting: …}`, one list item each")
    ((name, settings),) = value.items()
    _known(name, (name,))
    if settings is None:
        return {"name": name, "space": {}}
    if not isinstance(settings, Mapping):
        raise wrong("the settings of a candidate are a mapping", at=(name,), expected="`{setting: value}`")
    return {"name": name, "space": {key: space(setting, (name, key)) for key, setting in settings.items()}}


def _known(name: str, at: tuple[str, ...]) -> str:
    if name not in CANDIDATES:
        do = did_you_mean(name, CANDIDATES)
        raise wrong(f"unknown candidate `{shorten(name)}`", at=at, expected=f"one of {listed(CANDIDATES)}", do=do)
    return name


def space(value: Any, at: tuple[str, str]) -> Any:
    """A setting: a value, ``[low, high]``, ``[low, high, log]`` or ``{choice: […]}``.

    >>> space([1, 5], ("ridge", "alpha"))
    {'low': 1.0, 'high': 5.0, 'log': False, 'whole': True}
    """
    if isinstance(value, list):
        return _range(value, at)
    if isinstance(value, Mapping):
        return _choice(value, at)
    return value


def _range(value: list[Any], at: tuple[str, str]) -> dict[str, Any]:
    log = value[2:] == ["log"]
    numbers = value[:2]
    fits = len(value) == 2 or (len(value) == 3 and log)
    if not fits or not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        raise wrong("not a range", at=at, expected="`[low, high]` or `[low, high, log]`; a set is `{choice: […]}`")
    low, high = numbers
    whole = isinstance(low, int) and isinstance(high, int)
    return {"low": float(low), "high": float(high), "log": log, "whole": whole}


def _choice(value: Mapping[str, Any], at: tuple[str, str]) -> dict[str, Any]:
    items = value.get("choice")
    if set(value) != {"choice"} or not isinstance(items, list) or not items:
        raise wrong("not a set of values", at=at, expected="`{choice: [a, b, …]}`; a range is `[low, high]`")
    if any(isinstance(item, list | Mapping) for item in items):
        raise wrong(
            "a choice is between single values", at=(*at, "choice"), expected="numbers, words, true, false, null"
        )
    return {"choice": tuple(items)}
