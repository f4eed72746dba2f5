"""What a version takes and gives, as JSON for people and programs."""

from typing import Any

from msgspec import to_builtins

from keepfit.records import SignedColumn
from keepfit.serving.answers import Answers
from keepfit.serving.version import Live

_KINDS: dict[str, dict[str, Any]] = {
    "float": {"type": "number"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "category": {"type": "string"},
    "text": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
}


def model(live: Live) -> dict[str, Any]:
    """What ``GET /v1/models/{name}`` answers."""
    signature, manifest = live.signature, live.manifest
    return {
        "use_case": signature.use_case,
        "version": live.seat.number,
        "digest": live.seat.digest,
        "task": signature.task,
        "description": signature.description,
        "label": signature.label,
        "classes": list(manifest.classes),
        "timezone": signature.timezone,
        "trained_as_of": manifest.as_of,
        "engine": live.scorer.engine,
        "features": [column(each) for each in signature.columns if "feature" in each.roles],
        "optional": [column(each) for each in signature.columns if "feature" not in each.roles],
        "explains": live.explainer is not None,
        "example": example(live),
    }


def column(signed: SignedColumn) -> dict[str, Any]:
    """A name, its type, and the limits that it has."""
    said: dict[str, Any] = to_builtins(signed)
    return {
        name: value for name, value in said.items() if name == "nullable" or (value is not None and value is not False)
    }


def example(live: Live) -> dict[str, Any]:
    """The made-up record, as JSON."""
    made: dict[str, Any] = to_builtins(live.example)
    return made


def record_schema(live: Live) -> dict[str, Any]:
    """The JSON schema of a record."""
    columns = live.signature.columns
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [each.name for each in columns if not each.nullable],
        "properties": {each.name: _schema(each) for each in columns},
        "example": example(live),
    }


def _schema(signed: SignedColumn) -> dict[str, Any]:
    limits = {
        "minimum": signed.min,
        "maximum": signed.max,
        "minLength": signed.min_length,
        "maxLength": signed.max_length,
        "enum": None if signed.values is None or signed.unseen_kept else list(signed.values),
        "description": signed.unit,
    }
    if signed.type == "int":
        limits["minimum"] = signed.min if signed.min is not None else -(2**63)
        limits["maximum"] = signed.max if signed.max is not None else 2**63 - 1
    schema = _KINDS[signed.type] | {name: value for name, value in limits.items() if value is not None}
    forms = [schema]
    if signed.type in {"category", "text"} and "enum" not in schema:  # what JSON writes otherwise is a text too
        forms += [{"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}, {"type": "boolean"}]
    if signed.nullable:
        forms.append({"type": "null"})
    return {"anyOf": forms} if len(forms) > 1 else schema


def readiness(answers: Answers) -> tuple[bool, dict[str, Any]]:
    """Whether every use case is answered for, and where each stands."""
    cases = {name: _standing(follower.state) for name, follower in answers.followers.items()}
    for name, follower in answers.followers.items():
        cases[name]["rollout"] = follower.rolling.standing()
    stands = not answers.draining and all(each["status"] in {"ready", "disabled"} for each in cases.values())
    states = {name: log.state for name, log in answers.logs.items()}
    for name, state in states.items():
        cases[name]["log"] = {"waiting_bytes": state.waiting_bytes, "trouble": state.problem}
    ready = stands and not any(state.ended for state in states.values())
    return ready, {"ready": ready, "draining": answers.draining, "worker": answers.worker, "use_cases": cases}


def _standing(state: Any) -> dict[str, Any]:
    status = "disabled" if state.disabled else "ready" if state.live else "no champion"
    return {
        "status": status,
        "version": state.live.seat.number if state.live and not state.disabled else None,
        "source": "local copy" if state.local else "store",
        "entry": state.seq,
        "trouble": state.trouble,
    }
