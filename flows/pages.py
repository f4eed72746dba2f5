"""Pages that a command is asked to write to a file."""

from pathlib import Path

from keepfit.errors import ConfigError, InfrastructureError, Problem


def checked_path(path: Path, option: str) -> Path:
    """A path that a page may be written to; asked before any work is done.

    Raises
    ------
    ConfigError
        Its name does not end in .html.
    """
    if path.suffix.lower() not in {".html", ".htm"}:
        raise ConfigError(Problem("a page is HTML", option, "a name that ends in .html", path.name))
    return path


def write_page(path: Path, html: str) -> str:
    """Write a page; returns its absolute path.

    Raises
    ------
    InfrastructureError
        The file cannot be written.
    """
    try:
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        found = error.strerror or type(error).__name__
        raise InfrastructureError(Problem("the page cannot be written", str(path), found=found)) from error
    return str(path.absolute())
