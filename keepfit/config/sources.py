"""Where rows come from, and in what form they are written there."""

from typing import Annotated, Literal

from pydantic import Field

from keepfit.config.mapping import Mapping
from keepfit.config.section import AsTuple, Section
from keepfit.config.values import ColumnName, ColumnType, Share, Text

Mark = Annotated[str, Field(pattern=r"^[\t -/:-@\[-`{-~]$")]


class Dialect(Section):
    """How a source writes text files (CSV; of it, JSON Lines heeds `encoding`). Nothing here is ever guessed."""

    delimiter: Mark = ","
    """What stands between two fields: a tab, a blank or a punctuation mark of ASCII."""
    quote: Mark = '"'
    """What a field that holds a delimiter or a line break is wrapped in; doubled inside."""
    encoding: Literal["utf-8", "latin-1", "windows-1252", "utf-16"] = "utf-8"
    """How bytes become text; a byte that is not of it is an error with its offset."""


class FileSource(Section):
    """Files that a pattern matches: CSV, JSON Lines or Parquet, plain, gzipped or zipped."""

    kind: Literal["files", "s3"]
    """`files`: on this machine; `s3`: in a bucket."""
    path: Text
    """Path or glob, relative to the working directory, or `s3://bucket/prefix/*.csv`; may hold `${NAME}` and
    `${NAME:-default}`."""
    columns: dict[ColumnName, ColumnType] = Field(default_factory=dict)
    """Types of columns that the contract does not name; every other CSV column is read as text."""
    nulls: Annotated[tuple[str, ...], AsTuple] = ("",)
    """Texts that mean "no value" in CSV; nothing else is ever null."""
    dialect: Dialect = Dialect()
    """How text files are written."""
    mapping: Annotated[tuple[Mapping, ...], AsTuple] = ()
    """From what the source says to what the contract says, one item for every period of the source's history."""
    unreadable_at_most: Share = 0.0
    """Share of files that may be no table at all (empty, damaged, a page of HTML) before the run stops; they are set
    aside and listed."""
