"""Reading the log back: predictions of a stretch of time, with the labels that were known at a moment."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from keepfit.serving.log.join import Latest, latest, with_labels
from keepfit.serving.log.table import labels_schema, opened, predictions_schema, unreadable
from keepfit.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

_PART = 1 << 15  # rows
_FEW = 60  # days that are asked for one by one


def predictions(
    store: Store, use_case: str, start: datetime, end: datetime, *, rows: int = _PART
) -> "Iterator[pa.Table]":
    """Predictions that were answered from ``start`` up to ``end`` (aware), at most so many rows at a time.

    They come by day, worker and segment; only what workers have shipped is there. ``record`` is JSON.

    Raises
    ------
    IntegrityError
        A file was altered.
    """
    days = _days(start, end)
    return _stretch(store, f"{use_case}/predictions", days, (start, end), predictions_schema(), rows)


def labelled(
    store: Store,
    use_case: str,
    start: datetime,
    end: datetime,
    *,
    as_of: datetime,
    key: Sequence[str] = (),
    rows: int = _PART,
) -> "Iterator[pa.Table]":
    """The same, with ``label`` (JSON) and ``label_at``: null where no label was known before ``as_of``.

    Of several labels the one with the latest ``at`` counts, then the one that was received last. A label by ``key``
    fields belongs to every prediction whose record has these values (compared as text). Labels of the time from
    ``start`` to ``as_of`` are held in memory, some 100 bytes each.

    Raises
    ------
    IntegrityError
        A file was altered.
    """
    known = _latest(store, use_case, start, as_of, tuple(key), rows)
    for part in predictions(store, use_case, start, end, rows=rows):
        yield with_labels(part, known, tuple(key))


def _latest(store: Store, use_case: str, start: datetime, as_of: datetime, key: tuple[str, ...], rows: int) -> Latest:
    import pyarrow as pa

    since = start - timedelta(days=1)  # a caller's clock may be behind ours
    found = _stretch(store, f"{use_case}/labels", _days(since, as_of), (since, as_of), labels_schema(), rows)
    return latest(pa.concat_tables([labels_schema().empty_table(), *found]), key)


def _days(start: datetime, end: datetime) -> Iterator[str]:
    """The days in UTC from ``start`` to ``end``."""
    first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    return ((first + timedelta(days=count)).isoformat() for count in range((last - first).days + 1))


def _stretch(
    store: Store,
    prefix: str,
    days: Iterator[str],
    stretch: tuple[datetime, datetime],
    schema: "pa.Schema",
    rows: int,
) -> "Iterator[pa.Table]":
    for day in _there(store, prefix, list(days)):
        for name in store.list(f"{prefix}/{day}/"):
            for table in _batches(store, name, schema, rows):
                within = _within(table, *stretch)
                if within.num_rows:
                    yield within


def _there(store: Store, prefix: str, days: list[str]) -> list[str]:
    """Of days in their order those that may have files: of many, one list of all files says so."""
    if len(days) <= _FEW:
        return days
    there = {name[len(prefix) + 1 :].partition("/")[0] for name in store.list(f"{prefix}/")}
    return [day for day in days if day in there]


def _batches(store: Store, name: str, schema: "pa.Schema", rows: int) -> "Iterator[pa.Table]":
    import pyarrow as pa

    where = f"{store.address}/{name}"
    file = opened(store.read(name), where)
    try:
        for batch in file.iter_batches(rows, columns=schema.names):
            yield _filled(pa.Table.from_batches([batch]).replace_schema_metadata(None), schema)
    except (pa.ArrowInvalid, OSError) as error:
        raise unreadable(where, error) from error


def _filled(table: "pa.Table", schema: "pa.Schema") -> "pa.Table":
    """With nulls for what files of earlier builds do not tell."""
    import pyarrow as pa

    for field in schema:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table


def _within(table: "pa.Table", start: datetime, end: datetime) -> "pa.Table":
    import pyarrow.compute as pc

    at: Any = table.column("at")
    return table.filter(pc.and_(pc.greater_equal(at, start), pc.less(at, end)))
