"""Labels that the sources know of rows that were served, by their key; joined on disk where memory ends."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from keepfit.config.model import UseCase
from keepfit.data.joined import BATCH, Placed, joining, register
from keepfit.data.tables import get_tables
from keepfit.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

_FOUND = "create table found as select place, turn, label from known join asked using (key) where label is not null"
_IN_ORDER = "select place, label from found order by place, turn"


def with_source_labels(
    store: Store, use_case: UseCase, served: Sequence[str], extracted: Sequence[str]
) -> "Iterator[pa.Table]":
    """The tables of what was served, with the labels of the sources where rows have none of their own.

    Of rows of the sources that share the key and have a label the first counts.

    Raises
    ------
    InfrastructureError
        The disk is full of what did not fit into memory.
    """
    name = use_case.data.label.column
    with _joined(store, use_case, served, extracted) as found:
        first = 0
        for table in get_tables(store, served):
            known = found.of_rows(first, table.num_rows)
            first += table.num_rows
            yield table if known is None else _filled(table, name, known.column("label").combine_chunks())


def _filled(table: "pa.Table", name: str, known: "pa.Array") -> "pa.Table":
    import pyarrow.compute as pc

    own = table.column(name).combine_chunks()
    return table.set_column(table.column_names.index(name), name, pc.coalesce(own, known.cast(own.type)))


@contextmanager
def _joined(store: Store, use_case: UseCase, served: Sequence[str], extracted: Sequence[str]) -> Iterator[Placed]:
    import pyarrow as pa

    key, name = list(use_case.data.key), use_case.data.label.column
    asked = pa.schema([("place", pa.int64()), ("key", pa.string())])
    known = pa.schema([("turn", pa.int64()), ("key", pa.string()), ("label", pa.string())])
    with joining("looking for the labels of what was served", "monitor") as connection:
        register(connection, "served", asked, _asked(get_tables(store, served, [*key, name]), key, name))
        connection.execute("create table asked as from served")
        if connection.execute("select count(*) from asked").fetchall() == [(0,)]:
            yield Placed(iter(()))
            return
        register(connection, "known", known, _known(get_tables(store, extracted, [*key, name]), key, name))
        connection.execute(_FOUND)  # by itself: joining and sorting at once needs the memory of both
        yield Placed(iter(connection.sql(_IN_ORDER).to_arrow_reader(BATCH)))


def _asked(tables: "Iterator[pa.Table]", key: Sequence[str], label: str) -> "Iterator[pa.Table]":
    """Places and keys of the rows that lack a label."""
    import pyarrow as pa

    first = 0
    for table in tables:
        places = pa.array(np.arange(first, first + table.num_rows))
        first += table.num_rows
        rows = pa.table({"place": places, "key": _key_texts(table, key)})
        yield rows.filter(table.column(label).is_null()).drop_null()


def _known(tables: "Iterator[pa.Table]", key: Sequence[str], label: str) -> "Iterator[pa.Table]":
    """Turns, keys and labels (as text) of the rows that have one."""
    import pyarrow as pa

    first = 0
    for table in tables:
        turns = pa.array(np.arange(first, first + table.num_rows))
        first += table.num_rows
        texts = table.column(label).cast(pa.string())
        yield pa.table({"turn": turns, "key": _key_texts(table, key), "label": texts}).drop_null()


def _key_texts(table: "pa.Table", key: Sequence[str]) -> "pa.ChunkedArray":
    """The values of a key as one text; null where one is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [pc.cast(table.column(name), pa.string()) for name in key]
    joined = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, "\x1f")
    return joined if isinstance(joined, pa.ChunkedArray) else pa.chunked_array([joined])
