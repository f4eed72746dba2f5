"""Keys, labels, contract and features: which column may be what."""

from collections.abc import Iterator

from keepfit.config.document import Finding
from keepfit.config.model import FeatureKind, UseCase
from keepfit.config.suggest import did_you_mean, listed
from keepfit.config.values import ColumnType

_NUMBERS: frozenset[ColumnType] = frozenset({"int", "float"})
_TIMES: frozenset[ColumnType] = frozenset({"time"})
_FITS: dict[FeatureKind, frozenset[ColumnType]] = {
    "number": frozenset({"int", "float", "bool"}),
    "category": frozenset({"category", "text", "bool", "int"}),
    "hour": _TIMES,
    "day_of_week": _TIMES,
    "day_of_month": _TIMES,
    "day_of_year": _TIMES,
    "month": _TIMES,
}


def key_is_one(use_case: UseCase) -> Iterator[Finding]:
    """A key names each column once, and says nothing that is to be predicted."""
    data = use_case.data
    for column in sorted({column for column in data.key if data.key.count(column) > 1}):
        yield Finding(("data", "key"), f"`data.key` names the column `{column}` twice", do="name it once")
    if data.label.column in data.key:
        what = f"the label `{data.label.column}` (`data.label.column`) is part of `data.key`"
        yield Finding(("data", "key"), what, "a key that is known before the label")
    if data.label.column == data.event_time:
        what = "`data.label.column` and `data.event_time` are the same column"
        yield Finding(("data", "label", "column"), what, f"a column other than `{data.event_time}`")


def event_time_is_a_time(use_case: UseCase) -> Iterator[Finding]:
    """A contract that names the event time agrees that it is one."""
    name = use_case.data.event_time
    rule = use_case.contract.columns.get(name) if name is not None else None
    if name is not None and rule is not None and rule.type != "time":
        what = f"`{name}` is `data.event_time` and is not a time in the contract"
        yield Finding(("contract", "columns", name, "type"), what, "`type: time`")


def label_fits_the_task(use_case: UseCase) -> Iterator[Finding]:
    """A regression learns a number; classes are not times, and not numbers with fractions."""
    name = use_case.data.label.column
    rule = use_case.contract.columns.get(name)
    if rule is None:
        return
    regression = use_case.task == "regression"
    fits = rule.type in _NUMBERS if regression else rule.type not in ("time", "float")
    if not fits:
        what = f"the label `{name}` has a type that does not fit `task: {use_case.task}`"
        expected = "int or float" if regression else "category, text, int or bool"
        yield Finding(("contract", "columns", name, "type"), what, expected)


def no_leak(use_case: UseCase) -> Iterator[Finding]:
    """What is to be predicted, and what names a row, are not features: such a model is perfect, and worthless.

    One part of a key of several columns may be a category (the shop, in a key of shop and day): it names no row.
    """
    data = use_case.data
    if data.label.column in use_case.features:
        what = f"the label `{data.label.column}` (`data.label.column`) is among the features: a leak"
        yield Finding(("features", data.label.column), what, "features known before the label", do="remove it")
    for column in _keys_that_leak(use_case):
        what = f"the key column `{column}` (`data.key`) is among the features: a leak"
        yield Finding(("features", column), what, "features that say more than which row it is", do="remove it")


def _keys_that_leak(use_case: UseCase) -> list[str]:
    key, features = use_case.data.key, use_case.features
    names_rows = all(column in features for column in key)
    others = [c for c in key if c in features and c not in (use_case.data.label.column, use_case.data.event_time)]
    return [column for column in others if names_rows or features[column] != ("category",)]


def features_are_declared(use_case: UseCase) -> Iterator[Finding]:
    """A feature is a column of the contract, or the event time, read in a way that fits its type."""
    types = _types(use_case)
    for name, kinds in use_case.features.items():
        if name == use_case.data.label.column or name in _keys_that_leak(use_case):
            continue  # said already
        if name not in types:
            what = f"the feature `{name}` is not declared in `contract.columns`"
            do = did_you_mean(name, types) or f"declare `{name}` in `contract.columns`"
            yield Finding(("features", name), what, f"one of {listed(types)}", f"`{name}`", do)
            continue
        yield from _kinds_fit(name, kinds, types[name])


def _types(use_case: UseCase) -> dict[str, ColumnType]:
    declared: dict[str, ColumnType] = {name: rule.type for name, rule in use_case.contract.columns.items()}
    event_time: dict[str, ColumnType] = {use_case.data.event_time: "time"} if use_case.data.event_time else {}
    return declared | event_time


def _kinds_fit(name: str, kinds: tuple[FeatureKind, ...], type_: ColumnType) -> Iterator[Finding]:
    if len(set(kinds)) < len(kinds):
        yield Finding(("features", name), f"the feature `{name}` names a kind twice", "each kind once")
    for kind in kinds:
        if type_ not in _FITS[kind]:
            what = f"the feature `{name}` is to be read as {kind}, and its column is of type {type_}"
            fitting = [possible for possible, types in _FITS.items() if type_ in types]
            yield Finding(("features", name), what, f"one of {listed(fitting)}", f"`{kind}`")
