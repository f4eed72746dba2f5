"""Mappings: periods in order, columns that exist and are read once, and readings that fit the column's type."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from keepfit.config.document import Finding, Path
from keepfit.config.mapping import ColumnMapping
from keepfit.config.model import UseCase
from keepfit.config.suggest import did_you_mean, listed
from keepfit.config.values import ColumnType

_RESERVED = ("_file", "_row", "_time", "_reasons", "_raw")


class Item(NamedTuple):
    """One column of one period of one source, and where it stands in the file."""

    source: str
    period: int
    name: str
    how: ColumnMapping
    kind: ColumnType | None
    path: Path


def items(use_case: UseCase) -> Iterator[Item]:
    """Every column of every mapping; ``kind`` is None where nothing declares a type."""
    for source, declaration in use_case.data.sources.items():
        types = column_types(use_case) | declaration.columns
        for number, period in enumerate(declaration.mapping):
            path: Path = ("data", "sources", source, "mapping", number, "columns")
            for name, how in period.columns.items():
                yield Item(source, number, name, how, types.get(name), (*path, name))


def known_items(use_case: UseCase) -> Iterator[Item]:
    """Those whose column somebody knows; of the others only this is said."""
    return (item for item in items(use_case) if item.name in _known(item, use_case) or _in_query(item.name, use_case))


def _known(item: Item, use_case: UseCase) -> list[str]:
    return [*column_types(use_case), *use_case.data.sources[item.source].columns]


def column_types(use_case: UseCase) -> dict[str, ColumnType]:
    """The types of the columns of a row: of the contract, of the key, of the event time and of the label."""
    data = use_case.data
    label: ColumnType = "float" if use_case.task == "regression" else "category"
    types: dict[str, ColumnType] = {data.label.column: label, **dict.fromkeys(data.key, "text")}
    if data.event_time is not None:
        types[data.event_time] = "time"
    return types | {name: rule.type for name, rule in use_case.contract.columns.items()}


def periods_are_in_order(use_case: UseCase) -> Iterator[Finding]:
    """Every item but the first begins later than the one before; what begins needs an event time."""
    for source, declaration in use_case.data.sources.items():
        starts = [period.from_ for period in declaration.mapping]
        for number, start in enumerate(starts):
            path: Path = ("data", "sources", source, "mapping", number)
            if start is None and number > 0:
                what = f"`{source}` has several items, and this one does not say from when on it holds"
                yield Finding(path, what, "`from: 2013-07-01`", "no `from`", "write `from`")
            elif start is not None and use_case.data.event_time is None:
                what = "`from` needs `data.event_time`, which is not there: nothing says when a row happened"
                yield Finding((*path, "from"), what, do="write `data.event_time`, or leave `from` out")
            elif number > 0 and start is not None and not _later(starts[number - 1], start, use_case):
                what = "the items of a mapping are not in the order of their `from`"
                yield Finding(
                    (*path, "from"), what, f"later than {starts[number - 1]}", str(start), "put them in order"
                )


def _later(before: datetime | None, start: datetime, use_case: UseCase) -> bool:
    try:
        zone = ZoneInfo(use_case.data.timezone)
    except (KeyError, OSError, ValueError):
        return True  # said elsewhere
    moments = [each if each.tzinfo else each.replace(tzinfo=zone) for each in (before, start) if each is not None]
    return len(moments) < 2 or moments[0] < moments[1]


def columns_are_known(use_case: UseCase) -> Iterator[Finding]:
    """A name on the left is one of the contract, of the source's ``columns`` or of the query."""
    for item in items(use_case):
        known = _known(item, use_case)
        for name in {item.name, item.how.alias or item.name} & set(_RESERVED):
            yield Finding(item.path, f"`{name}` is a name that Keepfit needs itself", "another name")
        if item.name not in known and not _in_query(item.name, use_case):
            what = f"`{item.name}` is no column of the contract" + (" and not in the query" * bool(use_case.data.query))
            do = did_you_mean(item.name, known) or "write the contract's name on the left, the source's as `alias`"
            yield Finding(item.path, what, f"one of {listed(known)}", f"`{item.name}`", do)


def _in_query(name: str, use_case: UseCase) -> bool:
    """Whether the query holds the word; which source it then belongs to is for the query to say."""
    import re

    words = rf"(?<![A-Za-z0-9_]){re.escape(name.lower())}(?![A-Za-z0-9_])"
    return bool(re.search(words, (use_case.data.query or "").lower()))


def columns_are_read_once(use_case: UseCase) -> Iterator[Finding]:
    """Within a period no column of the source becomes two columns of the contract."""
    taken: dict[tuple[str, int], dict[str, str]] = {}
    every = list(items(use_case))
    for item in every:
        here = taken.setdefault((item.source, item.period), _not_mapped(item, every, use_case))
        name = item.how.alias or item.name
        if name in here:
            what = f"`{name}` of the source becomes two columns: `{here[name]}` and `{item.name}`"
            path = (*item.path, "alias") if item.how.alias else item.path
            yield Finding(path, what, "one column of the contract for each of the source's", f"`{name}` twice")
        here[name] = item.name


def _not_mapped(item: Item, every: list[Item], use_case: UseCase) -> dict[str, str]:
    """Declared columns of the source that the period does not mention: they are read under their own name."""
    declared = dict.fromkeys(use_case.data.sources[item.source].columns)
    if use_case.data.query is None:
        declared |= dict.fromkeys(column_types(use_case))
    mapped = {other.name for other in every if (other.source, other.period) == (item.source, item.period)}
    return {name: name for name in declared if name not in mapped}
