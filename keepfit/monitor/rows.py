"""The rows of a window: what was served, with the labels that came for it, or what arrived in the sources."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from keepfit import features
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
_LARGEST = 1e60  # of values: its fourth power is still a number
_NEAR = 1e-6  # probabilities add up to one
_SHOWN = 60  # characters of a label


class Came(NamedTuple):
    """How many rows came, how many of them break the contract and how, and the sound ones.

    ``tables`` are the sound rows, a part at a time, read once; labels that are not known yet are null. ``again`` reads
    some of their columns as often as wanted, without labels that only the sources know. ``untimed`` rows
    are in no window.
    """

    rows: int
    refused: int
    broken: tuple[Broken, ...]
    tables: "Iterator[pa.Table]"
    again: "Callable[[Sequence[str]], Iterator[pa.Table]]"
    untimed: int = 0


def rows_of(store: Store, use_case: UseCase, extracted: Extracted, gathered: Gathered, moment: Moment) -> Came:
    """The rows of a window; what was served lacks no label that is known in the sources by its key."""
    if gathered.source == "rows":
        found = arrived(store, use_case, extracted, moment, gathered.start, gathered.end)
        return Came(found.rows, found.refused, found.broken, found.tables(), found.tables, found.untimed)
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


class Logged(NamedTuple):
    """What a version answered when it was asked, (n, width); NaN where it was not, or its ``answered`` rows are no use.

    No use are answers of another width, what is no number or beyond all measure, and what
    is no probability where there are classes.
    """

    answers: Any
    answered: Any


def logged_answers(table: "pa.Table", digest: str, classes: int) -> Logged:
    """The answers of a version in the log; ``classes``: how many there are, none for values."""
    width = classes or 1
    answers = np.full((table.num_rows, width), np.nan)
    if SCORE not in table.column_names:
        return Logged(answers, np.zeros(table.num_rows, bool))
    import pyarrow.compute as pc

    scores = table.column(SCORE).combine_chunks()
    own = pc.fill_null(pc.equal(table.column(DIGEST), digest), False).to_numpy()
    fitting = pc.fill_null(pc.equal(pc.list_value_length(scores), width), False).to_numpy(zero_copy_only=False)
    places = np.flatnonzero(own & fitting)
    if places.size:
        answers[places] = scores.take(places).flatten().to_numpy(zero_copy_only=False).reshape(places.size, width)
    answers[~_sound(answers, classes)] = np.nan
    return Logged(answers, own)


def _sound(answers: Any, classes: int) -> Any:
    """Which rows are answers, (n,)."""
    finite = (np.abs(answers) <= _LARGEST).all(axis=1)
    if not classes:
        return finite
    given = np.where(finite[:, None], answers, 0.0)
    return finite & (given >= 0.0).all(axis=1) & (np.abs(given.sum(axis=1) - 1.0) <= _NEAR)


def usable(label: "pa.ChunkedArray", classes: tuple[str, ...]) -> tuple[Any, Any, str]:
    """Of labels (n,) the places (m,) of those that are known, and what they are for the model, (m,).

    Left out are classes that it does not know, and what is no number; one of these comes third, or "".
    """
    codes = np.asarray(features.encode_labels(label, classes), np.float64)
    known = label.is_valid().to_numpy()
    good = known & ((codes >= 0) if classes else (np.abs(codes) <= _LARGEST))
    places, bad = np.flatnonzero(good), np.flatnonzero(known & ~good)
    such = "" if not bad.size else str(label[int(bad[0])].as_py())[:_SHOWN]
    return places, codes[places].astype(np.int64 if classes else np.float64), such
