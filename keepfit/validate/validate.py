"""Rows in = kept + quarantined + dropped by a rule with a name: counted, asserted, and each of them accounted for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from keepfit.config.model import UseCase
from keepfit.data import give_back
from keepfit.data.tables import get_table
from keepfit.errors import ConfigError, DataError, IntegrityError, Problem
from keepfit.profile import Profile
from keepfit.records import Accepted, Dropped, Extracted, Moment, Quarantined, RowCount, Validated, canonical
from keepfit.store import put
from keepfit.validate import archive
from keepfit.validate.book import Book
from keepfit.validate.expectations import held, stops, warned
from keepfit.validate.fates import QUARANTINED, Fate, names_of_dropped
from keepfit.validate.faults import Fault, why
from keepfit.validate.kept import Kept, expected, keep
from keepfit.validate.labels import classes_to_tell_apart, enough_labels
from keepfit.validate.quarantine import TakenOut, absent, quarantine_schema, quarantined
from keepfit.validate.sift import sift
from keepfit.validate.summary import summaries
from keepfit.validate.terms import Terms, terms_of
from keepfit.validate.tolerance import exceeded, tolerable

if TYPE_CHECKING:
    from keepfit.store import Store

_NOTICED = 5  # warnings beside an error


def validate(
    store: "Store",
    use_case: UseCase,
    extracted: Extracted,
    moment: Moment,
    accepted: Sequence[Accepted] = (),
    config: str = "",
) -> Validated:
    """Apply the contract to every row and the expectations to what is kept; write the snapshot.

    What was taken out and what was seen of what is kept is recorded in any case, under `archive`.

    Parameters
    ----------
    accepted
        Earlier data that were learnt from, newest first, for expectations that compare.
    config
        The digest of the YAML, for the record of what was taken out.

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
    terms, out, gone = terms_of(store, use_case, extracted), TakenOut(store), TakenOut(store)
    book = sift(store, use_case, extracted, moment, terms, out)
    take_out(store, use_case, extracted, book, terms, out, gone)
    give_back()
    rows, dropped = conserved(book, use_case, extracted, out.rows)
    kept = keep(store, use_case, extracted.parts, book, terms)
    conserved_by_file(book.files, kept.files, out.files, gone.files)
    record = Quarantined(
        number=0,
        as_of=moment.as_of,
        started=moment.started,
        config=config,
        extracted=put(store, canonical(extracted)),
        rows=rows,
        quarantine=out.close(),
        absent=gone.close(),
        broken=book.tally.broken(),
        dropped=dropped,
        profile=put(store, canonical(kept.profile)),
        failed="",
    )
    try:
        record = replace(record, expectations=expected(store, use_case, extracted, moment, accepted, kept))
    except ConfigError as error:
        archive.write(store, use_case.name, replace(record, failed=error.problems[0].what))
        raise
    problems = list(_problems(record, use_case, extracted, book, terms, kept.profile))
    archive.write(store, use_case.name, replace(record, failed="; ".join(each.what for each in problems)))
    if problems:
        raise DataError(*problems, *_noticed(extracted))
    return _validated(record, kept, terms, extracted)


def _validated(record: Quarantined, kept: Kept, terms: Terms, extracted: Extracted) -> Validated:
    told = record.expectations
    return Validated(
        snapshot=kept.snapshot.digest,
        rows=record.rows,
        quarantine=record.quarantine,
        absent=record.absent,
        broken=record.broken,
        dropped=record.dropped,
        expectations=told,
        profile=record.profile,
        held=held(told),
        columns=summaries(kept.profile, {name: rule.type for name, rule in terms.columns.items()}),
        warnings=(*extracted.warnings, *terms.warnings, *warned(told)),
    )


