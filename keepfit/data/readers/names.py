"""Names of columns: each there, each once, none that Keepfit needs itself."""

from collections import Counter
from collections.abc import Sequence

from keepfit.data.refused import HIDDEN
from keepfit.errors import DataError, Problem

MOST_COLUMNS = 10_000


def see_names(names: Sequence[str], name: str) -> None:
    """See that the columns of the file ``name`` can be told apart.

    Raises
    ------
    DataError
        A name stands twice, is missing or reserved, or there are more than ``MOST_COLUMNS``.
    """
    if len(names) > MOST_COLUMNS:
        raise DataError(Problem("too many columns", name, f"at most {MOST_COLUMNS:,}", f"{len(names):,}"))
    repeated = [column for column, count in Counter(names).items() if count > 1 or not column.strip()]
    if repeated:
        found = "; ".join(f"{_shown(column)} at {_places(names, column)}" for column in repeated[:20])
        do = "have the file written with one name for every column"
        raise DataError(
            Problem("columns without a name of their own", name, "every name once", f"columns {found}", do=do)
        )
    reserved = [column for column in names if column in HIDDEN]
    if reserved:
        found = "; ".join(f"{column} at {_places(names, column)}" for column in reserved)
        do = "have the column renamed where the file is written"
        raise DataError(
            Problem("a column has a name that Keepfit needs itself", name, f"none of {', '.join(HIDDEN)}", found, do=do)
        )


def _shown(column: str) -> str:
    if not column.strip():
        return "(no name)"
    return column if len(column) <= 80 else f"{column[:80]}…"


def _places(names: Sequence[str], column: str) -> str:
    places = [str(index + 1) for index, other in enumerate(names) if other == column]
    return ", ".join(places[:20]) + (", …" if len(places) > 20 else "")
