"""What follows from events: pure, from a use case to what Prefect's server is sent."""

from collections.abc import Mapping
from typing import Any

import msgspec

from flows.deploy.wanted import TAG, owner_tag
from keepfit.config import UseCase
from keepfit.records import digest_of
from tasks.events import ALARM, REQUESTED

SILENT_SECONDS = 600.0  # three of the heartbeats that Prefect's runs send every 180 s unless told otherwise
_ENDS = tuple(f"prefect.flow-run.{end}" for end in ("Completed", "Failed", "Cancelled", "Crashed"))


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """An automation as it should be; the digest of what was sent is among its tags."""

    use_case: str | None
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name, which is its own on a server."""
        return str(self.body["name"])


def resource_of(use_case: str) -> str:
    """What events of a use case are about."""
    return f"keepfit.use_case.{use_case}"


def reactions(case: UseCase, store: str, deployments: Mapping[str, str]) -> list[Reaction]:
    """The automations of a use case, given the ids of its deployments by flow."""
    if "retrain" not in deployments:
        return []
    return [_retrain(case, store, deployments["retrain"]), _alarm(case, store)]


def silence(store: str, seconds: float = SILENT_SECONDS) -> Reaction:
    """One for all use cases: a run that was killed is told as crashed, instead of running for ever.

    Parameters
    ----------
    seconds : how long a run may be silent; longer than its heartbeats are apart.
    """
    body = {
        "name": f"keepfit: runs that fell silent ({owner_tag(store)[-8:]})",
        "description": "A worker or a run that is killed says nothing any more, and would be shown as running for "
        "ever. The ledger is as it was; the next run of its use case goes on where this one was.",
        "enabled": True,
        "trigger": _trigger(
            expect=["prefect.flow-run.heartbeat", *_ENDS],
            match_related={"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{owner_tag(store)}"},
            after=["prefect.flow-run.heartbeat"],
            for_each=["prefect.resource.id"],
            posture="Proactive",
            within=seconds,
        ),
        "actions": [
            {
                "type": "change-flow-run-state",
                "state": "CRASHED",
                "message": f"no heartbeat for {seconds:,.0f} seconds: the run or its worker was killed",
            }
        ],
    }
    return _reaction(None, store, body)


def _retrain(case: UseCase, store: str, deployment: str) -> Reaction:
    body = {
        "name": f"{case.name}: retrain when asked",
        "description": "The monitor has decided on a retrain, and wrote so into the ledger. The run that this starts "
        "looks there: an event that nobody asked for changes nothing.",
        "enabled": True,
        "trigger": _trigger(expect=[REQUESTED], match={"prefect.resource.id": resource_of(case.name)}),
        "actions": [
            {
                "type": "run-deployment",
                "source": "selected",
                "deployment_id": deployment,
                "parameters": {"window_end": "{{ event.payload.window_end }}"},
            }
        ],
    }
    return _reaction(case.name, store, body)


def _alarm(case: UseCase, store: str) -> Reaction:
    body = {
        "name": f"{case.name}: tell somebody of alarms",
        "description": "Switched off, and does nothing yet: choose whom to tell (e-mail, chat, a webhook), then switch "
        "it on. Deploying again leaves your choice alone.",
        "enabled": False,
        "trigger": _trigger(expect=[ALARM], match={"prefect.resource.id": resource_of(case.name)}),
        "actions": [{"type": "do-nothing"}],
    }
    return _reaction(case.name, store, body)


def _trigger(*, expect: list[str], **more: Any) -> dict[str, Any]:
    common = {"type": "event", "posture": "Reactive", "expect": expect, "threshold": 1, "within": 0.0}
    return common | more


def _reaction(use_case: str | None, store: str, body: dict[str, Any]) -> Reaction:
    tags = [TAG, *([use_case] if use_case else []), owner_tag(store), f"keepfit-spec-{digest_of(body)[:8]}"]
    return Reaction(use_case=use_case, body=body | {"tags": tags})