def take_out(
    store: "Store",
    use_case: UseCase,
    extracted: Extracted,
    book: Book,
    terms: Terms,
    out: TakenOut,
    gone: TakenOut,
) -> None:
    """Rows that conflict with others to quarantine; where every dropped row stands."""
    schema = quarantine_schema(terms.schema)
    names = {int(fate): name for fate, name in names_of_dropped(use_case.data.duplicates).items()}
    for digest, (start, end) in zip(extracted.parts, book.spans, strict=True):
        fates = book.fates[start:end]
        if (fates == Fate.CONFLICT).any():
            table = get_table(store, digest)
            faults = list(_conflicts(book, start, end, use_case.data.key))
            book.tally.add(table, faults)
            out.add(quarantined(table, why(faults), schema))
        if np.isin(fates, list(names)).any():
            gone.add(absent(get_table(store, digest, ["_file", "_row"]), fates, names))


def _conflicts(book: Book, start: int, end: int, key: tuple[str, ...]) -> Iterator[Fault]:
    for rule, rows in book.conflicts.items():
        if rows[start:end].any():
            yield Fault(rule._replace(about=rule.about or key), np.flatnonzero(rows[start:end]))


def conserved(
    book: Book, use_case: UseCase, extracted: Extracted, quarantined_rows: int
) -> tuple[RowCount, tuple[Dropped, ...]]:
    """The count of rows, and the dropped ones by rule; those outside the history were not handed over at all.

    Raises
    ------
    IntegrityError
        Rows in are not kept + quarantined + dropped.
    """
    counts = {name: book.count(fate) for fate, name in names_of_dropped(use_case.data.duplicates).items()}
    counts["outside history"] = extracted.outside_history
    rows = RowCount(
        total=extracted.rows + extracted.refused_rows + extracted.outside_history,
        kept=book.count(Fate.KEPT),
        quarantined=quarantined_rows,
        dropped=sum(counts.values()),
    )
    decided = sum(book.count(fate) for fate in QUARANTINED) + extracted.refused_rows
    if rows.total != rows.kept + rows.quarantined + rows.dropped or rows.quarantined != decided:
        found = f"{rows.kept} kept + {rows.quarantined} quarantined + {rows.dropped} dropped"
        raise IntegrityError(Problem("rows were lost on the way", "validate", f"{rows.total} rows", found))
    return rows, tuple(Dropped(rule=rule, rows=number) for rule, number in counts.items() if number)


def conserved_by_file(files: Counter[str], *outcomes: Counter[str]) -> None:
    """See that of every file each row went one way.

    Raises
    ------
    IntegrityError
        Rows of a file were lost, or counted twice.
    """
    found = sum(outcomes, Counter[str]())
    for name in sorted({*files, *found}):
        if files[name] != found[name]:
            what = "rows of a file were lost on the way, or counted twice"
            raise IntegrityError(Problem(what, name, f"{files[name]:,} rows", f"{found[name]:,} rows"))


def _noticed(extracted: Extracted) -> Iterator[Problem]:
    """What is told of the sources, beside an error that it may explain."""
    if extracted.warnings:
        more = [f"and {len(extracted.warnings) - _NOTICED} more"] if len(extracted.warnings) > _NOTICED else []
        found = "; ".join([*extracted.warnings[:_NOTICED], *more])
        yield Problem("something was noticed in the sources, which may be why", "data.sources", found=found)


def _problems(
    record: Quarantined, use_case: UseCase, extracted: Extracted, book: Book, terms: Terms, profile: Profile
) -> Iterator[Problem]:
    """All that stops the run."""
    rows, judged = record.rows, record.rows.total - extracted.outside_history
    yield from tolerable(rows, judged, exceeded(book.tally, use_case, terms.rules, judged), record.broken, use_case)
    missing = book.count(Fate.UNLABELLED)
    yield from enough_labels(rows.kept + missing, missing, use_case)
    if rows.kept:
        yield from classes_to_tell_apart(profile, use_case)
    else:
        why_not = ", ".join(f"{each.rule}: {each.rows:,}" for each in record.dropped)
        found = f"0 of {rows.total:,} rows ({rows.quarantined:,} in quarantine; {why_not})"
        yield Problem("no row is left to learn from", "validate", "at least one row", found)
    yield from stops(record.expectations, use_case.name)
