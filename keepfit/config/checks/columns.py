"""Keys, labels, contract and features: which column may be what."""

from collections.abc import Iterator, Mapping, Set

from keepfit.config.document import Finding
from keepfit.config.features import CALENDAR, Derived, FeatureForm, FeatureKind, inputs_of
from keepfit.config.model import UseCase
from keepfit.config.suggest import did_you_mean, listed
from keepfit.config.values import ColumnType

_NUMBERS: frozenset[ColumnType] = frozenset({"int", "float"})
_TIMES: frozenset[ColumnType] = frozenset({"time"})
_NAMES: frozenset[ColumnType] = frozenset({"category", "text", "bool", "int"})
_FITS: dict[FeatureKind, frozenset[ColumnType]] = {
    "number": frozenset({"int", "float", "bool"}),
    "category": _NAMES,
    "target_encoding": _NAMES,
    "hashing": _NAMES,
    "text": frozenset({"category", "text"}),
    **dict.fromkeys(CALENDAR, _TIMES),
}
_CATEGORIES: frozenset[FeatureKind] = frozenset({"category", "target_encoding", "hashing"})


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
    keys = _keys_that_leak(use_case)
    for name, how in use_case.features.items():
        for column in inputs_of({name: how}):
            if column == data.label.column:
                what = f"the label `{column}` (`data.label.column`) is among the features: a leak"
                yield Finding(("features", name), what, "features known before the label", do="remove it")
            elif column in keys:
                what = f"the key column `{column}` (`data.key`) is among the features: a leak"
                yield Finding(("features", name), what, "features that say more than which row it is", do="remove it")


def _keys_that_leak(use_case: UseCase) -> frozenset[str]:
    """Columns of the key that are a feature, or an input of one, but for parts of it that are categories."""
    key, data = use_case.data.key, use_case.data
    read = inputs_of(use_case.features)
    names_rows = all(column in read for column in key)
    others = {column for column in key if column in read and column not in (data.label.column, data.event_time)}
    return frozenset(column for column in others if names_rows or not _only_a_category(column, use_case.features))


def _only_a_category(column: str, features: Mapping[str, FeatureForm]) -> bool:
    own = [how for name, how in features.items() if column in inputs_of({name: how})]
    return all(not isinstance(how, Derived) and _CATEGORIES.issuperset(how) for how in own)


def features_are_declared(use_case: UseCase) -> Iterator[Finding]:
    """A feature is a column of the contract, or the event time, or made of two such, read in a way that fits."""
    types = _types(use_case)
    said = {use_case.data.label.column, *_keys_that_leak(use_case)}
    for name, how in use_case.features.items():
        yield from _columns_exist(name, how, types, said)
        if isinstance(how, Derived):
            yield from _derived_fits(name, how, types)
        elif name in types and name not in said:
            yield from _kinds_fit(name, how, types[name])


def _columns_exist(name: str, how: FeatureForm, types: Mapping[str, ColumnType], said: Set[str]) -> Iterator[Finding]:
    for column in inputs_of({name: how}):
        if column in types or column in said:
            continue
        what = f"the feature `{name}` is not declared in `contract.columns`"
        if column != name:
            what = f"`{column}`, of which `{name}` is made, is not declared in `contract.columns`"
        do = did_you_mean(column, types) or f"declare `{column}` in `contract.columns`"
        yield Finding(("features", name), what, f"one of {listed(types)}", f"`{column}`", do)


def _types(use_case: UseCase) -> dict[str, ColumnType]:
    declared: dict[str, ColumnType] = {name: rule.type for name, rule in use_case.contract.columns.items()}
    event_time: dict[str, ColumnType] = {use_case.data.event_time: "time"} if use_case.data.event_time else {}
    return declared | event_time


def _derived_fits(name: str, how: Derived, types: Mapping[str, ColumnType]) -> Iterator[Finding]:
    if name in types:
        what = f"`{name}` is a column, and the name of a feature made of {listed(how.of)}"
        yield Finding(("features", name), what, "a name that no column has")
    if how.of[0] == how.of[1]:
        yield Finding(("features", name), f"`{name}` is made of `{how.of[0]}` twice", "two columns")
    fitting = _TIMES if how.how == "hours_between" else _NUMBERS
    for column in how.of:
        if column in types and types[column] not in fitting:
            what = f"`{name}` is the {how.how} of `{column}`, which is of type {types[column]}"
            do = "for times: hours_between" if types[column] == "time" else ""
            yield Finding(("features", name), what, f"columns of type {listed(sorted(fitting))}", do=do)


def _kinds_fit(name: str, kinds: tuple[FeatureKind, ...], type_: ColumnType) -> Iterator[Finding]:
    if len(set(kinds)) < len(kinds):
        yield Finding(("features", name), f"the feature `{name}` names a kind twice", "each kind once")
    for kind in kinds:
        if type_ not in _FITS[kind]:
            what = f"the feature `{name}` is to be read as {kind}, and its column is of type {type_}"
            fitting = [possible for possible, types in _FITS.items() if type_ in types]
            yield Finding(("features", name), what, f"one of {listed(fitting)}", f"`{kind}`")


def features_read_a_column_in_one_way(use_case: UseCase) -> Iterator[Finding]:
    """A whole number may be a number or a category, not both: it is read once."""
    numbers = {column for how in use_case.features.values() if isinstance(how, Derived) for column in how.of}
    for name, how in use_case.features.items():
        if isinstance(how, Derived):
            continue
        number = name in numbers or "number" in how
        if number and not _CATEGORIES.isdisjoint(how):
            what = f"the column `{name}` is read both as a number and as a category"
            do = "give `data.query` a copy of the column under another name"
            yield Finding(("features", name), what, "one of the two", do=do)
