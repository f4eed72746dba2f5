"""Bytes for Arrow's threads to read: a copy that is Arrow's own.

A buffer over Python's bytes gives them back to Python, for which it takes the interpreter's lock. A thread of Arrow's
that lets go of the last reference while the interpreter is ending never gets the lock: the process aborts (signal 6)
after all is done and said. It happens once in some hundred short commands.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def reader(data: bytes) -> "pa.BufferReader":
    """A file of these bytes for Arrow to read, with any number of threads.

    >>> reader(b"abc").read(), reader(b"").read()
    (b'abc', b'')
    """
    import pyarrow as pa

    buffer = pa.allocate_buffer(len(data))
    memoryview(buffer).cast("B")[:] = data
    return pa.BufferReader(buffer)
