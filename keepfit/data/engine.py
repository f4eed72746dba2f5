"""DuckDB as Keepfit uses it: in memory and on one thread, in UTC, without extensions, files or network.

What does not fit into memory goes to a folder of its own, which is gone afterwards.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


@contextmanager
def connected(memory: int = 384) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection that takes so many MB; a source is what is registered with it, nothing else."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="keepfit-") as folder:
        connection = duckdb.connect(
            ":memory:",
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "threads": "1",
                "memory_limit": f"{memory}MB",
                "temp_directory": folder,
            },
        )
        try:
            connection.execute("set timezone = 'UTC'")
            connection.execute("set python_enable_replacements = false")
            connection.execute("set lock_configuration = true")
            yield connection
        finally:
            connection.close()
