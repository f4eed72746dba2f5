"""The contract on a sample of rows, before a use case is trusted: what would go to quarantine, and by which rule."""

from typing import TYPE_CHECKING

from keepfit.config.contract import ColumnRule
from keepfit.config.model import UseCase
from keepfit.records import Broken, Moment, Record
from keepfit.validate.contract import column_checks
from keepfit.validate.faults import why
from keepfit.validate.rules import named
from keepfit.validate.tally import Tally
from keepfit.validate.terms import Terms, faults_of
from keepfit.validate.tolerance import exceeded

if TYPE_CHECKING:
    import pyarrow as pa


class Judged(Record, frozen=True, kw_only=True):
    """Of ``rows`` sampled, ``quarantined`` would not be kept; ``over`` are the tolerances that this would exceed."""

    rows: int
    quarantined: int
    broken: tuple[Broken, ...]
    over: tuple[str, ...]


def judged(
    table: "pa.Table", refused: "pa.Table", use_case: UseCase, columns: dict[str, ColumnRule], moment: Moment
) -> Judged:
    """Hold rows to what each must satisfy by itself; whether keys are unique only all rows can show.

    Parameters
    ----------
    table
        Exactly ``columns``, with ``_file`` and ``_row``.
    refused
        Rows that were refused before, with ``_file``.
    """
    unseen_kept = {name for name, rule in columns.items() if rule.unseen_at_most}
    rules = named(use_case.contract.rules)
    terms = Terms(columns, column_checks(columns, unseen_kept), rules, table.schema, ())
    tally, faults = Tally(), faults_of(table, terms, use_case, moment)
    tally.add(table, faults)
    tally.refused(refused, list(columns))
    rows, quarantined = table.num_rows + refused.num_rows, len(why(faults).rows) + refused.num_rows
    limit = use_case.contract.quarantine_at_most
    over = [
        f"{each.what}: {each.rows} rows, at most {each.limit:.2%}" for each in exceeded(tally, use_case, rules, rows)
    ]
    if quarantined > limit * rows:
        over.insert(0, f"all rules: {quarantined} rows, at most {limit:.2%}")
    return Judged(rows=rows, quarantined=quarantined, broken=tally.broken(), over=tuple(over))
