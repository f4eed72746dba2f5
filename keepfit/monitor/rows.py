"""The rows of a window: what was served, with the labels that came for it, or what arrived in the sources."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keepfit.config.model import UseCase
from keepfit.data.tables import get_table, get_tables
from keepfit.records import Extracted, Gathered, Moment
from keepfit.store import Store
from keepfit.validate import arrived

if TYPE_CHECKING:
    import pyarrow as pa

SCORE, DIGEST = "_score", "_digest"  # as `keepfit.serving.log.window` names them


class Came(NamedTuple):
    """Sound rows (labels that are not known yet are null), how many came, how many of those break the contract.

    ``newest`` is the time of the newest row that was served; None where rows come from the sources.
    """

    table: "pa.Table"
    rows: int
    refused: int
    newest: datetime | None = None


def rows_of(store: Store, use_case: UseCase, extracted: Extracted, gathered: Gathered, moment: Moment) -> Came:
    """The rows of a window; what was served lacks no label that is known in the sources by its key."""
    if gathered.source == "rows":
        found = arrived(store, use_case, extracted, moment, gathered.start, gathered.end)
        return Came(found.table, found.rows, found.refused)
    import pyarrow as pa
    import pyarrow.compute as pc

    if not gathered.parts:
        return Came(get_table(store, extracted.parts[0]).slice(0, 0), 0, 0)
    table = pa.concat_tables(get_tables(store, gathered.parts))
    table = with_source_labels(store, use_case, extracted, table)
    return Came(table, table.num_rows, 0, pc.max(table.column(str(use_case.data.event_time))).as_py())


def with_source_labels(store: Store, use_case: UseCase, extracted: Extracted, table: "pa.Table") -> "pa.Table":
    """The rows with the labels of the sources where they have none of their own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    name, key = use_case.data.label.column, list(use_case.data.key)
    own = table.column(name)
    if not own.null_count:
        return table
    wanted = _key_texts(table, key).filter(own.is_null()).drop_null()
    known = pa.table({"key": pa.array([], pa.string()), "label": pa.array([], own.type)})
    for part in get_tables(store, extracted.parts, [*key, name]):
        keys, label = _key_texts(part, key), part.column(name).cast(own.type)
        mine = pc.and_(pc.is_in(keys, value_set=wanted), label.is_valid())
        known = pa.concat_tables([known, pa.table({"key": keys, "label": label}).filter(mine)])
    place = pc.index_in(_key_texts(table, key), value_set=known.column("key").combine_chunks())
    found = known.column("label").combine_chunks().take(place.combine_chunks())
    return table.set_column(table.column_names.index(name), name, pc.coalesce(own.combine_chunks(), found))


def _key_texts(table: "pa.Table", key: list[str]) -> "pa.ChunkedArray":
    """The values of a key as one text; null where one is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [pc.cast(table.column(name), pa.string()) for name in key]
    joined = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, "\x1f")
    return joined if isinstance(joined, pa.ChunkedArray) else pa.chunked_array([joined])


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
