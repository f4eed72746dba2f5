"""The file of answers and, beside it, that of refused rows: written under another name, renamed when they are whole."""

import csv
import io
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from keepfit.errors import ConfigError, InfrastructureError, Problem
from keepfit.quarantine.files import harmless

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = (".parquet", ".csv")
_APART = " | "
_REFUSED = ("_file", "_row", "_reasons", "_raw")


class Outputs:
    """Both files; without `publish` nothing is left of them."""

    def __init__(self, path: Path, *, replace: bool) -> None:
        """Begin to write.

        Raises
        ------
        ConfigError
            The file is there already, or its name says no format that is written.
        """
        self.path, self._replace = path, replace
        self.refused_path = path.with_name(f"{path.name}.refused.csv")
        self._see_that_free()
        mark = secrets.token_hex(8)
        self._answers = path.with_name(f".{mark}.answers.tmp")
        self._refused = path.with_name(f".{mark}.refused.tmp")
        self._writer: Any = None
        self._lines: Any = None
        self._text: io.TextIOWrapper | None = None

    def _see_that_free(self) -> None:
        if self.path.suffix.lower() not in FORMATS:
            found = self.path.name
            raise ConfigError(Problem("a format that is not written", "--output", ", ".join(FORMATS), found))
        there = [path for path in (self.path, self.refused_path) if path.exists()]
        if there and not self._replace:
            raise _is_there(there[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._close()
        for path in (self._answers, self._refused):
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(self.path, error) from error

    def start(self, empty: "Callable[[], pa.Table]") -> None:
        """Give a file without rows its columns."""
        if self._writer is None:
            self.add(empty())

    def add(self, table: "pa.Table") -> None:
        """Write the next answers."""
        if self.path.suffix.lower() == ".csv":
            table = _flat(table)
        if self._writer is None:
            self._writer = _writer(self.path, self._answers, table.schema)
        self._writer.write_table(table)

    def refuse(self, rows: "pa.Table") -> None:
        """Write the next refused rows."""
        if not rows.num_rows:
            return
        if self._lines is None:
            self._text = self._refused.open("x", encoding="utf-8-sig", newline="")
            self._lines = csv.writer(self._text, quoting=csv.QUOTE_ALL)
            self._lines.writerow(_REFUSED)
        for row in rows.to_pylist():
            values = {**row, "_reasons": _APART.join(row["_reasons"])}
            self._lines.writerow([harmless(str(values[name])) for name in _REFUSED])

    def publish(self, *, with_answers: bool, with_refused: bool) -> None:
        """Give the files their names: the refused rows first, so that no answers are there without them."""
        self._close()
        if with_refused:
            self._name(self._refused, self.refused_path)
        elif self._replace:
            self.refused_path.unlink(missing_ok=True)
        if with_answers:
            self._name(self._answers, self.path)
        elif self._replace:
            self.path.unlink(missing_ok=True)

    def _name(self, temporary: Path, path: Path) -> None:
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        if self._replace:
            temporary.replace(path)
            return
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            raise _is_there(path) from None

    def _close(self) -> None:
        for each in (self._writer, self._text):
            if each is not None:
                each.close()
        self._text = None


def _writer(path: Path, temporary: Path, schema: "pa.Schema") -> Any:
    if path.suffix.lower() == ".csv":
        from pyarrow.csv import CSVWriter

        return CSVWriter(str(temporary), schema)
    import pyarrow.parquet as pq

    return pq.ParquetWriter(str(temporary), schema, compression="zstd", compression_level=1)


def _flat(table: "pa.Table") -> "pa.Table":
    """Lists of warnings as one text each."""
    import pyarrow.compute as pc

    place = table.column_names.index("warnings")
    return table.set_column(place, "warnings", pc.binary_join(table.column("warnings"), _APART))


def answers_table(
    key: "pa.Table",
    found: NDArray[np.float64],
    decided: NDArray[np.int64] | None,
    classes: Sequence[str],
    warnings: Sequence[tuple[str, ...]],
    version: int,
) -> "pa.Table":
    """Key, then ``score`` (of the second of two classes), ``score_<class>`` or ``value``, decision, warnings, version.

    >>> import pyarrow as pa
    >>> key = pa.table({"id": ["a"]})
    >>> answers_table(key, np.array([[0.25, 0.75]]), np.array([1]), ("no", "yes"), [()], 3).to_pylist()
    [{'id': 'a', 'score': 0.75, 'decision': 'yes', 'warnings': [], 'version': 3}]
    """
    import pyarrow as pa

    columns: dict[str, Any] = {name: key.column(name) for name in key.column_names}
    if not classes:
        columns["value"] = pa.array(found, pa.float64())
    elif len(classes) == 2:
        columns["score"] = pa.array(np.ascontiguousarray(found[:, 1]), pa.float64())
    else:
        columns |= {
            f"score_{name}": pa.array(np.ascontiguousarray(found[:, place]), pa.float64())
            for place, name in enumerate(classes)
        }
    if classes:
        codes = np.zeros(0, np.int64) if decided is None else decided
        columns["decision"] = pa.array(classes, pa.string()).take(pa.array(codes))
    columns["warnings"] = pa.array(warnings, pa.list_(pa.string()))
    columns["version"] = pa.array(np.full(key.num_rows, version), pa.int64())
    return pa.table(columns)


def refused_table(table: "pa.Table", path: str, broken: Mapping[int, list[str]]) -> "pa.Table":
    """The rows (by place) that break the contract, in the columns of the file of refused rows."""
    import pyarrow as pa

    rows = table.take(pa.array(list(broken), pa.int64()))
    names = [name for name in rows.column_names if name != "_row"]
    raw = [msgspec.json.encode(row).decode() for row in rows.select(names).to_pylist()]
    return pa.table(
        {
            "_file": pa.array([path] * len(broken), pa.string()),
            "_row": rows.column("_row"),
            "_reasons": pa.array(list(broken.values()), pa.list_(pa.string())),
            "_raw": pa.array(raw, pa.string()),
        }
    )


def _is_there(path: Path) -> ConfigError:
    do = "give another name, or --overwrite"
    return ConfigError(Problem("the file is there already", str(path), did="left it as it is", do=do))


def _unwritable(path: Path, error: OSError) -> InfrastructureError:
    found = error.strerror or str(error)
    return InfrastructureError(Problem("the file cannot be written", str(path), found=found, did="left no part of it"))
