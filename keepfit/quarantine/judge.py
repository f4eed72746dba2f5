"""Quarantined rows, corrected or not, held to the mapping and the contract of today."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from keepfit.config.model import UseCase
from keepfit.config.row_rules import Unique
from keepfit.data import get_table
from keepfit.data.declared import visible
from keepfit.data.rejudge import as_examples, as_source, rules_of
from keepfit.data.replay import Identity, Key, Texts, as_text, with_keys
from keepfit.quarantine.reading import Row, Taken
from keepfit.records import Moment
from keepfit.validate import broken_alone
from keepfit.validate.faults import NOT_UNIQUE
from keepfit.validate.rules import named

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

Why = dict[int, list[str]]

NO_PLACE = "the query does not say where this row comes from: add `_file` and `_row` to its select, then run again"
NO_SHAPE = "it has not the shape of a row: write its values into the columns of an exported file, then use --rows"


class Candidate(NamedTuple):
    """A row that somebody wants back; ``changed`` are the values that were corrected."""

    row: Row
    level: Literal["source", "example"]
    changed: Texts

    @property
    def identity(self) -> Identity:
        """As that of the row when it is put back."""
        return self.level, self.row.source if self.level == "source" else "", *self.row.place

    @property
    def texts(self) -> Texts:
        """Its values with the corrections."""
        return {**self.row.values, **self.changed}


class Verdicts(NamedTuple):
    """By the place of a candidate: its values as they are put back, or why it stays."""

    passed: dict[int, Texts]
    why: Why


def judge(store: "Store", use_case: UseCase, it: Taken, candidates: Sequence[Candidate], at: datetime) -> Verdicts:
    """Which candidates would be taken today.

    A row of a source is held to its mapping and, where there is no query, to the contract too; with a query only the
    next run can see the examples that it becomes part of.

    Parameters
    ----------
    at
        The present moment: what is later cannot have happened.
    """
    why: Why = defaultdict(list)
    for place, each in enumerate(candidates):
        if not each.row.source:
            why[place].append(NO_PLACE)
        elif each.row.shapeless and not each.changed:
            why[place].append(NO_SHAPE)
        elif each.level == "source" and each.row.source not in use_case.data.sources:
            why[place].append(f"there is no source {each.row.source} any more")
    open_ = {place: each for place, each in enumerate(candidates) if place not in why}
    examples = {place: each.texts for place, each in open_.items() if each.level == "example"}
    of_sources = _of_sources(use_case, {p: each for p, each in open_.items() if each.level == "source"}, why)
    if use_case.data.query is None:
        examples |= of_sources
    kept = _of_contract(use_case, it, examples, at, why)
    _see_unique(store, use_case, it, candidates, kept, why)
    fine = {place: each for place, each in open_.items() if place not in why}
    passed = {place: kept[place] if each.level == "example" else each.texts for place, each in fine.items()}
    return Verdicts(passed, dict(why))


def _of_sources(use_case: UseCase, rows: Mapping[int, Candidate], why: Why) -> dict[int, Texts]:
    """The rows that their source's mapping takes, under the names of the contract."""
    found: dict[int, Texts] = {}
    for source in {each.row.source for each in rows.values()}:
        mine = {place: each.texts for place, each in rows.items() if each.row.source == source}
        found |= _taken(*as_source(use_case, source, _table(mine).drop_columns(["_file"])), why)
    return found


def _of_contract(use_case: UseCase, it: Taken, rows: Mapping[int, Texts], at: datetime, why: Why) -> dict[int, Texts]:
    """The rows that are of the contract's types, as they are kept; what they break is added to ``why``."""
    if not rows:
        return {}
    rules = rules_of(use_case, it.extracted.columns)
    table, refused = as_examples(rules, use_case, _table(rows))
    found = _taken(table, refused, why)
    places = table.column("_row").to_pylist()
    for row, reasons in broken_alone(table, use_case, rules, Moment(as_of=at, started=at)).items():
        why[places[row]] += reasons
    return found


def _taken(table: "pa.Table", refused: "pa.Table", why: Why) -> dict[int, Texts]:
    for row in refused.select(["_row", "_reasons"]).to_pylist():
        why[row["_row"]] += row["_reasons"]
    names = visible(table.column_names)
    return {row["_row"]: {name: as_text(row[name]) for name in names} for row in table.to_pylist()}


def _table(rows: Mapping[int, Texts]) -> "pa.Table":
    """Texts by name, the place of the candidate as ``_row``."""
    import pyarrow as pa

    names = dict.fromkeys(name for texts in rows.values() for name in texts)
    columns = {name: pa.array([texts.get(name) for texts in rows.values()], pa.string()) for name in names}
    places = {"_file": pa.array([""] * len(rows), pa.string()), "_row": pa.array(list(rows), pa.int64())}
    return pa.table(columns | places)


def _see_unique(
    store: "Store",
    use_case: UseCase,
    it: Taken,
    candidates: Sequence[Candidate],
    rows: Mapping[int, Texts],
    why: Why,
) -> None:
    """See that no row comes back that shares with another what must be unique: it would take a sound row out."""
    away = {(each.row.file, each.row.row) for each in candidates}
    for columns, reason in _unique(use_case):
        alike: dict[Key, list[int]] = defaultdict(list)
        for place in sorted(rows.keys() - why.keys()):
            shared = tuple(rows[place].get(name) for name in columns)
            if None not in shared:
                alike[shared].append(place)
        for places in alike.values():
            at_odds = any(rows[place] != rows[places[0]] for place in places)
            _add(why, places if at_odds else [], reason)
        for found, where in _elsewhere(store, it, columns, set(alike), away):
            _add(why, alike[found], f"{reason}: {where}")


def _unique(use_case: UseCase) -> Iterator[tuple[Sequence[str], str]]:
    """Columns that no two rows may share, and what is said of those that do; not where the YAML says which counts."""
    if use_case.data.duplicates == "error":
        yield use_case.data.key, NOT_UNIQUE.reason
    for name, rule in named(use_case.contract.rules).items():
        if isinstance(rule, Unique):
            yield rule.unique, name.reason


def _add(why: Why, places: Sequence[int], reason: str) -> None:
    for place in places:
        why[place].append(reason)


def _elsewhere(
    store: "Store", it: Taken, key: Sequence[str], wanted: set[Key], away: set[tuple[str, int]]
) -> Iterator[tuple[Key, str]]:
    """Other examples with one of these keys, but for the rows that are ``away`` from them."""
    for digest in it.extracted.parts if wanted else ():
        table = get_table(store, digest, [*key, "_file", "_row"])
        for found, row in with_keys(table, key, wanted):
            if (row["_file"], row["_row"]) not in away:
                yield found, f"{row['_file']}, row {row['_row']}"
