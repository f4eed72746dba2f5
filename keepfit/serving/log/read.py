"""Reading the log back: predictions of a stretch of time, with the labels that were known at a moment."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from keepfit.serving.log.join import latest, with_labels
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
    names = _files(store, f"{use_case}/predictions", start, end)
    return _stretch(store, names, (start, end), predictions_schema(), rows)


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
    fields belongs to every prediction whose record has these values (compared as text). Predictions are read twice:
    what has labels is found out first, on disk where memory ends.

    Raises
    ------
    IntegrityError
        A file was altered.
    InfrastructureError
        The disk is full of what did not fit into memory.
    """
    import pyarrow as pa

    names = _files(store, f"{use_case}/predictions", start, end)  # once: workers go on, and places have to stay
    whole = predictions_schema()

    def asked(by_key: bool) -> "Iterator[pa.Table]":
        some = pa.schema([whole.field(name) for name in ("id", "at", *(["record"] if by_key else []))])
        return _stretch(store, names, (start, end), some, rows)

    since = start - timedelta(days=1)  # a caller's clock may be behind ours
    told = _files(store, f"{use_case}/labels", since, as_of)
    first = 0
    with latest(_stretch(store, told, (since, as_of), labels_schema(), rows), asked, key) as known:
        for part in _stretch(store, names, (start, end), whole, rows):
            yield with_labels(part, known, first)
            first += part.num_rows


def _files(store: Store, prefix: str, start: datetime, end: datetime) -> list[str]:
    """The files of the days in UTC from ``start`` to ``end``, in their order; of many days one list says which are."""
    first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    days = [(first + timedelta(days=count)).isoformat() for count in range((last - first).days + 1)]
    if len(days) <= _FEW:
        return [name for day in days for name in store.list(f"{prefix}/{day}/")]
    known = set(days)
    return [name for name in store.list(f"{prefix}/") if name[len(prefix) + 1 :].partition("/")[0] in known]


def _stretch(
    store: Store, names: Sequence[str], stretch: tuple[datetime, datetime], schema: "pa.Schema", rows: int
) -> "Iterator[pa.Table]":
    for name in names:
        for table in _batches(store, name, schema, rows):
            within = _within(table, *stretch)
            if within.num_rows:
                yield within


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
