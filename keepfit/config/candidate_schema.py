"""The JSON schema of a candidate's short forms, made from the table of estimators."""

from typing import Any

from keepfit.config.candidates import CANDIDATES, Kind, Limits


def candidate_schema() -> dict[str, Any]:
    """A bare name, or a name with its settings: ``{NAME: {setting: value | [low, high, log] | {choice: […]}}}``."""
    bare = {
        "enum": sorted(CANDIDATES),
        "description": "An estimator with its default settings; where `trials` is above 1, its default search space.",
    }
    return {"anyOf": [bare, *(_candidate(CANDIDATES[name]) for name in sorted(CANDIDATES))]}


def _candidate(kind: Kind) -> dict[str, Any]:
    settings = {name: _setting(name, limits) for name, limits in kind.settings.items()}
    description = (
        f"{kind.name}, for {' and '.join(sorted(kind.tasks))}: fixed settings, or the space to search. "
        f"Searched by default: {_spaces(kind)}."
    )
    inner = {"type": ["object", "null"], "properties": settings, "additionalProperties": False}
    return {
        "type": "object",
        "description": description,
        "properties": {kind.name: {"description": "Settings by name.", **inner}},
        "required": [kind.name],
        "additionalProperties": False,
    }


def _spaces(kind: Kind) -> str:
    return ", ".join(f"{name} {_written(space)}" for name, space in kind.space.items())


def _written(space: list[Any] | dict[str, list[Any]]) -> str:
    """A space as the YAML would have it.

    >>> _written([0.1, 10, "log"]), _written({"choice": ["a", 2]})
    ('[0.1, 10, log]', '{choice: [a, 2]}')
    """
    if isinstance(space, dict):
        return f"{{choice: {_written(space['choice'])}}}"
    return f"[{', '.join(str(each) for each in space)}]"


def _setting(name: str, limits: Limits) -> dict[str, Any]:
    value = _value(limits)
    forms = [value, _choice(value)]
    if limits.ranged:
        forms.append(_range(_number(limits)))
    default = f"{_word(limits.default)}{limits.unless and f', {limits.unless}'}"
    return {
        "description": f"{name}: {limits}; or `{{choice: […]}}`, or a range. Default: {default}.",
        "anyOf": forms,
    }


def _word(value: object) -> str:
    return "null" if value is None else str(value)


def _number(limits: Limits) -> dict[str, Any]:
    kind = "integer" if limits.whole else "number"
    return {"type": kind, "minimum": limits.low, "maximum": limits.high}


def _value(limits: Limits) -> dict[str, Any]:
    words = [{"enum": list(limits.words)}] if limits.words else []
    return {"anyOf": [*([_number(limits)] if limits.ranged else []), *words]}


def _choice(value: dict[str, Any]) -> dict[str, Any]:
    items = {"type": "array", "items": value, "minItems": 1, "description": "The values that are tried."}
    return {"type": "object", "properties": {"choice": items}, "required": ["choice"], "additionalProperties": False}


def _range(number: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "prefixItems": [number, number, {"const": "log"}], "minItems": 2, "items": False}
