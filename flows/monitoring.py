"""What ``keepfit monitor`` does, and what it prints."""

import gc
import os
from pathlib import Path
from typing import Any

from msgspec import structs

from flows.commands import GATE_FAILED, answer, run_answer, run_text
from flows.pages import checked_path, write_page
from keepfit.config import find, load
from keepfit.records import Monitored, Retrained

_STAGES = ("extract", "gather", "watch", "fill", "decide", "draw")


def monitor(use_case: str, as_of: str | None, page: Path | None, store: str | None, *, as_json: bool) -> int:
    """Run the monitor flow, on the configured Prefect server or on one of our own; ``page`` is a file for its page."""
    path = checked_path(page, "--page") if page is not None else None
    load(find(use_case, Path.cwd()), os.environ)  # a mistake in the YAML is told before anything is started

    from flows.progress import progress
    from flows.server import prefect_server
    from tasks.watching import watched_by

    gc.set_threshold(200_000, 50, 100)  # as in `keepfit run`
    with prefect_server() as server, progress(use_case, _STAGES) as listener, watched_by(listener):
        from flows.monitor import monitor as flow

        server.wait_ready()
        result = flow(use_case, as_of, store)
    if path is not None and result.window is not None:
        from keepfit.report.watching import render_window

        result = structs.replace(result, page=write_page(path, render_window(result)))
    answer(monitor_answer(result), as_json, lambda _: _text(result))
    return 0


def _text(result: Monitored) -> str:
    from keepfit.report import window_text

    return window_text(result)


def monitor_answer(result: Monitored) -> dict[str, Any]:
    """What ``keepfit monitor --json`` says."""
    window = result.window
    return {
        "use_case": result.use_case,
        "as_of": result.as_of,
        "version": window.version.number if window else None,
        "window": window.span if window else None,
        "source": window.source if window else None,
        "source_because": window.source_because if window else "",
        "labelled": window.labelled if window else 0,
        "checks": window.checks if window else (),
        "performance": {"estimated": window.estimated, "realised": window.realised} if window else {},
        "alarms": window.alarms if window else (),
        "broken": window.broken if window else (),
        "decision": result.decision,
        "entry": result.entry,
        "reason": result.reason,
        "estimates": result.track,
        "helped": window.helped if window else None,
        "lost": result.lost,
        "page": result.page,
        "overview": result.overview,
        "late": [monitor_answer(each) for each in result.late],
    }


def retrain(use_case: str, as_of: str | None, store: str | None, *, as_json: bool) -> int:
    """Run the retrain flow; the exit code of a run where one was due."""
    load(find(use_case, Path.cwd()), os.environ)

    from flows.progress import TRAIN, progress
    from flows.server import prefect_server
    from tasks.watching import watched_by

    gc.set_threshold(200_000, 50, 100)  # as in `keepfit run`
    stages = (*_STAGES, *(stage for stage in TRAIN if stage not in _STAGES))
    with prefect_server() as server, progress(use_case, stages) as listener, watched_by(listener):
        from flows.retrain import retrain as flow

        server.wait_ready()
        result = flow(use_case, as_of, store)
    answer(retrain_answer(result), as_json, lambda _: retrained_text(result))
    failed = result.run is not None and result.run.verdict.outcome == "fail"
    return GATE_FAILED if failed else 0


def retrain_answer(result: Retrained) -> dict[str, Any]:
    """What ``keepfit retrain --json`` says."""
    return {
        "use_case": result.use_case,
        "as_of": result.as_of,
        "retrained": result.run is not None,
        "reason": result.reason,
        "monitored": monitor_answer(result.monitored),
        "run": run_answer(result.run) if result.run is not None else None,
    }


def retrained_text(result: Retrained) -> str:
    """What ``keepfit retrain`` says to people."""
    seen = _text(result.monitored)
    if result.run is None:
        return f"{seen}\n\nno retrain is due"
    return f"{seen}\n\nretrained: {result.reason}\n{run_text(result.run)}"
