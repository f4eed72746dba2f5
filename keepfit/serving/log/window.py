"""What was served in a window, as rows with the types of the contract: features, what was answered, the label.

A row's time is its event time, as in the data that models learn from; where a record has none, when it was answered.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from keepfit.features.columns import micros_of, text_of
from keepfit.records import Moment, Signature
from keepfit.serving.log.read import labelled
from keepfit.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

SCORE, DIGEST = "_score", "_digest"  # what was answered, (k,) or (1,), and by which version
_DAY = timedelta(days=1)


def served(
    store: Store, signature: Signature, start: datetime, end: datetime, moment: Moment, *, regression: bool
) -> "Iterator[pa.Table]":
    """The champion's answers to rows of a window, a part at a time: the signature's columns, the label, score, version.

    Labels are those that were known before ``as_of``; null where none was. A run of now reads the days of the window;
    one that pretends to be earlier reads all days since, because then old events may have been asked about later.

    Raises
    ------
    IntegrityError
        A file of the log was altered.
    """
    late = moment.started - moment.as_of > _DAY
    until = moment.started + _DAY if late else end + _DAY
    key = [column.name for column in signature.columns if "key" in column.roles]
    time = next((column.name for column in signature.columns if "event_time" in column.roles), None)
    for part in labelled(store, signature.use_case, start - _DAY, until, as_of=moment.as_of, key=key):
        rows = _typed(part, signature, time, regression=regression)
        within = _within(rows, time, start, end)
        if within.num_rows:
            yield within


def _typed(part: "pa.Table", signature: Signature, time: str | None, *, regression: bool) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    own = part.filter(pc.equal(part.column("role"), "champion"))
    records = list(map(msgspec.json.decode, own.column("record").to_pylist()))
    columns = {each.name: _column(records, each.name, each.type) for each in signature.columns}
    if time is not None:
        columns[time] = pc.coalesce(columns[time], own.column("at").combine_chunks())
    kind = pa.float64() if regression else pa.string()
    labels = [None if text is None else msgspec.json.decode(text) for text in own.column("label").to_pylist()]
    columns[signature.label] = pa.array([_label(each, regression) for each in labels], kind)
    return pa.table({**columns, SCORE: own.column("score"), DIGEST: own.column("digest")})


def _label(value: Any, regression: bool) -> Any:
    """A value, or a class as text: truth values as Arrow writes them; NaN for what is no number but should be."""
    if value is None:
        return None
    if not regression:
        return text_of(value)
    number = None if isinstance(value, bool) else _read(float, value)
    return float("nan") if number is None else number


def _column(records: Sequence[dict[str, Any]], name: str, kind: str) -> Any:
    """A column as the contract types it; what does not fit, because another version took it, is missing."""
    import pyarrow as pa

    read, made = _READ[kind]
    return pa.array([_read(read, record.get(name)) for record in records], made(pa))


def _read(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return None if value is None else read(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _moment(pa: Any) -> Any:
    return pa.timestamp("us", tz="UTC")


_READ: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "float": (float, lambda pa: pa.float64()),
    "int": (int, lambda pa: pa.int64()),
    "bool": (bool, lambda pa: pa.bool_()),
    "category": (text_of, lambda pa: pa.string()),
    "text": (text_of, lambda pa: pa.string()),
    "time": (micros_of, _moment),
}


def _within(table: "pa.Table", time: str | None, start: datetime, end: datetime) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    if time is None:
        return table
    kind = pa.timestamp("us", tz="UTC")
    low, high = (pa.scalar(each.astimezone(UTC), kind) for each in (start, end))
    at = table.column(time)
    return table.filter(pc.and_(pc.greater_equal(at, low), pc.less(at, high)))
