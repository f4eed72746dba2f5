"""Readings of a mapping: formats, marks, codes, defaults and units that fit the type of their column."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from keepfit.config.checks.mapping import Item, known_items
from keepfit.config.document import Finding, shown
from keepfit.config.mapping import Scalar
from keepfit.config.model import UseCase
from keepfit.config.suggest import did_you_mean
from keepfit.config.time_format import WORDS, time_format
from keepfit.config.units import conversion
from keepfit.config.values import ColumnType

_NUMBERS: tuple[ColumnType, ...] = ("int", "float")
_BELONGS: dict[str, tuple[ColumnType, ...]] = {
    "format": ("time",),
    "timezone": ("time",),
    "years_from": ("time",),
    "decimal": _NUMBERS,
    "thousands": _NUMBERS,
    "unit": _NUMBERS,
    "to": _NUMBERS,
}
_WANTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "time": "a time such as 2013-07-01T12:00Z",
}


def keys_fit_the_type(use_case: UseCase) -> Iterator[Finding]:
    """Formats and zones belong to times, marks and units to numbers."""
    for item in known_items(use_case):
        for key, kinds in _BELONGS.items():
            if key in item.how.model_fields_set and item.kind not in kinds:
                what = f"`{key}` stands on `{item.name}`, {_kind_in_words(item)}"
                expected = f"a column of type {' or '.join(kinds)}"
                yield Finding((*item.path, key), what, expected, do=_declare(item))
        if item.how.decimal == item.how.thousands:
            what = "`decimal` and `thousands` are the same mark"
            yield Finding((*item.path, "thousands"), what, "two marks", f"`{item.how.decimal}` twice")
        if "unknown" in item.how.model_fields_set and not item.how.codes:
            yield Finding((*item.path, "unknown"), "`unknown` stands without `codes`", "`codes: {…}`, or no `unknown`")


def _kind_in_words(item: Item) -> str:
    return f"whose type is {item.kind}" if item.kind else "whose type nothing declares"


def _declare(item: Item) -> str:
    return "" if item.kind else f"declare its type: `data.sources.{item.source}.columns: {{{item.name}: …}}`"


def values_fit_the_type(use_case: UseCase) -> Iterator[Finding]:
    """Codes, the value for unknown ones and the default are values that the contract's column can hold."""
    for item in known_items(use_case):
        written: dict[tuple[str, ...], Scalar | None] = {("codes", key): code for key, code in item.how.codes.items()}
        written[("default",)] = item.how.default
        if item.how.unknown not in ("refuse", "keep"):
            written[("unknown",)] = item.how.unknown
        for steps, value in written.items():
            if value is not None and not _fits(value, item.kind or "text"):
                what = f"`{steps[-1]}` gives `{item.name}` a value that does not fit, {_kind_in_words(item)}"
                expected = _WANTED.get(item.kind or "text", f"text; in quotes if need be: '{value}'")
                yield Finding((*item.path, *steps), what, expected, shown(value), _declare(item))


def _fits(value: Scalar, kind: ColumnType) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind in _NUMBERS:
        return not isinstance(value, bool | str) and (kind == "float" or _whole(value))
    return isinstance(value, str) and (kind != "time" or _is_time(value))


def _whole(value: int | float) -> bool:
    return isinstance(value, int) and abs(value) < 2**63


def _is_time(text: str) -> bool:
    """As data are read: an ISO 8601 calendar date, with or without a time of day."""
    try:
        return text[4:5] == "-" and text[7:8] == "-" and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def defaults_invent_nothing(use_case: UseCase) -> Iterator[Finding]:
    """When a row happened and what its answer was is known or not; a default would make it up."""
    data = use_case.data
    for item in known_items(use_case):
        said = {data.event_time: "`data.event_time`", data.label.column: "the label (`data.label.column`)"}
        if item.how.default is not None and item.name in said:
            what = f"`{item.name}` is {said[item.name]}: a default would make up what nobody observed"
            yield Finding((*item.path, "default"), what, "no `default`", do="remove it; rows without one are counted")


def formats_say_a_moment(use_case: UseCase) -> Iterator[Finding]:
    """Every format says one whole moment, once; two-digit years are said to begin somewhere; zones exist."""
    for item in known_items(use_case):
        how = item.how
        for number, text in enumerate(how.format):
            path = (*item.path, "format", number) if len(how.format) > 1 else (*item.path, "format")
            if text in how.format[:number]:
                yield Finding(path, "a format stands twice", "each once", f"`{text}`")
            elif text not in WORDS and (wrong := _wrong(text)):
                yield Finding(path, f"`{text}` is not the format of a time", wrong, f"`{text}`")
        short = any("%y" in text for text in how.format)
        if short and how.years_from is None:
            what = "`%y` has two digits, and nothing says of which hundred years"
            do = "write for example `years_from: 1970`, so that 70 is 1970 and 13 is 2013"
            yield Finding((*item.path, "format"), what, "`years_from`, or `%Y`", do=do)
        if how.years_from is not None and not short:
            yield Finding((*item.path, "years_from"), "`years_from` stands without `%y`", "`%y` in a format")
        if how.timezone is not None and not _is_zone(how.timezone):
            do = did_you_mean(how.timezone, available_timezones())
            expected = "a name such as America/New_York or UTC"
            yield Finding((*item.path, "timezone"), "no such time zone", expected, do=do)


def _wrong(text: str) -> str:
    try:
        time_format(text)
    except ValueError as error:
        return str(error)
    return ""


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True


def units_can_be_converted(use_case: UseCase) -> Iterator[Finding]:
    """A unit of the source has a unit of the contract (or ``to``) that it can become."""
    for item in known_items(use_case):
        rule = use_case.contract.columns.get(item.name)
        contract = rule.unit if rule is not None else None
        how = item.how
        if how.to is not None and (how.unit is None or contract is not None):
            what = "`to` stands without `unit`" if how.unit is None else f"the contract has the unit: {contract}"
            yield Finding((*item.path, "to"), what, "`unit: km, to: mile`, for a column that only `query` sees")
        if how.unit is None or item.kind not in _NUMBERS:
            continue
        target = contract or how.to
        if target is None:
            do = (
                f"write `unit` at `contract.columns.{item.name}`"
                if rule is not None
                else f"write what the query expects: `{{unit: {how.unit}, to: …}}`"
            )
            yield Finding((*item.path, "unit"), f"nothing says what {how.unit} is to become", "a unit", do=do)
        elif (wrong := _cannot(how.unit, target)) and item.kind in _NUMBERS:
            yield Finding((*item.path, "unit"), wrong, f"a unit that can become {target}", f"`{how.unit}`")


def _cannot(source: str, target: str) -> str:
    try:
        conversion(source, target)
    except ValueError as error:
        return str(error)
    return ""
