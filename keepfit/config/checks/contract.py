"""The contract against itself: rules that fit their columns, and that can be broken and kept."""

from collections.abc import Iterator, Mapping

from keepfit.config.contract import ColumnRule, ColumnTolerance
from keepfit.config.document import Finding, Path, shown_path
from keepfit.config.model import UseCase
from keepfit.config.suggest import did_you_mean, listed
from keepfit.config.values import ColumnType

NUMBERS: frozenset[ColumnType] = frozenset({"int", "float"})
TEXTS: frozenset[ColumnType] = frozenset({"category", "text"})
_BELONGS: dict[str, frozenset[ColumnType]] = {
    "min": NUMBERS,
    "max": NUMBERS,
    "values": frozenset({"category"}),
    "min_length": TEXTS,
    "max_length": TEXTS,
    "matches": TEXTS,
}


def limits_fit_the_column(use_case: UseCase) -> Iterator[Finding]:
    """``min`` and ``max`` belong to numbers, ``values`` to categories, lengths and ``matches`` to texts."""
    for name, rule in use_case.contract.columns.items():
        path: Path = ("contract", "columns", name)
        for limit, types in _BELONGS.items():
            if getattr(rule, limit) is not None and rule.type not in types:
                stands = "stand" if limit == "values" else "stands"
                what = f"`{limit}` {stands} on a column whose `type` is {rule.type}"
                yield Finding((*path, limit), what, f"`type: {' or '.join(sorted(types))}`, or no `{limit}`")
        for low, high in (("min", "max"), ("min_length", "max_length")):
            yield from _in_order(path, low, high, getattr(rule, low), getattr(rule, high))
        if rule.values is not None and len(set(rule.values)) < len(rule.values):
            yield Finding((*path, "values"), "a value stands twice", "each value once")
        if rule.unseen_at_most is not None and rule.values is None:
            what = "`unseen_at_most` stands on a column without `values`: nothing is unseen there"
            yield Finding((*path, "unseen_at_most"), what, "`values`, or no `unseen_at_most`")


def _in_order(path: Path, low: str, high: str, least: float | None, most: float | None) -> Iterator[Finding]:
    if least is not None and most is not None and least > most:
        what = f"`{shown_path((*path, low))}` is above `{shown_path((*path, high))}`"
        found = f"{low} {least:g}, {high} {most:g}"
        yield Finding((*path, low), what, f"{low} at most {high}", found, "swap them, or correct one")


def patterns_are_regular(use_case: UseCase) -> Iterator[Finding]:
    """A pattern is one of RE2, which cannot take more than linear time."""
    patterns = {name: rule.matches for name, rule in use_case.contract.columns.items() if rule.matches is not None}
    for name, pattern in patterns.items():
        wrong = _what_is_wrong(pattern)
        if wrong is not None:
            what = "`matches` is not a regular expression that RE2 understands"
            expected = "a regular expression without look-around and back-references"
            yield Finding(("contract", "columns", name, "matches"), what, expected, f"`{pattern[:60]}`: {wrong}")


def _what_is_wrong(pattern: str) -> str | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        return str(error).removeprefix("Invalid regular expression: ")[:200]
    return None


def tolerances_can_matter(use_case: UseCase) -> Iterator[Finding]:
    """The share of one rule is not above that of all rules together, and is of a rule that is there."""
    most = use_case.contract.quarantine_at_most
    shares: dict[Path, float] = {}
    for name, rule in use_case.contract.columns.items():
        path: Path = ("contract", "columns", name, "quarantine_at_most")
        for key in _named(rule.quarantine_at_most):
            share = getattr(rule.quarantine_at_most, key)
            shares[path if key == "all" else (*path, key)] = share
            if not _can_break(rule, key):
                yield Finding((*path, key), f"a share for `{key}`, which the column does not ask for", f"`{key}` on it")
    for index, row_rule in enumerate(use_case.contract.rules):
        if row_rule.quarantine_at_most is not None:
            shares["contract", "rules", index, "quarantine_at_most"] = row_rule.quarantine_at_most
    for path, share in shares.items():
        if share > most:
            what = f"`{shown_path(path)}` is above `contract.quarantine_at_most`, which holds for all rules together"
            yield Finding(path, what, f"at most {most:.6g}", f"{share:.6g}", "lower it, or raise the other")


def _named(tolerance: ColumnTolerance | None) -> list[str]:
    return [key for key in ColumnTolerance.model_fields if getattr(tolerance, key, None) is not None]


def _can_break(rule: ColumnRule, key: str) -> bool:
    if key == "nullable":
        return not rule.nullable
    return key in {"all", "type"} or getattr(rule, key) is not None


def types(use_case: UseCase) -> Mapping[str, ColumnType]:
    """The columns that the table has for certain, with their types: those of the contract, key and event time."""
    data = use_case.data
    key: dict[str, ColumnType] = dict.fromkeys(data.key, "text")
    time: dict[str, ColumnType] = {data.event_time: "time"} if data.event_time else {}
    return {**key, **time, **{name: rule.type for name, rule in use_case.contract.columns.items()}}


def known_column(path: Path, name: str, known: Mapping[str, ColumnType]) -> Iterator[Finding]:
    """The column is there."""
    if name not in known:
        what = f"the rule is about the column `{name}`, which is not declared in `contract.columns`"
        yield Finding(path, what, f"one of {listed(known)}", f"`{name}`", did_you_mean(name, known))
