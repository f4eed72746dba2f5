"""Rows in = kept + quarantined + dropped by a rule with a name: counted, asserted, and each of them accounted for."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from keepfit.config.model import UseCase
from keepfit.data import declared, get_table, give_back, put_table, write_snapshot
from keepfit.errors import DataError, IntegrityError, Problem
from keepfit.records import Broken, Dropped, Extracted, Moment, RowCount, Validated
from keepfit.validate.contract import broken_rows
from keepfit.validate.expectations import expectations
from keepfit.validate.labels import classes_to_tell_apart, enough_labels, labels
from keepfit.validate.rows import FUTURE, NOT_UNIQUE, Fault, broken, duplicates, quarantine, reasons
from keepfit.validate.summary import summaries

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store


class Sorted(NamedTuple):
    """The table after the rules for rows: what is kept (declared columns only), and what became of the rest."""

    kept: "pa.Table"
    quarantine: "pa.Table"
    broken: tuple[Broken, ...]
    dropped: tuple[Dropped, ...]
    labels_due: int


def validate(store: "Store", use_case: UseCase, extracted: Extracted, moment: Moment) -> Validated:
    """Apply the contract to every row and the expectations to what is kept; write the snapshot.

    Raises
    ------
    DataError
        Too many rows are broken or lack a label, nothing is kept, there are no classes to tell apart, or an
        expectation failed or crashed.
    ConfigError
        An expectation does not exist or has wrong arguments.
    IntegrityError
        Rows were lost on the way.
    """
    refused = get_table(store, extracted.refused[0]) if extracted.refused else None
    # The table has no name here, so that it is gone from memory when Great Expectations gets its copy.
    result = sort_rows(get_table(store, extracted.parts[0]), refused, use_case, moment)
    give_back()
    dropped = (*result.dropped, *_outside(extracted))
    rows = conserved(extracted, result, sum(each.rows for each in dropped))
    kept_apart = put_table(store, result.quarantine) if rows.quarantined else None
    _tolerable(rows, extracted, result.broken, use_case, f"{store.address}/objects/{kept_apart}")
    missing = next((each.rows for each in dropped if each.rule == "no label"), 0)
    enough_labels(result.labels_due, missing, use_case)
    _anything(rows, dropped)
    classes_to_tell_apart(result.kept, use_case)
    told = expectations(result.kept, use_case.expectations)
    kinds = {name: rule.type for name, rule in declared(use_case, result.kept.schema).items()}
    snapshot = write_snapshot(store, use_case.name, result.kept, kinds, use_case.data.key, use_case.data.event_time)
    return Validated(
        snapshot=snapshot.digest,
        rows=rows,
        quarantine=(kept_apart,) if kept_apart else (),
        broken=result.broken,
        dropped=dropped,
        expectations=told,
        columns=summaries(result.kept, kinds),
        warnings=extracted.warnings,
    )


def sort_rows(table: "pa.Table", refused: "pa.Table | None", use_case: UseCase, moment: Moment) -> Sorted:
    """Sort the rows: first what is broken goes to quarantine, then copies and rows without a label are dropped."""
    import pyarrow as pa

    rules = declared(use_case, table.schema)
    values = table.select(list(rules))
    faults = [Fault(each.column, each.rule, np.array(each.rows)) for each in broken_rows(values, rules)]
    faults += _later(values, use_case, moment)
    sound = np.ones(table.num_rows, dtype=bool)
    for fault in faults:
        sound[fault.rows] = False
    at = np.flatnonzero(sound)
    twice = duplicates(values.take(pa.array(at)), use_case.data.key)
    if len(twice.conflicts):
        faults.append(Fault(None, NOT_UNIQUE, at[twice.conflicts]))
        sound[at[twice.conflicts]] = False
    why = reasons(faults)
    fate = np.where(sound, "", "quarantined").astype(object)
    fate[at[twice.copies]] = "duplicate row"
    label = labels(values, use_case, moment)
    fate[(fate == "") & label.pending] = "label not known yet"
    due = int(np.sum((fate == "") & ~label.pending))
    fate[(fate == "") & label.missing] = "no label"
    dropped = ("duplicate row", "label not known yet", "no label")
    counts = {rule: int(np.sum(fate == rule)) for rule in dropped}
    return Sorted(
        kept=values.filter(pa.array(fate == "")),
        quarantine=quarantine(table, why, refused),
        broken=broken(table, faults, refused),
        dropped=tuple(Dropped(rule=rule, rows=count) for rule, count in counts.items() if count),
        labels_due=due,
    )


def _later(values: "pa.Table", use_case: UseCase, moment: Moment) -> list[Fault]:
    """Rows later than the run's real start: nothing can be that late."""
    import pyarrow as pa
    import pyarrow.compute as pc

    time = use_case.data.event_time
    if time is None:
        return []
    start = pa.scalar(moment.started, pa.timestamp("us", tz="UTC"))
    late = pc.fill_null(pc.greater(values.column(time), start), fill_value=False).to_numpy()
    return [Fault(time, FUTURE, np.flatnonzero(late))] if late.any() else []


def _outside(extracted: Extracted) -> tuple[Dropped, ...]:
    rows = extracted.outside_history
    return (Dropped(rule="outside history", rows=rows),) if rows else ()


def conserved(extracted: Extracted, result: Sorted, dropped: int) -> RowCount:
    """The count of rows.

    Raises
    ------
    IntegrityError
        Rows in are not kept + quarantined + dropped.
    """
    total = extracted.rows + extracted.refused_rows + extracted.outside_history
    rows = RowCount(total=total, kept=result.kept.num_rows, quarantined=result.quarantine.num_rows, dropped=dropped)
    if rows.total != rows.kept + rows.quarantined + rows.dropped:
        found = f"{rows.kept} kept + {rows.quarantined} quarantined + {rows.dropped} dropped"
        raise IntegrityError(Problem("rows were lost on the way", "validate", f"{rows.total} rows", found))
    return rows


def _tolerable(rows: RowCount, extracted: Extracted, found: tuple[Broken, ...], use_case: UseCase, where: str) -> None:
    """See that the share of broken rows in the history is within the tolerance."""
    limit, judged = use_case.contract.quarantine_at_most, rows.total - extracted.outside_history
    if rows.quarantined <= limit * judged:
        return
    by_rule = "; ".join(_line(each) for each in found[:8])
    raise DataError(
        Problem(
            "too many rows break the contract",
            f"quarantine: {where}",
            f"at most {limit:.2%} of {judged:,} rows",
            f"{rows.quarantined:,} rows ({rows.quarantined / judged:.2%}): {by_rule}",
            did="kept them with their reasons, trained nothing; the champion stays",
            do="have the data corrected upstream, or the contract if it is the contract that is wrong",
        )
    )


def _line(each: Broken) -> str:
    rule = f"{each.column} {each.rule}" if each.column else each.rule
    return f"{rule}: {each.rows:,}, such as {', '.join(each.examples)}"


def _anything(rows: RowCount, dropped: tuple[Dropped, ...]) -> None:
    if rows.kept:
        return
    why = ", ".join(f"{each.rule}: {each.rows:,}" for each in dropped)
    found = f"0 of {rows.total:,} rows ({rows.quarantined:,} in quarantine; {why})"
    raise DataError(Problem("no row is left to learn from", "validate", "at least one row", found))
