"""How an error is shown: one block on stderr that a person can act on at night."""

import sys
from typing import TextIO

from keepfit.errors import KeepfitError, Problem

LABEL = 12  # the width of "  expected  "


def printable(text: str) -> str:
    r"""Text without what could steer a terminal: messages quote values from data.

    >>> printable("a\x1b[2Jb\tc")
    'a\ufffd[2Jb c'
    """
    return "".join(c if c.isprintable() or c == "\n" else " " if c == "\t" else "\ufffd" for c in text)


def show_problems(error: KeepfitError, stream: TextIO | None = None) -> None:
    """Write every problem of an error as a block; in colour where the stream is a terminal that wants it.

    Parameters
    ----------
    error : KeepfitError
        What was raised.
    stream : text file
        Where to; standard error unless given.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream or sys.stderr, highlight=False)
    for problem in error.problems:
        what, *parts = printable(str(problem)).splitlines()
        block = Text.assemble(("error", "bold red"), "  ", (what, "bold"))
        for part in parts:
            block.append("\n").append(part[:LABEL], style="dim").append(part[LABEL:])
        console.print(block, soft_wrap=True)


def unexpected(error: Exception) -> KeepfitError:
    """An error that we did not foresee: a fault of ours, or of a library."""
    return KeepfitError(
        Problem(
            f"unexpected {type(error).__name__}: {error}",
            did="stopped; whatever was finished is kept, the champion is as it was",
            do="run the same command with --debug to see where, and report it",
        )
    )
