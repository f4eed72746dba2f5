"""What the model says is wrong with a tree, told to the person who wrote the file."""

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from keepfit.config.document import Document, Finding, Path, shorten, shown_path
from keepfit.config.gates import GATES, GateRule, deciding_key, meant
from keepfit.config.model import UseCase
from keepfit.config.row_rules import RULES, RowRule
from keepfit.config.row_rules import deciding_key as deciding_key_of_rule
from keepfit.config.suggest import closest, listed
from keepfit.config.values import SAYS_SOMETHING

_EXPECTED = {
    "string_type": "text",
    "float_type": "a number, without quotes",
    "int_type": "a whole number, without quotes",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "finite_number": "a finite number",
    "none_required": "nothing",
}


def explain(document: Document, error: ValidationError) -> list[Finding]:
    """One finding for each thing that is wrong, without the model's own words for its parts."""
    details = [(_path(document, detail), detail) for detail in error.errors(include_url=False)]
    replaced = {
        (*path[:-1], meant_key)
        for path, detail in details
        if detail["type"] == "extra_forbidden" and (meant_key := _meant(document, path))
    }
    return [
        _finding(document, path, detail)
        for path, detail in details
        if not (detail["type"] == "missing" and path in replaced)
    ]


def _path(document: Document, detail: ErrorDetails) -> Path:
    """The path in the file: tags of unions and names of types, which are in no file, are left out."""
    path: Path = ()
    for step in (*detail["loc"], *detail.get("ctx", {}).get("at", ())):
        if _inside(document.value(path), step):
            path = (*path, step)
    missing = detail["type"] == "missing"
    return (*path, detail["loc"][-1]) if missing else path


def _inside(node: Any, step: str | int) -> bool:
    return step in node if isinstance(node, dict) else isinstance(node, list) and step in range(len(node))


def _finding(document: Document, path: Path, detail: ErrorDetails) -> Finding:
    context: Mapping[str, Any] = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_key(document, path)
        case "missing":
            return Finding(path, f"`{shown_path(path)}` is missing", expected=_about(path), found="nothing")
        case "gate" | "too_short" if path[0] == "gates":
            return _no_gate(document, path)
        case "keepfit":
            return Finding(path, context["what"], expected=context["expected"], do=context["do"])
        case "literal_error":
            return _not_one_of(document, path, context["expected"])
    return Finding(path, f"`{shown_path(path)}` is not what it should be", expected=_expected(detail))


def _unknown_key(document: Document, path: Path) -> Finding:
    key = str(path[-1])
    what = f"unknown key `{shorten(key)}`"
    found = _meant(document, path)
    do = f"did you mean `{found}`?" if found else _belongs(key)
    if key in GATES and path[0] == "gates":
        do = "a gate asks one thing: write a gate of its own for it"
    known = keys_at(document, path[:-1])
    return Finding(path, what, expected=f"one of {listed(known, most=30)}", found=f"`{shorten(key)}`", do=do)


def _meant(document: Document, path: Path) -> str | None:
    """The known key that an unknown one stands for, if it is near and not there already."""
    parent = document.value(path[:-1])
    known = keys_at(document, path[:-1])
    key = str(path[-1])
    if path[0] == "gates" and (found := meant(key, parent.get("metric"))):
        return found if found not in parent and found in known else None
    return closest(key, [name for name in known if name not in parent])


def _belongs(key: str) -> str:
    places = [section for section, names in _sections() if key in names]
    return f"`{key}` belongs under {' or '.join(f'`{place}`' for place in places)}" if places else ""


def _no_gate(document: Document, path: Path) -> Finding:
    if path == ("gates",):
        return Finding(path, "there are no gates: every model would pass", expected="at least one gate")
    return Finding(
        path,
        "the gate does not say what it asks" if isinstance(document.value(path), dict) else "a gate is a mapping",
        expected=f"one of the keys {listed(GATES)}",
        do="for example `{metric: roc_auc, at_least: 0.6}`",
    )


def _not_one_of(document: Document, path: Path, allowed: str) -> Finding:
    names = allowed.replace("'", "").replace(" or ", ", ").split(", ")
    value = document.value(path)
    found = closest(value, names) if isinstance(value, str) else None
    do = f"did you mean `{found}`?" if found else ""
    return Finding(
        path, f"`{shown_path(path)}` is none of the words allowed", expected=f"one of {listed(names)}", do=do
    )


def _expected(detail: ErrorDetails) -> str:
    context: Mapping[str, Any] = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            return str(context["error"])
        case "string_pattern_mismatch":
            blank = context["pattern"] == SAYS_SOMETHING
            return "text with more than blanks" if blank else f"text that matches {context['pattern']}"
        case "too_short":
            return f"at least {context['min_length']} of them"
        case "string_too_short":
            return "text that is not empty"
        case "string_too_long":
            return f"at most {context['max_length']} characters"
    return _EXPECTED.get(detail["type"]) or detail["msg"].removeprefix("Input should be ")


def keys_at(document: Document, path: Path) -> list[str]:
    """The keys that a mapping of the file may hold."""
    kinds: list[Any] = [UseCase]
    for step in path:
        kinds = [inner for kind in kinds for inner in _step(kind, step)]
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    gate = document.value(path) if models and issubclass(models[0], GateRule) else None
    if isinstance(gate, dict) and (key := deciding_key(gate)):
        models = [GATES[key]]
    rule = document.value(path) if models and issubclass(models[0], RowRule) else None
    if isinstance(rule, dict) and (key := deciding_key_of_rule(rule)):
        models = [RULES[key]]
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def _step(kind: Any, step: str | int) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if step in kind.model_fields:
            yield from _kinds(kind.model_fields[str(step)].annotation)
    elif get_origin(kind) is dict:
        yield from _kinds(get_args(kind)[1])
    elif get_origin(kind) is tuple:
        yield from _kinds(get_args(kind)[0])


def _kinds(annotation: Any) -> Iterator[Any]:
    """What an annotation may hold, without its decorations."""
    if get_origin(annotation) is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _kinds(option)
    else:
        yield annotation


def _sections() -> Iterator[tuple[str, frozenset[str]]]:
    """The sections of a file with the keys that they may hold."""
    for name, field in UseCase.model_fields.items():
        for kind in _kinds(field.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield name, frozenset(kind.model_fields)


def _about(path: Path) -> str:
    """The documentation of a field, as it stands in the model."""
    kinds: list[Any] = [UseCase]
    for step in path[:-1]:
        kinds = [inner for kind in kinds for inner in _step(kind, step)]
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    fields = [model.model_fields[str(path[-1])] for model in models if path[-1] in model.model_fields]
    return next((field.description for field in fields if field.description), "")
