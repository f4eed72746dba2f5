"""What ``keepfit release`` does, and what it prints."""

import gc
import getpass
import os
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

from flows.commands import GATE_FAILED, answer, name_and_zone, opened
from flows.problems import printable
from keepfit.config import find, load
from keepfit.errors import ConfigError, Problem
from keepfit.ledger import fold_of, head, rollout_of, who_and_why
from keepfit.records import Released, Reviewed

_STAGES = ("behold", "settle")


class Person(NamedTuple):
    """Who ends a rollout by hand, and why."""

    actor: str
    reason: str


def by_hand(stop: bool, reason: str | None, actor: str | None) -> Person | None:
    """Whoever stops; None where the numbers are to decide, who need no reason of a person.

    Raises
    ------
    ConfigError
        A reason or an actor without ``--stop``, or a stop without a reason.
    """
    if stop:
        person = Person(getpass.getuser() if actor is None else actor, reason or "")
        who_and_why(person.actor, person.reason)
        return person
    given = [name for name, value in (("--reason", reason), ("--actor", actor)) if value is not None]
    if given:
        what = "the numbers decide, and say why themselves"
        raise ConfigError(Problem(what, ", ".join(given), "`--stop` with it, to end a rollout by hand", "no --stop"))
    return None


def release(use_case: str, as_of: str | None, store: str | None, person: Person | None, *, as_json: bool) -> int:
    """Run the release flow, on the configured Prefect server or on one of our own; a person only stops."""
    if person is not None:
        answer(_stop(use_case, person, store), as_json, lambda it: it.reason)
        return 0
    load(find(use_case, Path.cwd()), os.environ)  # a mistake in the YAML is told before anything is started

    from flows.progress import progress
    from flows.server import prefect_server
    from tasks.watching import watched_by

    gc.set_threshold(200_000, 50, 100)  # as in `keepfit run`
    with prefect_server() as server, progress(use_case, _STAGES) as listener, watched_by(listener):
        from flows.release import release as flow

        server.wait_ready()
        result = flow(use_case, as_of, store)
    answer(result, as_json, reviewed_text)
    return GATE_FAILED if result.outcome == "stopped" else 0


def _stop(use_case: str, person: Person, store: str | None) -> Released:
    """End the open rollout; without one, nothing changes."""
    from keepfit.release import stop_rollout

    name, place = name_and_zone(use_case)[0], opened(store)
    fold = fold_of(head(place, name))
    rollout = rollout_of(fold)
    if rollout is None:
        champion = fold.champion.number if fold.champion else None
        return Released(released=False, champion=champion, reason="no rollout is open; nothing changed")
    now = datetime.now(UTC)
    return stop_rollout(place, name, rollout, actor=person.actor, reason=person.reason, at=now, by="hand")


def reviewed_text(result: Reviewed) -> str:
    """What ``keepfit release`` says to people."""
    head = f"{result.use_case} as of {result.as_of:%Y-%m-%d %H:%M} UTC"
    if result.version is not None:
        head += f": {result.strategy} of version {result.version}, {result.outcome}"
    lines = ["", head, *wrap(printable(result.reason), 100, initial_indent="  ", subsequent_indent="  ")]
    counts = {"answers": "predictions", "champion_answers": "of the champion", "failed": "without an answer",
              "labels": "with a label"}  # fmt: skip
    told = [f"{result.numbers[name]:,.0f} {words}" for name, words in counts.items() if name in result.numbers]
    return "\n".join([*lines, *([f"  {', '.join(told)}"] if told else [])])
