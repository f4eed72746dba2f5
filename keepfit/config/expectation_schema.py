"""The JSON schema of the list of expectations, made from the tables of kinds."""

from typing import Any

from keepfit.config.expectation_arguments import takes
from keepfit.config.expectations import SEVERITY, Argument, Kind, kinds


class ExpectationSchema:
    """Tells pydantic the schema when somebody asks for it, not at import: the tables are a file."""

    def __get_pydantic_json_schema__(self, *_: Any) -> dict[str, Any]:
        """The schema of one item."""
        return expectation_schema()


def expectation_schema() -> dict[str, Any]:
    """One name with its arguments: ``{expect_…: {argument: value, severity: stop | hold | warn}}``."""
    return {
        "type": "object",
        "properties": {name: _kind(kind) for name, kind in sorted(kinds().items())},
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }


def _kind(kind: Kind) -> dict[str, Any]:
    arguments = {**kind.arguments, "severity": SEVERITY}
    return {
        "type": "object",
        "description": kind.about,
        "properties": {name: _argument(argument) for name, argument in arguments.items()},
        "required": [name for name, argument in kind.arguments.items() if argument.required],
        "additionalProperties": False,
    }


def _argument(argument: Argument) -> dict[str, Any]:
    form = takes(argument.takes)
    about = argument.about or f"As Great Expectations documents it: {form.expected}."
    return {"description": about, **form.schema}
