"""The JSON schema of a candidate's short forms, made from the table of estimators."""

from typing import Any

from keepfit.config.candidates import CANDIDATES, Kind, Limits


def candidate_schema() -> dict[str, Any]:
    """A bare name, or a name with its settings: ``{NAME: {setting: value | [low, high, log] | {choice: […]}}}``."""
    bare = {"enum": sorted(CANDIDATES), "description": "An estimator with its default settings."}
    return {"anyOf": [bare, *(_candidate(CANDIDATES[name]) for name in sorted(CANDIDATES))]}


def _candidate(kind: Kind) -> dict[str, Any]:
    settings = {name: _setting(name, limits) for name, limits in kind.settings.items()}
    description = f"{kind.name}, for {' and '.join(sorted(kind.tasks))}: fixed settings, or the space to search."
    inner = {"type": ["object", "null"], "properties": settings, "additionalProperties": False}
    return {
        "type": "object",
        "description": description,
        "properties": {kind.name: {"description": "Settings by name.", **inner}},
        "required": [kind.name],
        "additionalProperties": False,
    }


def _setting(name: str, limits: Limits) -> dict[str, Any]:
    value = _value(limits)
    forms = [value, _choice(value)]
    if limits.ranged:
        forms.append(_range(_number(limits)))
    return {"description": f"{name}: {limits}; or `{{choice: […]}}`, or a range.", "anyOf": forms}


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
