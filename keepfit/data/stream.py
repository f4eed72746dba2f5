"""Tables that are larger than memory, as Arrow streams that can be read more than once."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from keepfit.errors import KeepfitError

if TYPE_CHECKING:
    import pyarrow as pa


class Stream:
    """Tables of one schema, made anew whenever they are asked for.

    A query engine asks once for every place where a statement names the table. What Keepfit raises on the way is kept
    in `failed`, because an engine passes on no more than its text.
    """

    def __init__(self, schema: "pa.Schema", tables: "Callable[[], Iterator[pa.Table]]") -> None:
        self.schema = schema
        self.failed: list[KeepfitError] = []
        self.tables = tables

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream, from its beginning (Arrow's PyCapsule interface)."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self.schema, self._batches()).__arrow_c_stream__(requested_schema)

    def _batches(self) -> "Iterator[pa.RecordBatch]":
        try:
            for table in self.tables():
                yield from table.cast(self.schema).to_batches()
        except KeepfitError as error:
            self.failed.append(error)
            raise
