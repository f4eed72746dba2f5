"""The OpenAPI document of what is served now."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from keepfit.serving import describe
from keepfit.serving.answers import Answers
from keepfit.serving.problems import MEDIA_TYPE
from keepfit.serving.version import Live

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_WORDS = {
    400: "The body is not JSON, or an object in it names something twice.",
    401: "A bearer token is required.",
    403: "The token lacks the scope.",
    404: "No such model.",
    408: "The body did not come in time.",
    409: "The version carries no background to explain against.",
    410: "The use case was taken out of service.",
    413: "The body is too large, or holds too many records.",
    415: "The body is not JSON, or packed.",
    422: "A record is not what the version takes; the first errors by JSON pointer.",
    504: "The answer took too long.",
    503: "No version answers yet, or too many requests are waiting; Retry-After says when to ask again.",
}
_READING = (401, 403, 410, 503)


def openapi(answers: Answers) -> dict[str, Any]:
    """The document; a use case that no version answers for is not in it."""
    lives = {name: follower.state.live for name, follower in answers.followers.items()}
    served = {name: live for name, live in lives.items() if live and not answers.followers[name].state.disabled}
    paths: dict[str, Any] = {
        "/livez": {"get": _get("The process runs.", {"type": "object"}, ())},
        "/readyz": {"get": _get("Every use case is answered for.", {"type": "object"}, (503,))},
        "/v2": {"get": _get("The server.", {"type": "object"}, (401, 403))},
    }
    for name, live in served.items():
        paths |= _paths(name, live)
    records = {f"{name}_record": describe.record_schema(live) for name, live in served.items()}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Keepfit", "version": version("keepfit"), "description": "Predictions of the champions."},
        "paths": paths,
        "components": {"schemas": {"Problem": _problem(), **records}},
    }
    if answers.tokens.scopes:
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"bearer": []}]
    return document


def _paths(name: str, live: Live) -> dict[str, Any]:
    record = {"$ref": f"#/components/schemas/{name}_record"}
    many = {
        "type": "object",
        "additionalProperties": False,
        "required": ["records"],
        "properties": {"records": {"type": "array", "minItems": 1, "maxItems": 10_000, "items": record}},
    }
    predict = {
        "summary": f"Predictions: {live.signature.description}",
        "parameters": [_EXPLAIN],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"anyOf": [many, record]}}}},
        "responses": _responses(_answer(live), (400, 401, 403, 408, 409, 410, 413, 415, 422, 503, 504)),
    }
    return {
        f"/v1/models/{name}": {"get": _get("What the version is and takes.", {"type": "object"}, _READING)},
        f"/v1/models/{name}/predict": {"post": predict},
        f"/v2/models/{name}": {"get": _get("The model, by the Open Inference Protocol.", {"type": "object"}, _READING)},
        f"/v2/models/{name}/ready": {"get": _get("Whether it answers.", {"type": "object"}, _READING)},
    }


def _answer(live: Live) -> dict[str, Any]:
    number = {"type": ["number", "null"]}
    by_class = {"type": "object", "additionalProperties": number}
    kinds = {"binary": ("score", number), "multiclass": ("scores", by_class), "regression": ("value", number)}
    name, kind = kinds[live.signature.task]
    decided: dict[str, Any] = {"decision": {"type": "string"}} if live.manifest.classes else {}
    prediction = {
        "type": "object",
        "required": ["id", name, *decided, "warnings"],
        "properties": {
            "id": {"type": "string"},
            name: kind,
            **decided,
            "warnings": {"type": "array", "items": {"type": "string"}},
            "reasons": _REASONS,
        },
    }
    return {
        "type": "object",
        "required": ["use_case", "version", "predictions"],
        "properties": {
            "use_case": {"const": live.signature.use_case},
            "version": {"type": "integer"},
            "predictions": {"type": "array", "items": prediction},
        },
    }


_EXPLAIN = {
    "name": "explain",
    "in": "query",
    "description": "Whether each prediction comes with its reasons; then at most 100 records.",
    "schema": {"enum": ["true", "false"]},
}
_REASONS = {
    "type": ["object", "null"],
    "description": "base, contributions and others add up to the score (of the class `of`) or the value.",
    "required": ["base", "contributions", "others"],
    "properties": {
        "of": {"type": "string"},
        "base": {"type": "number"},
        "contributions": {
            "type": "array",
            "maxItems": 5,
            "items": {
                "type": "object",
                "required": ["feature", "contribution"],
                "properties": {"feature": {"type": "string"}, "contribution": {"type": "number"}},
            },
        },
        "others": {"type": "number"},
    },
}


def _get(summary: str, schema: Mapping[str, Any], problems: tuple[int, ...]) -> dict[str, Any]:
    return {"summary": summary, "responses": _responses(schema, problems)}


def _responses(schema: Mapping[str, Any], problems: tuple[int, ...]) -> dict[str, Any]:
    good = {"description": "The answer.", "content": {"application/json": {"schema": schema}}}
    bad = {
        str(status): {"description": _WORDS[status], "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
        for status in problems
    }
    return {"200": good, **bad}


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    fault = {"type": "object", "properties": {"pointer": text, "code": text, "detail": text}}
    return {
        "type": "object",
        "description": "RFC 9457. Values of a request are never repeated.",
        "required": ["title", "status", "code", "detail"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "code": text,
            "detail": text,
            "errors": {"type": "array", "items": fault},
        },
    }
