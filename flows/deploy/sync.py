"""Make a Prefect server hold what is wanted: create, update, remove, and leave alone what fits or is not ours."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from flows.deploy.automations import Reaction, reactions, silence
from flows.deploy.pool import ensure_pool
from flows.deploy.server import Api
from flows.deploy.wanted import SPEC, TAG, Wanted, owner_tag, wanted
from keepfit.errors import ConfigError, Problem

if TYPE_CHECKING:
    from keepfit.config import Loaded


class Change(msgspec.Struct, frozen=True):
    """What became of one thing on the server."""

    kind: str  # work pool, deployment or automation
    name: str
    did: str  # created, updated, unchanged or removed


class Plan(msgspec.Struct, frozen=True):
    """All that was done; nothing of it where every change is ``unchanged``."""

    changes: tuple[Change, ...]

    @property
    def unchanged(self) -> bool:
        """Whether the server held all of it already."""
        return all(each.did == "unchanged" for each in self.changes)


def synchronise(api: Api, cases: Sequence["Loaded"], store: str, pool: str, folder: str, *, all_of_them: bool) -> Plan:
    """Deploy use cases, and where these are all, remove what belongs to others of the same store.

    Parameters
    ----------
    store : the absolute address of the store; what belongs to other stores is left alone.
    pool : the work pool; made, for processes in ``folder``, where there is none.

    Raises
    ------
    ConfigError
        A deployment of that name belongs to another store.
    """
    asked = [each for case in cases for each in wanted(case, store)]
    flows = {flow: api.flow(flow) for flow in dict.fromkeys(each.flow for each in asked)}
    known = {flow: name for name, flow in flows.items()}
    _refuse_strangers(api.deployments_called([case.use_case.name for case in cases]), known, store)
    mine = api.deployments_tagged(owner_tag(store))
    changes = [Change("work pool", pool, ensure_pool(api, pool, folder))]
    places = {(each["flow_id"], each["name"]): each for each in mine}
    ids: dict[str, dict[str, str]] = {}
    for each in asked:
        there = places.get((flows[each.flow], each.use_case))
        identity, did = _deploy(api, each, flows[each.flow], pool, there)
        ids.setdefault(each.use_case, {})[each.flow] = identity
        changes.append(Change("deployment", each.name, did))
    reacting = [each for case in cases for each in reactions(case.use_case, store, ids[case.use_case.name])]
    changes += _react(api, [*reacting, silence(store)], store)
    kept = {identity for by_flow in ids.values() for identity in by_flow.values()}
    names = {case.use_case.name for case in cases}
    changes += _remove(api, mine, {each.name for each in reacting}, kept, names, store, all_of_them=all_of_them)
    return Plan(tuple(changes))


def _refuse_strangers(found: Iterable[dict[str, Any]], flows: dict[str, str], store: str) -> None:
    strangers = [each for each in found if each["flow_id"] in flows and owner_tag(store) not in each["tags"]]
    if strangers:
        first = strangers[0]
        raise ConfigError(
            Problem(
                "a deployment of this name is not of this store",
                where=f"{flows[first['flow_id']]}/{first['name']} on the Prefect server",
                expected=f"none, or one with the tag {owner_tag(store)}",
                found=", ".join(first["tags"]) or "no tags",
                did="changed nothing",
                do="deploy from the other store, rename the use case, or delete that deployment",
            )
        )


def _deploy(api: Api, each: Wanted, flow: str, pool: str, there: dict[str, Any] | None) -> tuple[str, str]:
    """Its id, and what was done."""
    spec = f"{each.spec[:16]}@{pool}"
    if there is not None and there["labels"].get(SPEC) == spec:
        return there["id"], "unchanged"
    limit = api.limit(limit_of(each))
    body = each.body | {
        "flow_id": flow,
        "work_pool_name": pool,
        "global_concurrency_limit_id": limit,
        "labels": {SPEC: spec},
    }
    made = api.deploy(body)
    return made, "created" if there is None else "updated"


def limit_of(each: Wanted) -> str:
    """One limit for all deployments of a use case: one run at a time."""
    return f"keepfit:{each.use_case}"


def _react(api: Api, asked: Sequence[Reaction], store: str) -> list[Change]:
    there = {each["name"]: each for each in api.automations() if owner_tag(store) in each["tags"]}
    return [Change("automation", each.name, _one_reaction(api, each, there.get(each.name))) for each in asked]


def _one_reaction(api: Api, each: Reaction, there: dict[str, Any] | None) -> str:
    if there is None:
        api.create_automation(each.body)
        return "created"
    if sorted(there["tags"]) == sorted(each.body["tags"]):
        return "unchanged"
    # whether it is on is the user's choice once it is there
    api.update_automation(there["id"], each.body | {"enabled": there["enabled"]})
    return "updated"


def _remove(
    api: Api,
    mine: Sequence[dict[str, Any]],
    reacting: set[str],
    kept: set[str],
    names: set[str],
    store: str,
    *,
    all_of_them: bool,
) -> list[Change]:
    """Take away what no YAML wants any more: of these use cases, or of any where these are all."""
    changes, gone = [], set()
    for each in mine:
        if each["id"] not in kept and (all_of_them or each["name"] in names):
            api.delete("deployments", each["id"])
            gone.add(each["name"])
            changes.append(Change("deployment", f"{api.flow_name(each['flow_id'])}/{each['name']}", "removed"))
    for each in api.automations():
        about = (set(each["tags"]) - {TAG, owner_tag(store)}) & (names | gone)
        if owner_tag(store) in each["tags"] and about and each["name"] not in reacting:
            api.delete("automations", each["id"])
            changes.append(Change("automation", each["name"], "removed"))
    for name in sorted(gone - names):
        api.delete_limit(f"keepfit:{name}")
    return changes
