"""What every section of a use case is: closed, frozen, strict."""

from pydantic import BaseModel, ConfigDict, Strict

# YAML has lists, a frozen tree has tuples: the one coercion that strictness must not refuse.
AsTuple = Strict(strict=False)


class Section(BaseModel):
    """A closed, frozen, strict part of the YAML."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )
