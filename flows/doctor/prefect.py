"""The configured Prefect server: who may ask it, what it remembers, and whether anybody works for it."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib import metadata
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx

from flows.deploy.wanted import SPEC, owner_tag, wanted
from flows.doctor.finding import Finding, fail, ok, warn
from flows.doctor.machine import clock
from keepfit.config import Loaded

_STRANGER = "https://somebody-else.example"
_LONG = timedelta(days=1)
_HARDEN = "start it with the settings of deployments/server.env"


def server(url: str | None, key: str | None, cases: Sequence[Loaded], store: str) -> Iterator[Finding]:
    """Ask the server, once as nobody and then with the key."""
    if url is None:
        yield ok("Prefect", "none is configured: `keepfit run` starts one of its own, `keepfit up` a lasting one")
        return
    user, _, word = (key or "").partition(":")
    with httpx.Client(base_url=url, timeout=10.0) as client:
        sent = time.time()
        try:
            stranger = client.get("/admin/version", headers={"Origin": _STRANGER})
        except httpx.HTTPError as error:
            yield fail("Prefect", f"{url}: {type(error).__name__}", "start it, or unset PREFECT_API_URL")
            return
        yield from _open_to(url, stranger)
        if date := stranger.headers.get("date"):
            said = parsedate_to_datetime(date).timestamp()
            yield clock("clock of Prefect", _apart(said, sent, sent + stranger.elapsed.total_seconds()))
        if key:
            client.auth = httpx.BasicAuth(user, word)
        try:
            yield from _known(client, cases, store)
        except (httpx.HTTPError, ValueError) as error:
            yield fail("Prefect", f"{url}: {error}", "set PREFECT_API_AUTH_STRING, or see the server's log")


def _apart(said: float, sent: float, received: float) -> float:
    """How far another clock is away for certain: it says whole seconds, at some moment while it was asked.

    >>> _apart(said=100.0, sent=100.2, received=107.0), _apart(said=95.0, sent=100.2, received=107.0)
    (0.0, -4.2)
    """
    if said > received:
        return round(said - received, 1)
    return round(min(said + 1.0 - sent, 0.0), 1)


def _open_to(url: str, answer: httpx.Response) -> Iterator[Finding]:
    """What somebody without a key, or a web page of somebody else, can do."""
    near = _is_loopback(urlsplit(url).hostname or "")
    if answer.is_success and not near:
        yield fail(
            "Prefect's key", "anybody who reaches it can start runs", f"{_HARDEN}: PREFECT_SERVER_API_AUTH_STRING"
        )
    elif answer.is_success:
        yield ok("Prefect's key", "none, on the loopback: other users of this machine can reach it")
    else:
        yield ok("Prefect's key", "asked for")
    if answer.headers.get("access-control-allow-origin") in {"*", _STRANGER}:
        yield warn("Prefect's CORS", "any web page may read it", f"{_HARDEN}: PREFECT_SERVER_CORS_ALLOWED_ORIGINS")
    else:
        yield ok("Prefect's CORS", "only its own pages")


def _is_loopback(host: str) -> bool:
    """Whether only this machine reaches it.

    >>> _is_loopback("127.0.0.1"), _is_loopback("localhost"), _is_loopback("prefect.example")
    (True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _known(client: httpx.Client, cases: Sequence[Loaded], store: str) -> Iterator[Finding]:
    version = _json(client.get("/admin/version"))
    here = metadata.version("prefect")
    if str(version).split(".")[:2] == here.split(".")[:2]:
        yield ok("Prefect", f"{version}")
    else:
        yield fail("Prefect", f"the server is {version}, this is {here}", "run the same minor version on both")
    if client.get("/csrf-token", params={"client": "keepfit-doctor"}).is_success:
        yield ok("Prefect's CSRF", "protected")
    else:
        do = f"{_HARDEN}: PREFECT_SERVER_CSRF_PROTECTION_ENABLED"
        yield warn("Prefect's CSRF", "any web page may send requests in your name", do)
    settings = _json(client.get("/admin/settings"))
    if str(settings["server"]["concurrency"]["lease_storage"]).endswith(".memory"):
        do = f"{_HARDEN}: PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE"
        yield warn(
            "Prefect's locks", "a restart of the server forgets who holds one, and a use case may wait for ever", do
        )
    yield from _deployed(client, cases, store)


def _deployed(client: httpx.Client, cases: Sequence[Loaded], store: str) -> Iterator[Finding]:
    """Whether the deployments are those of the YAML, and somebody works for them."""
    tags = {"tags": {"all_": [owner_tag(store)]}}
    there = _json(client.post("/deployments/filter", json={"deployments": tags}, headers=_token(client)))
    if not there:
        yield warn("deployments", "none of this store", "keepfit deploy")
        return
    specs = {each["labels"].get(SPEC, "").partition("@")[0] for each in there}
    stale = [each.name for case in cases for each in wanted(case, store) if each.spec[:16] not in specs]
    if stale:
        yield warn("deployments", f"not those of the YAML and of this code: {', '.join(stale)}", "keepfit deploy")
    else:
        yield ok("deployments", f"{len(there)}, as the YAML has them")
    for pool in sorted({each["work_pool_name"] for each in there if each["work_pool_name"]}):
        yield _worker(client, pool)
    runs = _json(client.post("/flow_runs/filter", json={"flow_runs": tags, "sort": "START_TIME_DESC", "limit": 200},
                             headers=_token(client)))  # fmt: skip
    yield from _runs(runs, datetime.now(UTC))


def _worker(client: httpx.Client, pool: str) -> Finding:
    workers = _json(client.post(f"/work_pools/{pool}/workers/filter", json={}, headers=_token(client)))
    if any(each["status"] == "ONLINE" for each in workers):
        return ok("worker", f"one is there for the pool {pool}")
    last = max((each["last_heartbeat_time"] or "" for each in workers), default="")
    found = f"none for the pool {pool}" + (f", since {last[:16]}" if last else "")
    return fail("worker", found, f"prefect worker start --pool {pool}, or `keepfit up`")


def _runs(runs: Sequence[dict[str, Any]], now: datetime) -> Iterator[Finding]:
    late = [each["name"] for each in runs if each["state_name"] == "Late"]
    old = [
        each["name"]
        for each in runs
        if each["state_type"] == "RUNNING" and now - datetime.fromisoformat(each["start_time"]) > _LONG
    ]
    if late:
        yield warn("runs", f"{len(late)} are late", "is the worker alive, or does another run hold the use case?")
    if old:
        yield warn("runs", f"running for more than a day: {', '.join(old[:5])}", "were they killed? Cancel them")
    if not late and not old:
        yield ok("runs", "none is late, none runs for ever")


def _token(client: httpx.Client) -> dict[str, str]:
    answer = client.get("/csrf-token", params={"client": "keepfit-doctor"})
    if not answer.is_success:
        return {}
    return {"Prefect-Csrf-Token": answer.json()["token"], "Prefect-Csrf-Client": "keepfit-doctor"}


def _json(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()
