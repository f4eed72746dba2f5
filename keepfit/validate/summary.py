"""Every kept column in one line: for the report, not for a decision."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from keepfit.records import ColumnSummary

if TYPE_CHECKING:
    import pyarrow as pa

_TOP = 5


def summaries(table: "pa.Table", kinds: Mapping[str, str]) -> tuple[ColumnSummary, ...]:
    """One summary a column: numbers by minimum, median and maximum, categories by their commonest values."""
    return tuple(_summary(name, kind, table.column(name)) for name, kind in kinds.items())


def _summary(name: str, kind: str, column: "pa.ChunkedArray") -> ColumnSummary:
    import pyarrow.compute as pc

    number = kind in {"int", "float"}
    low, median, high = pc.quantile(column, q=[0, 0.5, 1]).to_pylist() if number else (None, None, None)
    counts = column.value_counts()
    known = [each for each in counts.to_pylist() if each["values"] is not None] if kind in {"category", "bool"} else []
    top = sorted(known, key=lambda each: (-each["counts"], str(each["values"])))[:_TOP]
    return ColumnSummary(
        name=name,
        type=kind,
        missing=column.null_count,
        distinct=len(counts) - bool(column.null_count),
        low=low,
        median=median,
        high=high,
        top=tuple((str(each["values"])[:60], each["counts"]) for each in top),
    )
