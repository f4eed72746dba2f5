"""What the commands do, and what they print."""

import gc
import getpass
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from textwrap import wrap
from typing import Any

import msgspec

from flows.problems import printable
from keepfit.errors import ConfigError, DataError, Problem
from keepfit.records import Released, RunResult, Verified
from keepfit.store import Store, open_store

GATE_FAILED = 5
INTEGRITY = 6
_WARNINGS = 10  # of a run that are printed
_WIDTH = 120  # columns, where nobody says how many there are


def run(use_case: str, as_of: str | None, store: str | None, *, as_json: bool) -> int:
    """Run the train flow, on the configured Prefect server or on one of our own."""
    from keepfit.config import find, load

    load(find(use_case, Path.cwd()), os.environ)  # a mistake in the YAML is told before anything is started

    from flows.progress import progress
    from flows.server import prefect_server
    from tasks.watching import watched_by

    # The libraries of a run are a million objects; looking through them again and again took a third of their import.
    gc.set_threshold(200_000, 50, 100)
    with prefect_server() as server, progress(f"{use_case}") as listener, watched_by(listener):
        from flows.train import train

        server.wait_ready()
        result = train(use_case, as_of, store)
    answer(run_answer(result), as_json, lambda _: run_text(result))
    return GATE_FAILED if result.verdict.outcome == "fail" else 0


def run_answer(result: RunResult) -> dict[str, Any]:
    """What ``keepfit run --json`` says."""
    rows = result.rows
    return {
        "use_case": result.use_case,
        "as_of": result.as_of,
        "snapshot": result.snapshot,
        "rows": {"in": rows.total, "kept": rows.kept, "quarantined": rows.quarantined, "dropped": rows.dropped},
        "version": result.version,
        "digest": result.digest,
        "verdict": {"outcome": result.verdict.outcome, "gates": result.verdict.gates},
        "released": result.released.released,
        "champion": result.champion,
        "reason": result.released.reason,
        "report": result.report,
        "measured": result.measured,
        "warnings": result.warnings,
    }


def run_text(result: RunResult) -> str:
    """What ``keepfit run`` says to people."""
    from keepfit.report import measured_words, verdict_text
    from keepfit.report.data import conserved

    return "\n".join(
        [
            "",
            f"{result.use_case} as of {result.as_of:%Y-%m-%d %H:%M} UTC: version {result.version}",
            *wrap(printable(result.released.reason), 100, initial_indent="  ", subsequent_indent="  "),
            f"  {conserved(result.rows)}",
            "",
            verdict_text(result.verdict),
            *_warnings(result.warnings),
            "",
            *wrap(f"served  {measured_words(result.measured)}", 100, subsequent_indent="        "),
            f"report  {result.report}",
        ]
    )


def _warnings(warnings: Sequence[str]) -> list[str]:
    """The first of them; the report has all."""
    if not warnings:
        return []
    told = [wrap(printable(each), 100, initial_indent="  ", subsequent_indent="    ") for each in warnings[:_WARNINGS]]
    more = [f"  and {len(warnings) - _WARNINGS:,} more: see the report"] if len(warnings) > _WARNINGS else []
    return ["", "warnings", *(line for lines in told for line in lines), *more]


def show(use_case: str, page: Path | None, store: str | None, *, everything: bool, as_json: bool) -> int:
    """Versions, aliases, history: the latest of it, or everything; with ``page``, all windows as one HTML page."""
    if page is not None:
        return _watched_page(use_case, page, store, as_json=as_json)
    from keepfit import registry
    from keepfit.report import show_text

    name, zone = name_and_zone(use_case)
    width = shutil.get_terminal_size((_WIDTH, 24)).columns
    said = registry.show_all(opened(store), name) if everything else registry.show(opened(store), name)
    entries = {"entries": len(said.ledger)} if everything else {}
    answer(said, as_json, lambda it: show_text(it, zone=zone, width=width, **entries))
    return 0


def _watched_page(use_case: str, page: Path, store: str | None, *, as_json: bool) -> int:
    from flows.pages import checked_path, write_page
    from keepfit.monitor import looks_of
    from keepfit.report.watching import render_watched

    name, path = name_and_zone(use_case)[0], checked_path(page, "--page")
    looks = looks_of(opened(store), name)
    if not looks:
        do = f"`keepfit monitor {printable(name)}` looks at the newest one"
        raise DataError(Problem("no window was looked at yet", name, "one at least", "none", "wrote no page", do))
    said = {"use_case": name, "windows": len(looks), "page": write_page(path, render_watched(name, looks))}
    answer(said, as_json, lambda it: f"page  {it['page']}")
    return 0


