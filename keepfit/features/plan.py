"""How an encoding makes its matrix: the features of a kind in one go, for one record as for many rows.

A block brings raw values, from records or from a table's columns, into one form; behind that there is one way.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, chain
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from keepfit.features.calendar import CalendarBlock, CalendarFeature
from keepfit.features.categories import CategoryBlock, CategoryFeature, HashedFeature
from keepfit.features.columns import NO_NUMBERS, Columns, Records, row_count
from keepfit.features.form import Form, Room, room_for
from keepfit.features.numbers import Computed, NumberBlock, NumberFeature
from keepfit.features.target import TargetBlock, TargetFeature
from keepfit.features.text import TextBlock, TextFeature

Matrix = NDArray[np.float64]
Feature = NumberFeature | CategoryFeature | CalendarFeature | HashedFeature | TargetFeature | TextFeature

_ROWS = 1 << 14  # of a table at a time, so that what lies between its columns and the matrix stays small


class Block(Protocol):
    """Features that are made together."""

    def of_records(self, records: Records) -> Any:
        """The raw values of records."""

    def of_columns(self, columns: Columns) -> Callable[[slice], Any]:
        """The raw values of some rows of a table."""

    def fill(self, values: Any, room: Room) -> None:
        """Write what they become into the block's columns."""


class ShortBlock(Block, Protocol):
    """One that can do without arrays where trees are asked with one record."""

    columns: list[int] | None

    def of_record(self, record: Mapping[str, Any]) -> list[Any]:
        """What the record has in these ``columns``, as numbers or None."""


class Plan:
    """The way to the matrix, with everything looked up that can be beforehand; ``width`` columns."""

    def __init__(self, form: Form, features: Sequence[Feature], computed: Sequence[Computed]) -> None:
        starts = list(accumulate((each.width(form) for each in features), initial=0))
        self.width = starts.pop()
        self._blocks = _blocks(form, list(zip(features, starts, strict=True)), computed)
        self._short = _short(self._blocks) if form == "codes" else []
        columns = list(chain.from_iterable(each.columns or () for each in self._short))
        self._order = [columns.index(place) for place in range(len(columns))]

    def of_records(self, records: Records) -> Matrix:
        """The (n, m) matrix of n raw records."""
        if self._short and len(records) == 1 and (row := self._of_record(records[0])) is not None:
            return row
        room = room_for(len(records), self.width)
        if records:
            for block in self._blocks:
                block.fill(block.of_records(records), room)
        return room.rows

    def _of_record(self, record: Mapping[str, Any]) -> Matrix | None:
        """The same of one record, (1, m); None where a number needs a closer look."""
        values: list[Any] = []
        for block in self._short:
            values += block.of_record(record)
        try:
            return np.array([[values[place] for place in self._order]], np.float64)
        except NO_NUMBERS:
            return None

    def of_columns(self, columns: Columns) -> Matrix:
        """The same of a table's columns."""
        count = row_count(columns)
        room, read = room_for(count, self.width), [block.of_columns(columns) for block in self._blocks]
        for start in range(0, count, _ROWS):
            stop = min(start + _ROWS, count)
            part = room.part(start, stop)
            for block, values in zip(self._blocks, read, strict=True):
                block.fill(values(slice(start, stop)), part)
        return room.rows


def _short(blocks: Sequence[Block]) -> list[ShortBlock]:
    """The blocks where all of them are short, else none."""
    short = [block for block in blocks if isinstance(block, NumberBlock | CategoryBlock | CalendarBlock)]
    return [*short] if len(short) == len(blocks) and all(block.columns is not None for block in short) else []


def _blocks(form: Form, placed: Sequence[tuple[Feature, int]], computed: Sequence[Computed]) -> list[Block]:
    numbers = [(each, start) for each, start in placed if isinstance(each, NumberFeature)]
    categories = [(each, start) for each, start in placed if isinstance(each, CategoryFeature | HashedFeature)]
    calendar = [(each, start) for each, start in placed if isinstance(each, CalendarFeature)]
    blocks: list[Block] = []
    if numbers:
        blocks.append(NumberBlock(form, numbers, {each.name: each for each in computed}))
    if categories:
        blocks.append(CategoryBlock(form, categories))
    if calendar:
        blocks.append(CalendarBlock(form, calendar))
    blocks.extend(TargetBlock(form, each, start) for each, start in placed if isinstance(each, TargetFeature))
    blocks.extend(TextBlock(form, each, start) for each, start in placed if isinstance(each, TextFeature))
    return blocks
