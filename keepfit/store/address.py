"""From the address that a person gives to a store."""

from pathlib import Path

from keepfit.errors import ConfigError, Problem
from keepfit.store.directory import Directory
from keepfit.store.store import Store


def open_store(address: str) -> Store:
    """The store at ``address``, a path; nothing is made there before the first ``create``.

    Raises
    ------
    ConfigError
        The address is empty, names something that is not a folder, or is a URL such as ``s3://bucket/prefix``.
    """
    if "://" in address:
        scheme = address.split("://", 1)[0]
        raise ConfigError(
            Problem(
                f"this build keeps its store in a directory, not on {scheme}://",
                where=f"store address {address}",
                expected="a path",
                found=address,
                do="give a directory with --store or KEEPFIT_STORE",
            )
        )
    root = Path(address).expanduser().absolute()
    if not address.strip() or (root.exists() and not root.is_dir()):
        raise ConfigError(
            Problem(
                "the store address is not a directory",
                where=f"store address {address!r}",
                expected="the path of a directory (it may not exist yet)",
                found="nothing" if not address.strip() else "a file",
                do="give a directory with --store or KEEPFIT_STORE",
            )
        )
    return Directory(root)
