"""What the YAML says of a source's files, and what a reader gives back."""

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from keepfit.config.sources import Dialect, FileSource

if TYPE_CHECKING:
    import pyarrow as pa


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """How text is to be understood; nothing of it is ever guessed.

    ``delimiter`` and ``quote`` are one printable ASCII character each (or a tab), and not the same; ``nulls`` are the
    texts that mean "no value" in CSV.
    """

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    nulls: tuple[str, ...] = ("",)

    @classmethod
    def of(cls, source: FileSource) -> "Form":
        """The form that a source declares."""
        dialect: Dialect = source.dialect
        return cls(delimiter=dialect.delimiter, quote=dialect.quote, encoding=dialect.encoding, nulls=source.nulls)


class Raw(NamedTuple):
    """Some rows of a file, in its order, at most `keepfit.data.tables.PART` of each kind.

    ``table`` has the columns as the file names them and ``_row`` (int64, 1 is the first below the header); ``refused``
    has `keepfit.data.refused.refused_schema`: rows of a wrong shape, with their text and what is wrong with them.
    """

    table: "pa.Table"
    refused: "pa.Table"
