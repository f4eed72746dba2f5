"""The command line. A command reads its words, makes one call, and prints; it imports what it needs, no more."""

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from flows.cli_export import export
from flows.cli_quarantine import JsonFlag, StoreOption, WhoOption, WhyOption, quarantine
from keepfit.errors import KeepfitError

STOPPED = 130


def _version() -> str:
    from importlib import metadata

    return metadata.version("keepfit")


app = App(
    name="keepfit",
    version=_version,
    help="Keeps machine-learning models in production fit: one YAML in, a judged and released model out.",
    help_flags=["--help", "-h"],
    version_flags=["--version"],
)

app.command(quarantine)
app.command(export)


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
def judge(
    use_case: str,
    *,
    as_of: Annotated[str | None, Parameter(help="The moment to pretend it is; now unless given.")] = None,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Judge the newest challenger again, when new labels allow, and release it on a pass (exit 5: a gate failed).

    One more look, which spends of the year's rate of false promotions; without a challenger or new rows it spends
    nothing.
    """
    from flows import judging

    return judging.judge(use_case, as_of, store, as_json=json)


@app.command
def monitor(
    use_case: str,
    *,
    as_of: Annotated[str | None, Parameter(help="The moment the run pretends it is; now unless given.")] = None,
    page: Annotated[
        Path | None, Parameter(help="A file, .html, for the window's page too; one is in the store.")
    ] = None,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Hold the newest window of what arrived against the champion's own time: drift, performance, whether to retrain.

    Every decision, also "no", is an entry of the ledger with its reasons.
    """
    from flows import monitoring

    return monitoring.monitor(use_case, as_of, page, store, as_json=json)


@app.command
def retrain(
    use_case: str,
    *,
    as_of: Annotated[str | None, Parameter(help="The moment the run pretends it is; now unless given.")] = None,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Look at the newest window and train if a retrain was decided on (exit 5: a gate failed); else say why not.

    Doubled, late and forged requests find nothing due and change nothing.
    """
    from flows import monitoring

    return monitoring.retrain(use_case, as_of, store, as_json=json)


@app.command
def release(
    use_case: str,
    *,
    as_of: Annotated[str | None, Parameter(help="Up to when the log is read; now unless given.")] = None,
    stop: Annotated[bool, Parameter(negative="", help="End the rollout by hand, and keep the champion.")] = False,
    reason: Annotated[str | None, Parameter(help="With --stop: why; stands in the ledger for ever.")] = None,
    actor: WhoOption = None,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Decide on the open shadow or canary from what all servers have logged (exit 5: it left its limits).

    Promotes what stayed within its limits for long enough; undecided while there was too little traffic.
    """
    from flows import releasing

    return releasing.release(use_case, as_of, store, releasing.by_hand(stop, reason, actor), as_json=json)


@app.command
def score(
    use_case: str,
    *,
    input: Annotated[str, Parameter(help="A file, or a pattern of files: CSV, JSON Lines or Parquet.")],
    output: Annotated[str, Parameter(help="The file to write, .parquet or .csv; refused rows go beside it.")],
    version: Annotated[
        int | None, Parameter(name="--version", help="By its number; the champion unless given.")
    ] = None,
    as_of: Annotated[str | None, Parameter(help="The moment whose champion answers; now unless given.")] = None,
    overwrite: Annotated[bool, Parameter(negative="", help="Replace an output that is there.")] = False,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Score files of rows with the champion or another version (exit 3: too many rows break the contract).

    Rows are those of the source's files or, where the use case has a query, of its result; the label is not needed.
    """
    from flows import scoring

    return scoring.score(use_case, input, output, version, as_of, store, overwrite=overwrite, as_json=json)


@app.command
def show(
    use_case: str,
    *,
    everything: Annotated[
        bool, Parameter(name="--all", negative="", help="All of history, texts whole; else the latest 20.")
    ] = False,
    page: Annotated[
        Path | None, Parameter(help="A file, .html, for a page of all windows, as they were watched.")
    ] = None,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Show versions, aliases and history: who, when, why."""
    from flows import commands

    return commands.show(use_case, page, store, everything=everything, as_json=json)


@app.command
def verify(use_case: str | None = None, *, store: StoreOption = None, json: JsonFlag = False) -> int:
    """Re-hash everything that the ledger refers to, recompute what follows from it (exit 6: it does not fit)."""
    from flows import commands

    return commands.verify(use_case, store, as_json=json)


@app.command
def check(
    use_case: str,
    *,
    data: Annotated[bool, Parameter(negative="", help="See what mapping and contract do to a sample.")] = False,
    rows: Annotated[int, Parameter(help="Rows of a file that are looked at.")] = 1000,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Check a YAML file: line and column of what is wrong (exit 2); --data: a sample of its sources too (exit 3).

    Says of every gate how small a difference it could see on the rows of the newest version in the store, and how
    likely a good model is to pass them all.
    """
    from flows import commands

    return commands.check(use_case, rows if data else None, store, as_json=json)


@app.command
def docs(
    use_case: str,
    *,
    as_of: Annotated[str | None, Parameter(help="The newest validation up to this moment; the newest of all.")] = None,
    out: Annotated[str | None, Parameter(help="The folder for the pages; docs/USE_CASE unless given.")] = None,
    open: Annotated[bool, Parameter(help="Show them in the browser.")] = False,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Build pages of what the newest validation saw (also one that stopped its run): expectations, every column."""
    from flows import docs as pages

    return pages.docs(use_case, as_of, out, store, look=open, as_json=json)


@app.command
def selftest(
    use_case: str,
    *,
    as_of: Annotated[str | None, Parameter(help="The moment to pretend it is; now unless given.")] = None,
    seeds: Annotated[int, Parameter(help="In how many worlds models are judged.")] = 20,
    strict: Annotated[bool, Parameter(negative="", help="Exit 5 too where the YAML guards nothing.")] = False,
    json: JsonFlag = False,
) -> int:
    """Plant bad models and bad data into a use case, to see that its gates catch each (exit 5: not all).

    Shows too that a good model is refused no more often than stated. Nothing but a scratch store is written.
    """
    from flows import selftest as testing

    return testing.selftest(use_case, as_of, seeds, strict=strict, as_json=json)


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
    """Go back to an earlier champion: the one before, or the one named; twice in a row only by its number.

    The same command again changes nothing, so it is safe to repeat when its answer was lost.
    """
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
def serve(
    *use_cases: str,
    host: Annotated[str, Parameter(help="The address to listen on; beyond loopback only with KEEPFIT_TOKENS.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, Parameter(help="The port; 0 takes one that is free.")] = 8000,
    most_waiting: Annotated[int, Parameter(help="Requests that may wait; more get 503 and Retry-After.")] = 256,
    deadline: Annotated[float, Parameter(help="Seconds for an answer; what takes longer gets 504.")] = 20.0,
    every: Annotated[float, Parameter(help="Seconds between two looks at the ledger.")] = 1.0,
    workers: Annotated[int, Parameter(help="Processes that answer on the one port.")] = 1,
    log: Annotated[str | None, Parameter(help="Folder for predictions on their way to the store; empty: none.")] = None,
    sync: Annotated[bool, Parameter(negative="", help="Answer only after the prediction is on the disk.")] = False,
    ship_every: Annotated[float | None, Parameter(help="Seconds until the log goes to the store; else 300.")] = None,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Answer over HTTP with the champions of use cases, and follow the ledger; SIGTERM ends it, all answered."""
    from flows import serve as serving

    return serving.serve(
        use_cases, host, port, store, most_waiting, deadline, every, log, workers,
        sync=sync, ship_every=ship_every, as_json=json,
    )  # fmt: skip


@app.command
def deploy(
    *use_cases: str,
    pool: Annotated[str, Parameter(help="The work pool that runs wait in; made for this machine if missing.")] = (
        "keepfit"
    ),
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Make Prefect deployments, schedules and automations of use cases, on the configured server.

    Without names: of all in configs/, and what is left of a YAML that is gone is removed. The same again changes
    nothing.
    """
    from flows.deploy import command

    return command.deploy(use_cases, store, pool, as_json=json)


@app.command
def up(
    *use_cases: str,
    port: Annotated[int, Parameter(help="The port of the scoring service; 0 takes one that is free.")] = 8000,
    prefect_port: Annotated[int, Parameter(help="The port of Prefect's server and pages.")] = 4200,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Start a Prefect server, a worker and the scoring service on this machine, deploy, and keep all until Ctrl-C.

    For the use cases that are named, else all in configs/. What dies is started again.
    """
    from flows.up import command

    return command.up(use_cases, store, port, prefect_port, as_json=json)


@app.command
def doctor(*, store: StoreOption = None, json: JsonFlag = False) -> int:
    """Say what is missing or unsafe here: libraries, names, store, clocks, champions, Prefect (exit 4: to mend)."""
    from flows.doctor import command

    return command.doctor(store, as_json=json)


@app.command
def demo(
    *,
    until: Annotated[str, Parameter(help="Write the months of 2013 that are over by this date.")] = "2014-01-01",
    json: JsonFlag = False,
) -> int:
    """Write example data to data/ as an upstream system would, a file a month, and use cases for them to configs/."""
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
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends as a block and an exit code
        if debug:
            traceback.print_exception(error)
        sys.exit(_explain(error))
    # At its end Python would look through a million objects for garbage, most of a second after the answer. DuckDB, if
    # a run has needed it, would take what is left there for leaks and list it.
    if "duckdb" not in sys.modules:
        gc.freeze()
    sys.exit(code or 0)


def _explain(error: Exception) -> int:
    """Show an error as a block; returns the exit code."""
    from flows.problems import show_problems, unexpected

    known = error if isinstance(error, KeepfitError) else unexpected(error)
    show_problems(known)
    return known.exit_code


if __name__ == "__main__":
    main()
