"""Protected columns are columns, and can be made into groups."""

from collections.abc import Iterator

from keepfit.config.document import Finding, Path
from keepfit.config.model import UseCase
from keepfit.config.suggest import did_you_mean, listed
from keepfit.config.values import ColumnType

_NUMBERS: tuple[ColumnType, ...] = ("int", "float")
LEVELS: tuple[ColumnType, ...] = ("category", "text", "bool", "int")


def protected_columns_can_be_grouped(use_case: UseCase) -> Iterator[Finding]:
    """Each is a column of the contract and not the label; a number has bands, and only a number has."""
    rules = use_case.contract.columns
    for name, how in use_case.protected.items():
        path: Path = ("protected", name)
        if name == use_case.data.label.column:
            what = f"`{name}` is the label: groups of it say what each class is worth, and the report has them"
            yield Finding(path, what, "a column that is known before the label", do="remove it")
        elif name not in rules:
            what = f"the protected column `{name}` is not declared in `contract.columns`"
            do = did_you_mean(name, rules) or f"declare `{name}` in `contract.columns`"
            yield Finding(path, what, f"one of {listed(rules)}", f"`{name}`", do)
        elif how.bands and rules[name].type not in _NUMBERS:
            what = f"`{name}` is no number, so it has no bands"
            yield Finding((*path, "bands"), what, "int or float in the contract", rules[name].type)
        elif not how.bands and rules[name].type not in LEVELS:
            what = f"the protected column `{name}` has too many values to be groups"
            do = f"write `{name}: {{bands: [limit, …]}}`" if rules[name].type in _NUMBERS else "name another column"
            yield Finding(path, what, f"{listed(LEVELS)}, or a number with bands", rules[name].type, do)


def bands_rise(use_case: UseCase) -> Iterator[Finding]:
    """Limits of bands are in order, each once."""
    for name, how in use_case.protected.items():
        if any(low >= high for low, high in zip(how.bands, how.bands[1:], strict=False)):
            found = ", ".join(f"{limit:g}" for limit in how.bands)
            yield Finding(("protected", name, "bands"), f"the bands of `{name}` do not rise", "rising limits", found)
