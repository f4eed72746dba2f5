"""Rows that were read before, as texts, judged by the YAML of today."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from keepfit.config.model import UseCase
from keepfit.data.convert import arrow_type
from keepfit.data.declared import declared
from keepfit.data.mapping import Options, Parsed, Reading, mapped, options, typed
from keepfit.data.replay import Replays, raw_texts, texts_table
from keepfit.records import Column

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.config.contract import ColumnRule


def of_gone_files(
    back: Replays, use_case: UseCase, source: str, files: Mapping[str, str], refused: "Iterable[pa.Table]" = ()
) -> Parsed | None:
    """What people have put back of files that are gone, with ``_file`` and ``_row``; None if there is nothing.

    What `keepfit.data.replay.without_superseded` leaves of these rows is put in once; `keys_of_refused` are among what
    supersedes.
    """
    keyed = set(use_case.data.key) <= set(options(use_case, source).types)
    texts = back.of_gone_files(source, files, refused, keyed=keyed)
    return _of_many(texts, lambda each: as_source(use_case, source, each)) if texts.num_rows else None


def keys_of_refused(use_case: UseCase, source: str, refused: "Iterable[pa.Table]") -> "pa.Table | None":
    """The keys of rows that the readers of a source refuse, as far as they can be read; None where there are none."""
    key = use_case.data.key
    rows = (raw_texts(raw) for table in refused for raw in table.column("_raw").to_pylist() if raw is not None)
    texts = texts_table([{**row, "_row": "0"} for row in rows if row is not None])
    how, needed = options(use_case, source), {*key, use_case.data.event_time}
    if not texts.num_rows or not set(key) <= set(how.types):
        return None
    narrow = replace(
        how,
        types={name: kind for name, kind in how.types.items() if name in needed},
        periods=tuple(replace(each, columns=_only(each.columns, needed)) for each in how.periods),
    )
    table = mapped(texts, narrow).table
    return table.select(list(key)) if set(key) <= set(table.column_names) else None


def _only(columns: Mapping[str, Reading], names: Collection[str | None]) -> dict[str, Reading]:
    return {name: reading for name, reading in columns.items() if name in names}


def as_source(use_case: UseCase, source: str, texts: "pa.Table") -> Parsed:
    """Rows of a source as its mapping reads them, and those of which a value does not fit.

    Parameters
    ----------
    texts
        Columns as the files name them, and ``_row``.
    """
    return mapped(texts, options(use_case, source))


def as_examples(rules: "Mapping[str, ColumnRule]", use_case: UseCase, texts: "pa.Table") -> Parsed:
    """Examples in exactly the columns of ``rules`` (null where there is none), with ``_file`` and ``_row``."""
    import pyarrow as pa

    for name in rules:
        if name not in texts.column_names:
            texts = texts.append_column(name, pa.nulls(texts.num_rows, pa.string()))
    how = Options(
        types={name: rule.type for name, rule in rules.items()},
        zone=use_case.data.timezone,
        event_time=use_case.data.event_time,
    )
    return _of_many(texts.select([*rules, "_file", "_row"]), lambda each: typed(each, how))


def rules_of(use_case: UseCase, columns: Iterable[Column]) -> "dict[str, ColumnRule]":
    """The contract of today for examples of that day, whose label had the type that their query gave it."""
    import pyarrow as pa

    return declared(use_case, pa.schema([(each.name, arrow_type(each.type)) for each in columns]))  # type: ignore[arg-type]


def _of_many(texts: "pa.Table", judge: "Callable[[pa.Table], Parsed]") -> Parsed:
    """Rows of several files at once: numbered through while they are judged, then as they were."""
    import pyarrow as pa

    count = pa.array(range(texts.num_rows), pa.int64())
    found = judge(texts.drop_columns(["_file", "_row"]).append_column("_row", count))
    return Parsed(*(_renamed(each, texts) for each in found))


def _renamed(table: "pa.Table", texts: "pa.Table") -> "pa.Table":
    origin = texts.select(["_file", "_row"])
    origin = origin.take(table.column("_row")) if table.num_rows < texts.num_rows else origin
    place = table.column_names.index("_row")
    return table.set_column(place, "_row", origin.column("_row")).append_column("_file", origin.column("_file"))
