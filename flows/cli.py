"""The command line. A command reads its words, makes one call, and prints; it imports what it needs, no more."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import Annotated

from cyclopts import App, Parameter

from keepfit.errors import KeepfitError, Problem

STOPPED = 130

app = App(
    name="keepfit",
    help="Keeps machine-learning models in production fit: one YAML in, a judged and released model out.",
    help_flags=["--help", "-h"],
    version_flags=["--version"],
)

StoreOption = Annotated[str | None, Parameter(name="--store", help="Store; KEEPFIT_STORE or .keepfit unless given.")]
JsonFlag = Annotated[bool, Parameter(name="--json", negative="", help="One JSON object on stdout.")]
WhoOption = Annotated[str | None, Parameter(name="--actor", help="Who; the user of this machine unless given.")]
WhyOption = Annotated[str, Parameter(name="--reason", help="Why; stands in the ledger for ever.")]


@app.command
def run(
    use_case: str,
    *,
    as_of: Annotated[str | None, Parameter(help="The moment to pretend it is; now unless given.")] = None,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Train, judge and, on a pass, release a model (exit 5: a gate failed)."""
    from flows import commands

    return commands.run(use_case, as_of, store, as_json=json)


@app.command
def show(use_case: str, *, store: StoreOption = None, json: JsonFlag = False) -> int:
    """Show versions, aliases and history: who, when, why."""
    from flows import commands

    return commands.show(use_case, store, as_json=json)


@app.command
def verify(use_case: str | None = None, *, store: StoreOption = None, json: JsonFlag = False) -> int:
    """Re-hash everything that the ledger refers to, recompute what follows from it (exit 6: it does not fit)."""
    from flows import commands

    return commands.verify(use_case, store, as_json=json)


@app.command
def check(use_case: str, *, json: JsonFlag = False) -> int:
    """Check a YAML file; says line and column of everything that is wrong with it (exit 2)."""
    from flows import commands

    return commands.check(use_case, as_json=json)


@app.command
def schema() -> int:
    """Print the JSON schema of a use case, for editors."""
    from flows import commands

    return commands.schema()


@app.command
def promote(
    use_case: str,
    version: int,
    *,
    reason: WhyOption,
    actor: WhoOption = None,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Make a registered version champion by hand; one that failed cannot be."""
    from flows import commands

    return commands.promote(use_case, version, reason, actor, store, as_json=json)


@app.command
def rollback(
    use_case: str,
    version: int | None = None,
    *,
    reason: WhyOption,
    actor: WhoOption = None,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Go back to an earlier champion: the one before, or the one named."""
    from flows import commands

    return commands.rollback(use_case, version, reason, actor, store, as_json=json)


@app.command
def disable(
    use_case: str, *, reason: WhyOption, actor: WhoOption = None, store: StoreOption = None, json: JsonFlag = False
) -> int:
    """Take the champion out of service."""
    from flows import commands

    return commands.disable(use_case, reason, actor, store, as_json=json)


@app.command
def demo(
    *,
    until: Annotated[str, Parameter(help="Write the months of 2013 that are over by this date.")] = "2014-01-01",
    json: JsonFlag = False,
) -> int:
    """Write example data to data/ the way an upstream system would: one file a month for flights."""
    from flows import commands

    return commands.demo(until, as_json=json)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 config, 3 data, 4 infrastructure, 5 a gate failed, 6 integrity."""
    # The system's allocator: Arrow's own keeps a hundred MB of tables that are gone. Read when Arrow is loaded.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    words = list(sys.argv[1:] if words is None else words)
    debug = "--debug" in words
    try:
        code = app([word for word in words if word != "--debug"], result_action="return_value")
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; the same command continues where it was\n")
        sys.exit(STOPPED)
    except Exception as error:
        if debug:
            raise
        sys.exit(_explain(error))
    # At its end Python would look through a million objects for garbage, most of a second after the answer. DuckDB, if
    # a run has needed it, would take what is left there for leaks and list it.
    if "duckdb" not in sys.modules:
        gc.freeze()
    sys.exit(code or 0)


def _explain(error: Exception) -> int:
    """Show an error as a block; returns the exit code."""
    from flows.problems import show_problems

    known = error if isinstance(error, KeepfitError) else _unexpected(error)
    show_problems(known)
    return known.exit_code


def _unexpected(error: Exception) -> KeepfitError:
    """An error that we did not foresee: a fault of ours, or of a library."""
    return KeepfitError(
        Problem(
            f"unexpected {type(error).__name__}: {error}",
            did="stopped; whatever was finished is kept, the champion is as it was",
            do="run the same command with --debug to see where, and report it",
        )
    )


if __name__ == "__main__":
    main()
