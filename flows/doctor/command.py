"""``keepfit doctor``: all questions, and what people and machines read of the answers."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flows.deploy.command import absolute_store
from flows.doctor.champions import champions
from flows.doctor.finding import Finding
from flows.doctor.machine import libraries, names, use_cases
from flows.doctor.machine import store as look_at_store
from flows.doctor.prefect import server
from flows.server import active_url, configured

UNFIT = 4


def doctor(store: str | None, *, as_json: bool) -> int:
    """Ask everything; exit code 4 where something fails."""
    from flows.commands import answer

    address = absolute_store(store)
    found = examined(address, Path.cwd())
    failed = any(each.health == "fail" for each in found)
    said: dict[str, Any] = {"ok": not failed, "store": address, "checks": found}
    answer(said, as_json, lambda _: _text(found))
    return UNFIT if failed else 0


def examined(store: str, folder: Path) -> list[Finding]:
    """Every answer."""
    cases, files = use_cases(folder)
    opened, kept = look_at_store(store)
    url, key = active_url(os.environ), configured("PREFECT_API_AUTH_STRING", os.environ)
    return [
        *libraries(),
        *names(folder),
        *files,
        *kept,
        *(champions(opened, cases) if opened is not None else ()),
        *server(url, key, cases, store),
    ]


def _text(found: Sequence[Finding]) -> str:
    width = max(len(each.check) for each in found)
    lines = []
    for each in found:
        lines.append(f"{each.health:<4}  {each.check:<{width}}  {each.found}")
        if each.do:
            lines.append(f"      {'':<{width}}  do: {each.do}")
    counts = {health: sum(each.health == health for each in found) for health in ("fail", "warn")}
    return "\n".join([*lines, f"{counts['fail']} to mend, {counts['warn']} to look at"])
