"""One artifact in one environment, and what it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from .._calls import Call, of_deployment, present
from ..types import DeploymentData, RolloutData, Status
from .rollout import Rollout

if TYPE_CHECKING:
    from .client import DeploymentClient


class Deployment:
    """One artifact in one environment, and what it runs."""

    def __init__(self, client: DeploymentClient, data: DeploymentData, rollout: RolloutData | None = None) -> None:
        self._client = client
        self.data = data
        self.rollout = None if rollout is None else Rollout(client, rollout)
        """What the last change began; None where nothing had to be rolled out."""

    @property
    def id(self) -> str:
        """``dep_…``"""
        return self.data["id"]

    @property
    def name(self) -> str:
        """Its name in its environment."""
        return self.data["name"]

    @property
    def status(self) -> Status:
        """As at the last look."""
        return self.data["status"]

    def refresh(self) -> Deployment:
        """Looks again."""
        self.data = self._client.send(Call("GET", of_deployment(self.id)))
        return self

    def get_status(self) -> Status:
        """Looks again and answers the status."""
        return self.refresh().status

    def wait(self, timeout: float | None = None) -> Deployment:
        """Stays until the rollout that the last change began has ended, then looks again."""
        if self.rollout is not None:
            self.rollout.wait(timeout)
        return self.refresh()

    def update(
        self,
        *,
        version: str | None = None,
        config: Mapping[str, Any] | None = None,
        strategy: Mapping[str, Any] | None = None,
    ) -> Deployment:
        """Rolls another version or configuration out; ``config`` is merged over what is in force (RFC 7396)."""
        body = present({"version": version, "config": config, "strategy": strategy})
        return self._started(Call("PATCH", of_deployment(self.id), body=body))

    def scale(self, replicas: int) -> Deployment:
        """Changes how many instances are wanted; no rollout."""
        self.data = self._client.send(Call("POST", of_deployment(self.id, "/scale"), body={"replicas": replicas}))
        return self

    def promote(self, environment: str, strategy: Mapping[str, Any] | None = None) -> Deployment:
        """Delivers the version that serves here to another environment; the answer is the deployment there."""
        body = present({"environment": environment, "strategy": strategy})
        return self._started(Call("POST", of_deployment(self.id, "/promote"), body=body))

    def rollback(
        self,
        reason: str | None = None,
        *,
        to_revision: int | None = None,
        scope: Literal["all", "version", "config"] | None = None,
        components: Sequence[str] | None = None,
    ) -> Rollout:
        """Goes back, as a whole or in part. The answer is the rollout that does it."""
        part: Any = scope if components is None else {"components": list(components)}
        body = present({"toRevision": to_revision, "scope": part, "reason": reason})
        return Rollout(
            self._client, self._client.send(Call("POST", of_deployment(self.id, "/rollback"), body=body))
        )

    def restart(self) -> Deployment:
        """Replaces every instance by a fresh one, one at a time."""
        return self._action("/restart")

    def stop(self) -> Deployment:
        """Stops every instance; the deployment keeps its route and its revision."""
        return self._action("/stop")

    def start(self) -> Deployment:
        """Starts what was stopped."""
        return self._action("/start")

    def delete(self) -> None:
        """Takes the deployment away: traffic first, then its instances."""
        self._client.send(Call("DELETE", of_deployment(self.id)))

    def _action(self, action: str) -> Deployment:
        self.data = self._client.send(Call("POST", of_deployment(self.id, action)))
        return self

    def _started(self, call: Call) -> Deployment:
        started = self._client.send(call)
        return Deployment(self._client, started["deployment"], started.get("rollout"))
