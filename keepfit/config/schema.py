"""The JSON schema of a use case, generated from the model, for editors that complete and check while one writes."""

import json
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from keepfit.config.model import UseCase
from keepfit.config.values import format_duration


def schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of the YAML, with its short forms; what passes it may still contradict itself."""
    generated = UseCase.model_json_schema(mode="validation", schema_generator=_Generator)
    # pydantic lets other names pass beside a pattern; the model does not
    generated["$defs"]["Data"]["properties"]["sources"]["additionalProperties"] = False
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": "use_case.schema.json",
        "title": "A Keepfit use case",
    }
    return head | {key: value for key, value in generated.items() if key not in head}


def schema_file() -> str:
    """The text of ``configs/use_case.schema.json``."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """Defaults in the words of the YAML, and no titles that only repeat names."""

    def encode_default(self, dft: Any) -> Any:
        """Durations as the YAML writes them."""
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """A default that no file could hold, such as no time at all, is left out."""
        made = super().default_schema(schema)
        return {key: value for key, value in made.items() if (key, value) != ("default", "0s")}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """The key is the title."""
        return False
