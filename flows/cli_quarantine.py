"""`keepfit quarantine …`, and the options that commands share."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

StoreOption = Annotated[str | None, Parameter(name="--store", help="Store; KEEPFIT_STORE or .keepfit unless given.")]
JsonFlag = Annotated[bool, Parameter(name="--json", negative="", help="One JSON object on stdout.")]
WhoOption = Annotated[str | None, Parameter(name="--actor", help="Who; the user of this machine unless given.")]
WhyOption = Annotated[str, Parameter(name="--reason", help="Why; stands in the ledger for ever.")]
NumberOption = Annotated[int | None, Parameter(name="--number", help="Which quarantine; the newest unless given.")]
RuleOption = Annotated[str | None, Parameter(name="--rule", help="Only rows whose reason holds this text.")]

quarantine = App(name="quarantine", help="Rows that validation took out: list, explain, export, page, replay.")


@quarantine.command(name="list")
def list_quarantines(use_case: str, *, store: StoreOption = None, json: JsonFlag = False) -> int:
    """List the validations that took rows out: how many, by which rules, and whether that stopped the run."""
    from flows import quarantine

    return quarantine.listing(use_case, store, as_json=json)


@quarantine.command
def explain(
    use_case: str,
    *,
    number: NumberOption = None,
    rule: RuleOption = None,
    file: Annotated[str | None, Parameter(help="Only rows of this file, by its path or the end of it.")] = None,
    row: Annotated[int | None, Parameter(help="One row of that file: everything that is known about it.")] = None,
    limit: Annotated[int, Parameter(help="How many examples are shown.")] = 20,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Say why rows are not there: by rule and by file, with examples."""
    from flows import quarantine

    return quarantine.explain(use_case, number, rule, file, row, limit, store, as_json=json)


@quarantine.command
def export(
    use_case: str,
    *,
    out: Annotated[Path, Parameter(help="A file that is not there yet: .csv, .jsonl or .parquet.")],
    number: NumberOption = None,
    rule: RuleOption = None,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Write quarantined rows to a file, with their values as they came, to be corrected and put back."""
    from flows import quarantine

    return quarantine.export(use_case, out, number, rule, store, as_json=json)


@quarantine.command
def page(
    use_case: str,
    *,
    number: NumberOption = None,
    out: Annotated[Path | None, Parameter(help="Where to; USE_CASE-quarantine-NUMBER.html unless given.")] = None,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Write one HTML page that explains every row that is not there."""
    from flows import quarantine

    return quarantine.page(use_case, number, out, store, as_json=json)


@quarantine.command
def replay(
    use_case: str,
    *,
    reason: WhyOption,
    rows: Annotated[
        Path | None, Parameter(help="An exported file with corrected values; all rows unless given.")
    ] = None,
    number: NumberOption = None,
    actor: WhoOption = None,
    dry_run: Annotated[bool, Parameter(negative="", help="Say what would come back, write nothing.")] = False,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Put quarantined rows back that today's YAML takes, as they are or corrected (exit 3: it takes none)."""
    from flows import quarantine

    return quarantine.replay(use_case, reason, rows, number, actor, store, dry_run=dry_run, as_json=json)
