"""``keepfit deploy``: what is read, whom it is sent to, and what is said about it."""

import os
from collections.abc import Sequence
from pathlib import Path

from flows.deploy.sync import Plan, synchronise
from keepfit.config import Loaded, find, load
from keepfit.errors import ConfigError, InfrastructureError, Problem

POOL = "keepfit"


def deploy(use_cases: Sequence[str], store: str | None, pool: str, *, as_json: bool) -> int:
    """Deploy use cases, or all of ``configs/``, to the configured Prefect server."""
    from flows.commands import answer

    cases = loaded_cases(use_cases, Path.cwd())
    address = absolute_store(store)
    plan = deployed(cases, address, pool, Path.cwd(), all_of_them=not use_cases)
    said = {
        "store": address,
        "unchanged": plan.unchanged,
        "changes": [{"kind": each.kind, "name": each.name, "did": each.did} for each in plan.changes],
    }
    answer(said, as_json, lambda _: plan_text(plan))
    return 0


def loaded_cases(names: Sequence[str], root: Path) -> list[Loaded]:
    """The use cases that are named, else all of ``configs/``; every mistake of every file is told at once.

    Raises
    ------
    ConfigError
        A file is not a use case, or there is none.
    """
    paths = [find(name, root) for name in names] or sorted((root / "configs").glob("*.yaml"))
    if not paths:
        raise ConfigError(
            Problem(
                "there is no use case",
                where=str(root / "configs"),
                expected="a file NAME.yaml",
                found="none" if (root / "configs").is_dir() else "no such folder",
                did="started and changed nothing",
                do="change to the folder that holds configs/, or write an example with `keepfit demo`",
            )
        )
    cases: list[Loaded] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            cases.append(load(path, os.environ))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*problems)
    return cases


def absolute_store(given: str | None) -> str:
    """The address of a store for runs that may start in another folder."""
    address = given or os.environ.get("KEEPFIT_STORE") or str(Path.cwd() / ".keepfit")
    return address.rstrip("/") if "://" in address else str(Path(address).expanduser().absolute())


def deployed(cases: Sequence[Loaded], store: str, pool: str, folder: Path, *, all_of_them: bool) -> Plan:
    """Make the configured server hold what the use cases ask for.

    Raises
    ------
    InfrastructureError
        No server is configured, or it does not answer.
    """
    from flows.server import active_url, ask_configured, defaults

    os.environ.update(defaults(os.environ))
    url = active_url(os.environ)
    if url is None:
        raise InfrastructureError(
            Problem(
                "no Prefect server is configured",
                where="PREFECT_API_URL, or Prefect's active profile",
                expected="the address of a server, such as http://127.0.0.1:4200/api",
                found="nothing",
                did="deployed nothing",
                do="`keepfit up` starts a server, a worker and all else on this machine, and deploys to it",
            )
        )
    ask_configured(url)
    from prefect.client.orchestration import get_client

    from flows.deploy.server import Api

    with get_client(sync_client=True) as client:
        return synchronise(Api(client), cases, store, pool, str(folder), all_of_them=all_of_them)


def plan_text(plan: Plan) -> str:
    """What changed, line by line, then in one sentence."""
    lines = [f"{each.did:<9}  {each.kind} {each.name}" for each in plan.changes if each.did != "unchanged"]
    same = sum(each.did == "unchanged" for each in plan.changes)
    if not lines:
        return f"unchanged: the server holds all {same} already"
    return "\n".join([*lines, *([f"unchanged  {same} more"] if same else [])])
