"""The questions that deploying asks a Prefect server, by its REST interface: no flow is imported for them."""

from typing import TYPE_CHECKING, Any

import httpx

from keepfit.errors import InfrastructureError, Problem

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

_MOST = 200  # of a page
_NOT_FOUND = 404


class Api:
    """What is asked of a server, through Prefect's own client: its address, key and protection are those of Prefect."""

    def __init__(self, client: "SyncPrefectClient") -> None:
        self._client = client

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the server answers; None where it has nothing to say.

        Raises
        ------
        InfrastructureError
            It refuses, or does not answer.
        """
        try:
            answer = self._client.request(method, path, json=body)  # type: ignore[arg-type]
        except httpx.HTTPStatusError as error:
            raise InfrastructureError(self._problem(method, path, error.response.text[:500])) from error
        except httpx.HTTPError as error:
            raise InfrastructureError(self._problem(method, path, f"{type(error).__name__}: {error}")) from error
        return answer.json() if answer.content else None

    def _problem(self, method: str, path: str, found: str) -> Problem:
        return Problem(
            "the Prefect server does not do what it was asked",
            where=f"{method} {str(self._client.api_url).rstrip('/')}{path}",
            found=found,
            did="stopped here; the same command again continues",
            do="see the server's log; is it Prefect 3.8?",
        )

    def flow(self, name: str) -> str:
        """The id of a flow by its name; registered where it is not known."""
        return str(self.ask("POST", "/flows/", {"name": name, "tags": ["keepfit"]})["id"])

    def flow_name(self, identity: str) -> str:
        """The name of a flow."""
        return str(self.ask("GET", f"/flows/{identity}")["name"])

    def deployments_called(self, names: list[str]) -> list[dict[str, Any]]:
        """All deployments with one of these names."""
        return self._all("/deployments/filter", {"deployments": {"name": {"any_": names}}}) if names else []

    def deployments_tagged(self, tag: str) -> list[dict[str, Any]]:
        """All deployments with a tag."""
        return self._all("/deployments/filter", {"deployments": {"tags": {"all_": [tag]}}})

    def automations(self) -> list[dict[str, Any]]:
        """All automations."""
        return self._all("/automations/filter", {})

    def _all(self, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while page := self.ask("POST", path, body | {"limit": _MOST, "offset": len(found)}):
            found += page
            if len(page) < _MOST:
                break
        return found

    def limit(self, name: str) -> str:
        """The id of a limit of one at a time."""
        found = self._find(f"/v2/concurrency_limits/{name}")
        if found is None:
            found = self.ask("POST", "/v2/concurrency_limits/", {"name": name, "limit": 1, "active": True})
        return str(found["id"])

    def delete_limit(self, name: str) -> None:
        """Remove a limit, if it is there."""
        if self._find(f"/v2/concurrency_limits/{name}") is not None:
            self.ask("DELETE", f"/v2/concurrency_limits/{name}")

    def pool(self, name: str) -> dict[str, Any] | None:
        """A work pool; None where there is none of this name."""
        found: dict[str, Any] | None = self._find(f"/work_pools/{name}")
        return found

    def _find(self, path: str) -> Any:
        try:
            return self.ask("GET", path)
        except InfrastructureError as error:
            if (
                isinstance(error.__cause__, httpx.HTTPStatusError)
                and error.__cause__.response.status_code == _NOT_FOUND
            ):
                return None
            raise

    def create_pool(self, body: dict[str, Any]) -> None:
        """Make a work pool."""
        self.ask("POST", "/work_pools/", body)

    def deploy(self, body: dict[str, Any]) -> str:
        """Create or replace a deployment; its id."""
        return str(self.ask("POST", "/deployments/", body)["id"])

    def create_automation(self, body: dict[str, Any]) -> None:
        """Make an automation."""
        self.ask("POST", "/automations/", body)

    def update_automation(self, identity: str, body: dict[str, Any]) -> None:
        """Replace an automation."""
        self.ask("PUT", f"/automations/{identity}", body)

    def delete(self, kind: str, identity: str) -> None:
        """Remove a deployment or an automation."""
        self.ask("DELETE", f"/{kind}/{identity}")
