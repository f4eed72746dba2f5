"""The closed contract: which columns a row has, and of which type, those included that the YAML names elsewhere."""

from typing import TYPE_CHECKING

from keepfit.config.contract import ColumnRule
from keepfit.config.model import UseCase
from keepfit.config.values import ColumnType
from keepfit.data.refused import HIDDEN

if TYPE_CHECKING:
    import pyarrow as pa


def declared(use_case: UseCase, schema: "pa.Schema | None" = None) -> dict[str, ColumnRule]:
    """Every column of a row and its rule, in the order of the YAML.

    Key, event time and label belong to the contract also when it does not name them: a key is text, a label has the
    type that the task asks for (of a whole number or a truth value in ``schema`` it keeps that type). Key and event
    time are never null; a label may be, here: whether it may be missing is for ``label.missing_at_most`` to say.
    """
    data = use_case.data
    rules = dict(use_case.contract.columns)
    if data.event_time is not None:
        rules.setdefault(data.event_time, ColumnRule(type="time"))
    for column in data.key:
        rules.setdefault(column, ColumnRule(type="text"))
    for column in (*data.key, *([data.event_time] if data.event_time else [])):
        rules[column] = rules[column].model_copy(update={"nullable": False})
    label = rules.get(data.label.column, ColumnRule(type=_label_type(use_case, schema)))
    rules[data.label.column] = label.model_copy(update={"nullable": True})
    return rules


def _label_type(use_case: UseCase, schema: "pa.Schema | None") -> ColumnType:
    import pyarrow as pa

    if use_case.task == "regression":
        return "float"
    column = use_case.data.label.column
    if schema is None or column not in schema.names:
        return "category"
    found = schema.field(column).type
    if pa.types.is_boolean(found):
        return "bool"
    return "int" if pa.types.is_integer(found) else "category"


def source_types(use_case: UseCase, source: str) -> dict[str, ColumnType]:
    """The types by which the columns of a source are read; one that is not here is read as it stands (CSV: as text)."""
    types = {column: rule.type for column, rule in declared(use_case).items()}
    return types | use_case.data.sources[source].columns


def visible(names: list[str]) -> list[str]:
    """The columns that are not Keepfit's own.

    >>> visible(["origin", "_file", "_row"])
    ['origin']
    """
    return [name for name in names if name not in HIDDEN]