def name_and_zone(use_case: str) -> tuple[str, str]:
    """The name of a use case and the zone of its dates; history can be read without its YAML, then in UTC."""
    from keepfit.config import find, load

    try:
        loaded = load(find(use_case, Path.cwd()), os.environ)
    except ConfigError:
        return Path(use_case).stem, "UTC"
    return loaded.use_case.name, loaded.use_case.data.timezone


def verify(use_case: str | None, store: str | None, *, as_json: bool) -> int:
    """Everything that is referred to, re-hashed."""
    from keepfit.registry import verify as verified

    result = verified(opened(store), use_case)
    answer(result, as_json, _verify_text)
    return 0 if result.ok else INTEGRITY


def _verify_text(result: Verified) -> str:
    checked = ", ".join(f"{count:,} {name}" for name, count in msgspec.structs.asdict(result.checked).items())
    if result.ok:
        return f"everything fits: {checked}"
    blocks = [str(Problem(p.what, p.where, p.expected, p.found)) for p in result.problems]
    return "\n".join([f"{len(blocks)} things do not fit ({checked} checked)", *blocks])


def check(use_case: str, rows: int | None, store: str | None, *, as_json: bool) -> int:
    """The YAML and what its gates could see; with ``rows``, what mapping and contract do to so many rows of a file."""
    from keepfit.config import find, load

    loaded = load(find(use_case, Path.cwd()), os.environ)
    if rows is not None:
        from flows.check import checked, text

        found = checked(loaded, rows, Path.cwd())
        answer(found, as_json, lambda it: text(it, loaded.use_case.data.timezone))
        return 0 if found["ok"] else DataError.exit_code
    from keepfit import judge, registry
    from keepfit.report import prospects_text

    case = loaded.use_case
    known = registry.last_evaluated(opened(store), case.name)
    seen = judge.prospects(case, known[1], known[0]) if known else None
    said = {
        "ok": True,
        "use_case": case.name,
        "path": str(loaded.path),
        "digest": loaded.digest,
        "gates": len(case.gates),
        "asked": judge.asked(case),
        "prospects": seen,
    }
    head = f"{loaded.path} is a use case: {case.name}, {len(case.gates)} gates"
    answer(said, as_json, lambda it: f"{head}\n{prospects_text(it['asked'], seen)}")
    return 0


def schema() -> int:
    """The JSON schema on stdout."""
    from keepfit.config.schema import schema_file

    sys.stdout.write(schema_file())
    return 0


def promote(use_case: str, version: int, reason: str, actor: str | None, store: str | None, *, as_json: bool) -> int:
    """Make a version champion by hand."""
    from keepfit.release import promote as promoted

    return _moved(promoted(opened(store), use_case, version, **_who_and_when(actor), reason=reason), as_json)


def rollback(
    use_case: str, version: int | None, reason: str, actor: str | None, store: str | None, *, as_json: bool
) -> int:
    """Go back to an earlier champion."""
    from keepfit.release import rollback as rolled_back

    return _moved(rolled_back(opened(store), use_case, version, **_who_and_when(actor), reason=reason), as_json)


def disable(use_case: str, reason: str, actor: str | None, store: str | None, *, as_json: bool) -> int:
    """Take the champion out of service."""
    from keepfit.release import disable as disabled

    return _moved(disabled(opened(store), use_case, **_who_and_when(actor), reason=reason), as_json)


def demo(until: str, *, as_json: bool) -> int:
    """Write example data, and the use cases that learn from them where there are none."""
    from flows.demo import write_demo, write_use_cases

    written = [*write_demo(_date(until), Path.cwd()), *write_use_cases(Path.cwd())]
    answer({"written": [str(path) for path in written]}, as_json, _demo_text)
    return 0


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(Problem("not a date", "--until", "a date such as 2013-04-01", text)) from None


def _demo_text(said: Mapping[str, Any]) -> str:
    written = [Path(path).relative_to(Path.cwd()).parts[0] for path in said["written"]]
    counts = [f"{written.count(folder)} files to {folder}/" for folder in ("data", "configs") if folder in written]
    return f"wrote {' and '.join(counts)}" if counts else "data/ holds these months already"


def _moved(result: Released, as_json: bool) -> int:
    answer(result, as_json, lambda it: it.reason)
    return 0


def _who_and_when(actor: str | None) -> dict[str, Any]:
    return {"actor": getpass.getuser() if actor is None else actor, "at": datetime.now(UTC)}


def opened(store: str | None) -> Store:
    """The store that was named, or the one of this folder."""
    return open_store(store or os.environ.get("KEEPFIT_STORE") or str(Path.cwd() / ".keepfit"))


def answer(result: Any, as_json: bool, text: Callable[[Any], str]) -> None:
    """One JSON object for machines, or text for people, on stdout."""
    sys.stdout.write((msgspec.json.encode(result).decode() if as_json else text(result)) + "\n")
