"""The contract of one validation, ready to be asked what a row breaks by itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from keepfit.config.contract import ColumnRule
from keepfit.config.model import UseCase
from keepfit.config.row_rules import RowRule, Unique
from keepfit.data.convert import arrow_type
from keepfit.data.declared import declared
from keepfit.data.moment import utc
from keepfit.records import Extracted, Moment
from keepfit.validate.contract import ColumnCheck, column_checks, column_faults
from keepfit.validate.faults import FUTURE, Fault, Rule, why
from keepfit.validate.rules import named, row_faults
from keepfit.validate.unseen import unseen

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.config.values import ColumnType
    from keepfit.store import Store


class Terms(NamedTuple):
    """The contract of one validation, ready to be asked."""

    columns: dict[str, ColumnRule]
    checks: tuple[ColumnCheck, ...]
    rules: dict[Rule, RowRule]
    schema: "pa.Schema"
    warnings: tuple[str, ...]

    @property
    def unique(self) -> dict[Rule, tuple[str, ...]]:
        """What must be unique beside the key."""
        return {name: rule.unique for name, rule in self.rules.items() if isinstance(rule, Unique)}


def terms_of(store: "Store", use_case: UseCase, extracted: Extracted) -> Terms:
    """The contract, with the columns whose unseen values are few enough to be kept."""
    import pyarrow as pa

    found = pa.schema([(column.name, arrow_type(cast("ColumnType", column.type))) for column in extracted.columns])
    columns = declared(use_case, found)
    schema = pa.schema([(name, arrow_type(rule.type)) for name, rule in columns.items()])
    few = unseen(store, extracted.parts, columns)
    return Terms(
        columns=columns,
        checks=column_checks(columns, few.kept),
        rules=named(use_case.contract.rules),
        schema=schema,
        warnings=few.warnings,
    )


def faults_of(table: "pa.Table", terms: Terms, use_case: UseCase, moment: Moment) -> list[Fault]:
    """Everything that rows of a table break by themselves."""
    return [*column_faults(table, terms.checks), *_later(table, use_case, moment), *row_faults(table, terms.rules)]


def broken_alone(
    table: "pa.Table", use_case: UseCase, columns: dict[str, ColumnRule], moment: Moment
) -> dict[int, list[str]]:
    """By row (position) all that it breaks by itself; a value that is unseen and might be tolerated is not told."""
    unseen_kept = {name for name, rule in columns.items() if rule.unseen_at_most}
    terms = Terms(columns, column_checks(columns, unseen_kept), named(use_case.contract.rules), table.schema, ())
    found = why(faults_of(table, terms, use_case, moment))
    return dict(zip(found.rows.tolist(), found.reasons.to_pylist(), strict=True))


def _later(table: "pa.Table", use_case: UseCase, moment: Moment) -> Iterator[Fault]:
    """Rows later than the run's real start: nothing can be that late."""
    import pyarrow.compute as pc

    time = use_case.data.event_time
    if time is None:
        return
    late = pc.fill_null(pc.greater(table.column(time), utc(moment.started)), False).to_numpy()
    if late.any():
        yield Fault(Rule(time, "", FUTURE), np.flatnonzero(late))
