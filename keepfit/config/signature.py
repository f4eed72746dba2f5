"""The signature of a version: the part of the YAML that a request is held to."""

from keepfit.config.contract import ColumnRule
from keepfit.config.features import inputs_of
from keepfit.config.model import UseCase
from keepfit.records import Role, Signature, SignedColumn

_PLAIN = {"key": "text", "event_time": "time"}  # of columns that the contract does not name


def signature_of(use_case: UseCase) -> Signature:
    """What a record may hold: the columns that features read, then key, event time and protected columns.

    Only features must be there. The label is no part of a record, also where it is named as a protected column.
    """
    roles = _roles(use_case)
    return Signature(
        use_case=use_case.name,
        description=use_case.description,
        task=use_case.task,
        timezone=use_case.data.timezone,
        label=use_case.data.label.column,
        columns=tuple(_signed(use_case, name, tuple(found)) for name, found in roles.items()),
    )


def _roles(use_case: UseCase) -> dict[str, list[Role]]:
    data = use_case.data
    named: list[tuple[Role, list[str]]] = [
        ("feature", list(inputs_of(use_case.features))),
        ("key", list(data.key)),
        ("event_time", [data.event_time] if data.event_time else []),
        ("protected", list(use_case.protected)),
    ]
    roles: dict[str, list[Role]] = {}
    for role, columns in named:
        for column in columns:
            if column != data.label.column:
                roles.setdefault(column, []).append(role)
    return roles


def _signed(use_case: UseCase, name: str, roles: tuple[Role, ...]) -> SignedColumn:
    rule = use_case.contract.columns.get(name)
    if rule is None:
        rule = ColumnRule.model_validate({"type": next((_PLAIN[role] for role in roles if role in _PLAIN), "text")})
    optional = "feature" not in roles
    return SignedColumn(
        name=name,
        type=rule.type,
        roles=roles,
        nullable=optional or (rule.nullable and name not in use_case.data.key and name != use_case.data.event_time),
        min=rule.min,
        max=rule.max,
        values=rule.values,
        unseen_kept=bool(rule.unseen_at_most),
        min_length=rule.min_length,
        max_length=rule.max_length,
        matches=rule.matches,
        unit=rule.unit,
    )
