"""Rules across columns: their columns exist and can be compared, and the label decides nothing."""

from collections.abc import Iterator, Mapping

from keepfit.config.checks.contract import NUMBERS, TEXTS, known_column, types
from keepfit.config.document import Finding, Path, shown_path
from keepfit.config.model import UseCase
from keepfit.config.row_rules import AtLeastOne, Compare, Condition, RowRule, Sum, Together, Unique, When, columns_of
from keepfit.config.values import ColumnType


def rules_name_columns(use_case: UseCase) -> Iterator[Finding]:
    """A rule is about columns of the table, each once, and never about the label.

    A rule on the label would choose by their answer which rows are learnt from; and it could not be judged while the
    label is not known.
    """
    known, label = types(use_case), use_case.data.label.column
    for path, rule in _rules(use_case):
        seen: set[str] = set()
        for place, name in columns_of(rule).items():
            if name == label:
                what = f"the rule is about the label `{label}`: it would choose the rows by their answer"
                yield Finding((*path, *place), what, "columns that are known before the label", f"`{name}`")
            else:
                yield from known_column((*path, *place), name, known)
            if name in seen:
                yield Finding((*path, *place), f"the rule names the column `{name}` twice", "each column once")
            seen.add(name)


def rules_stand_once(use_case: UseCase) -> Iterator[Finding]:
    """No rule says what another one said."""
    seen: list[RowRule] = []
    for path, rule in _rules(use_case):
        bare = rule.model_copy(update={"quarantine_at_most": None})
        if bare in seen:
            yield Finding(path, "the rule stands twice", "each rule once")
        seen.append(bare)


def types_can_be_compared(use_case: UseCase) -> Iterator[Finding]:
    """Numbers with numbers, times with times; other types only for being equal; only numbers are added."""
    known = types(use_case)
    for path, rule in _rules(use_case):
        kinds = {name: known[name] for name in columns_of(rule).values() if name in known}
        if isinstance(rule, Sum):
            for place, name in columns_of(rule).items():
                if name in kinds and kinds[name] not in NUMBERS:
                    what = f"the column `{name}` is of type {kinds[name]} and cannot be added"
                    yield Finding((*path, *place), what, "columns of `type: float or int`")
        if isinstance(rule, Compare) and len(kinds) == 2:
            left, operator, right = rule.compare
            if not _comparable(kinds[left], kinds[right], operator):
                what = f"`{left}` ({kinds[left]}) and `{right}` ({kinds[right]}) cannot be compared by {operator}"
                yield Finding((*path, "compare"), what, "two numbers or two times; others only by == or !=")


def _comparable(left: ColumnType, right: ColumnType, operator: str) -> bool:
    families = (NUMBERS, frozenset({"time"}), *((TEXTS, frozenset({"bool"})) if operator in {"==", "!="} else ()))
    return any({left, right} <= family for family in families)


def conditions_fit_their_columns(use_case: UseCase) -> Iterator[Finding]:
    """A condition asks for values of the column's type, in order, and for nothing that contradicts itself."""
    known = types(use_case)
    for path, rule in _rules(use_case):
        if not isinstance(rule, When):
            continue
        for key, conditions in (("when", rule.when), ("then", rule.then)):
            for name, condition in conditions.items():
                if name in known:
                    yield from _condition((*path, key, name), condition, known[name])


def _condition(path: Path, condition: Condition, kind: ColumnType) -> Iterator[Finding]:
    limits = [key for key in ("min", "max") if getattr(condition, key) is not None]
    if condition == Condition():
        yield Finding(path, "the condition says nothing", "missing, present, `[VALUE, …]` or `{min: …, max: …}`")
    if condition.missing and (limits or condition.values is not None):
        yield Finding(path, "no value is missing and also something", "`missing`, or what the value is")
    for key in limits:
        if kind not in NUMBERS:
            yield Finding((*path, key), f"`{key}` on a column whose `type` is {kind}", "a column of numbers")
    if condition.min is not None and condition.max is not None and condition.min > condition.max:
        what = f"`{shown_path((*path, 'min'))}` is above `{shown_path((*path, 'max'))}`"
        yield Finding(path, what, "min at most max", f"min {condition.min:g}, max {condition.max:g}")
    odd = [value for value in condition.values or () if not _is_of(value, kind)]
    if odd:
        expected = "no list of values for times" if kind == "time" else f"values of `type: {kind}`"
        yield Finding(path, f"a value that a column of type {kind} cannot have", expected, f"{odd[0]!r}"[:60])


def _is_of(value: object, kind: ColumnType) -> bool:
    fits: Mapping[ColumnType, tuple[type, ...]] = {
        "bool": (bool,),
        "int": (int,),
        "float": (int, float),
        "category": (str,),
        "text": (str,),
        "time": (),
    }
    return isinstance(value, fits[kind]) and (kind == "bool" or not isinstance(value, bool))


def rules_can_matter(use_case: UseCase) -> Iterator[Finding]:
    """A rule about missing values is about columns that may lack one; what is unique is not so by the key already."""
    for path, rule in _rules(use_case):
        if isinstance(rule, Unique) and set(rule.unique) >= set(use_case.data.key):
            what = "the rule says nothing: `data.key` is unique already"
            yield Finding((*path, "unique"), what, "columns that do not hold the whole key")
        names = list(columns_of(rule).values())
        if isinstance(rule, Together) and not any(_may_miss(use_case, name) for name in names):
            what = "the rule says nothing: none of its columns may be missing"
            yield Finding((*path, "together"), what, "columns that are `nullable: true`")
        if isinstance(rule, AtLeastOne) and not all(_may_miss(use_case, name) for name in names):
            what = "the rule says nothing: one of its columns is never missing"
            yield Finding((*path, "at_least_one"), what, "columns that are `nullable: true`")
        if isinstance(rule, When):
            yield from _never(use_case, path, rule)


def _never(use_case: UseCase, path: Path, rule: When) -> Iterator[Finding]:
    for key, conditions in (("when", rule.when), ("then", rule.then)):
        for name, condition in conditions.items():
            if condition.missing and not _may_miss(use_case, name):
                what = f"`{name}` is to be missing, and the contract quarantines rows that lack it"
                yield Finding((*path, key, name), what, f"`nullable: true` on `{name}`")


def _may_miss(use_case: UseCase, name: str) -> bool:
    """Whether a sound row may lack the value (a column that is not there is told elsewhere)."""
    never = {*use_case.data.key, use_case.data.event_time}
    rule = use_case.contract.columns.get(name)
    return name not in never and (rule is None or rule.nullable)


def _rules(use_case: UseCase) -> Iterator[tuple[Path, RowRule]]:
    for index, rule in enumerate(use_case.contract.rules):
        yield ("contract", "rules", index), rule
