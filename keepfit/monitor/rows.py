"""The rows of a window: what was served, with the labels that came for it, or what arrived in the sources."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from keepfit.config.model import UseCase
from keepfit.data.tables import get_tables
from keepfit.monitor.arrival import FEWER
from keepfit.monitor.drift import LEAST_ROWS
from keepfit.monitor.labels import with_source_labels
from keepfit.monitor.reference import Reference
from keepfit.records import Broken, Extracted, Gathered, Moment, parse
from keepfit.records.monitoring import Source
from keepfit.store import Store, get
from keepfit.validate import arrived

if TYPE_CHECKING:
    import pyarrow as pa

SCORE, DIGEST = "_score", "_digest"  # as `keepfit.serving.log.window` names them


class Came(NamedTuple):
    """How many rows came, how many of them break the contract and how, and the sound ones.

    ``tables`` are the sound rows, a part at a time, read once; labels that are not known yet are null. ``again`` reads
    some of their columns as often as wanted, without labels that only the sources know.
    """

    rows: int
    refused: int
    broken: tuple[Broken, ...]
    tables: "Iterator[pa.Table]"
    again: "Callable[[Sequence[str]], Iterator[pa.Table]]"


def rows_of(store: Store, use_case: UseCase, extracted: Extracted, gathered: Gathered, moment: Moment) -> Came:
    """The rows of a window; what was served lacks no label that is known in the sources by its key."""
    if gathered.source == "rows":
        found = arrived(store, use_case, extracted, moment, gathered.start, gathered.end)
        return Came(found.rows, found.refused, found.broken, found.tables(), found.tables)
    tables = with_source_labels(store, use_case, gathered.parts, extracted.parts)
    return Came(gathered.rows, 0, (), tables, lambda columns: get_tables(store, gathered.parts, columns))


def source_of(asked: Literal["auto", "log", "rows"], served: int, usual: float) -> tuple[Source, str]:
    """Where the rows of a window come from, and why: the prediction log has to have enough of them to stand for it.

    Enough is what passes for a window's volume: a few rows may be somebody's trial of the service.

    >>> source_of("auto", 12, 500.0)
    ('rows', 'the prediction log has 12 rows of it, fewer than 100 (a fifth of the usual)')
    >>> source_of("auto", 400, 500.0), source_of("log", 0, 500.0)
    (('log', 'the prediction log has 400 rows of it'), ('log', 'monitor.source is log'))
    """
    if asked != "auto":
        return asked, f"monitor.source is {asked}"
    least = max(FEWER * usual, LEAST_ROWS)
    if served >= least:
        return "log", f"the prediction log has {served:,} rows of it"
    if not served:
        return "rows", "the prediction log has no row of it"
    why = "a fifth of the usual" if least > LEAST_ROWS else "what can be compared"
    return "rows", f"the prediction log has {served:,} rows of it, fewer than {least:,.0f} ({why})"


def usual_rows(store: Store, reference: str) -> float:
    """How many rows a window usually has."""
    return parse(get(store, reference), Reference, f"objects/{reference}").rows


def logged_answers(table: "pa.Table", digest: str, width: int) -> Any:
    """What a version answered when it was asked, (n, width); NaN where it was not, or had no answer of that width."""
    answers = np.full((table.num_rows, width), np.nan)
    if SCORE not in table.column_names:
        return answers
    import pyarrow.compute as pc

    scores = table.column(SCORE).combine_chunks()
    own = pc.and_(pc.equal(table.column(DIGEST), digest), pc.equal(pc.list_value_length(scores), width))
    places = np.flatnonzero(pc.fill_null(own, False).to_numpy())
    if places.size:
        answers[places] = scores.take(places).flatten().to_numpy(zero_copy_only=False).reshape(places.size, width)
    return answers
