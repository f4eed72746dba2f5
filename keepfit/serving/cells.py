"""Numbers that the workers of a server share: a row for each in one piece of memory, and nobody writes in another's.

So counting takes no lock, what a worker has counted outlives it, and each worker can say the sum of all.
"""

import mmap
import os
import tempfile
from collections.abc import Sequence
from typing import Self

_SIZE = 8  # bytes of a float64


class Cells:
    """``rows`` times ``width`` float64, of which ``own`` is the row of this process."""

    def __init__(self, descriptor: int, width: int, row: int) -> None:
        """Map a file that `shared_file` has made for this ``width``."""
        size = os.fstat(descriptor).st_size
        self._width, self.rows = width, size // (width * _SIZE)
        self._all = memoryview(mmap.mmap(descriptor, size)).cast("d")
        self.row = row
        self.own = self._all[row * width : (row + 1) * width]

    @classmethod
    def alone(cls, width: int) -> Self:
        """The cells of a process that shares them with nobody."""
        descriptor = shared_file(width, 1)
        try:
            return cls(descriptor, width, 0)
        finally:
            os.close(descriptor)

    def of_each(self, index: int) -> Sequence[float]:
        """What stands in one cell of every row.

        >>> cells = Cells.alone(3)
        >>> cells.own[1] += 2
        >>> list(cells.of_each(1))
        [2.0]
        """
        return self._all[index :: self._width]

    def total(self, index: int) -> float:
        """The sum of one cell over all rows."""
        return sum(self.of_each(index))


def shared_file(width: int, rows: int) -> int:
    """A file without a name, to be inherited: its descriptor.

    Its bytes are written, not only promised: memory that maps a file without room on the disk kills who writes to it.
    """
    with tempfile.TemporaryFile() as file:
        file.write(bytes(width * rows * _SIZE))
        file.flush()
        return os.dup(file.fileno())
