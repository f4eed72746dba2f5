"""How many rows may break the contract: overall, by column, by rule."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from keepfit.config.contract import ColumnTolerance
from keepfit.config.model import UseCase
from keepfit.config.row_rules import RowRule
from keepfit.errors import Problem
from keepfit.records import Broken, RowCount
from keepfit.validate.faults import Rule
from keepfit.validate.tally import Tally

_WORST = 8


class Over(NamedTuple):
    """Rows that broke something more often than it may be broken."""

    what: str
    rows: int
    limit: float


def exceeded(tally: Tally, use_case: UseCase, rules: Mapping[Rule, RowRule], judged: int) -> tuple[Over, ...]:
    """Rules and columns that were broken by more than their own share of the rows judged, the worst first."""
    found = [over for over in (*_columns(tally, use_case), *_rules(tally, rules)) if over.rows > over.limit * judged]
    return tuple(sorted(found, key=lambda over: (-over.rows, over.what)))


def _columns(tally: Tally, use_case: UseCase) -> Iterator[Over]:
    for name, column in use_case.contract.columns.items():
        allowed = column.quarantine_at_most or ColumnTolerance()
        if allowed.all is not None:
            yield Over(f"any rule of {name}", tally.by_column.get(name, 0), allowed.all)
        for rule, rows in tally.rows.items():
            limit = getattr(allowed, rule.key, None) if rule.column == name else None
            if limit is not None:
                yield Over(rule.reason, rows, limit)


def _rules(tally: Tally, rules: Mapping[Rule, RowRule]) -> Iterator[Over]:
    for rule, declared in rules.items():
        if declared.quarantine_at_most is not None:
            yield Over(rule.reason, tally.rows.get(rule, 0), declared.quarantine_at_most)


def tolerable(
    rows: RowCount, judged: int, overs: tuple[Over, ...], broken: tuple[Broken, ...], use_case: UseCase
) -> Iterator[Problem]:
    """That the share of broken rows in the history is above the tolerance, overall or by rule; nothing if it is not."""
    limit = use_case.contract.quarantine_at_most
    if rows.quarantined <= limit * judged and not overs:
        return
    allowed = [f"at most {limit:.2%} of {judged:,} rows", *(f"{over.limit:.2%} by “{over.what}”" for over in overs)]
    by_rule = "; ".join(_line(each, judged) for each in broken[:_WORST])
    more = f"; and {len(broken) - _WORST} more rules" if len(broken) > _WORST else ""
    above = "".join(f"; “{over.what}”: {over.rows:,} rows ({over.rows / judged:.2%})" for over in overs)
    yield Problem(
        "too many rows break the contract",
        "contract.quarantine_at_most" if rows.quarantined > limit * judged else "contract",
        "; ".join(allowed),
        f"{rows.quarantined:,} rows ({rows.quarantined / judged:.2%}){above}: {by_rule}{more}",
        did="kept them with their reasons, trained nothing; the champion stays",
        do=f"`keepfit quarantine list {use_case.name}` shows them; have the data corrected upstream, or "
        "the contract if it is the contract that is wrong",
    )


def _line(each: Broken, judged: int) -> str:
    rule = f"{each.column} {each.rule}" if each.column else each.rule
    return f"{rule}: {each.rows:,} ({each.rows / judged:.2%}), such as {', '.join(each.examples)}"
