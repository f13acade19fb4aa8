"""One artifact in one environment, and what it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from .._calls import Call, of_deployment, present
from ..types import DeploymentData, RolloutData, Status
from .rollout import AsyncRollout

if TYPE_CHECKING:
    from .client import AsyncDeploymentClient


class AsyncDeployment:
    """One artifact in one environment, and what it runs."""

    def __init__(self, client: AsyncDeploymentClient, data: DeploymentData, rollout: RolloutData | None = None) -> None:
        self._client = client
        self.data = data
        self.rollout = None if rollout is None else AsyncRollout(client, rollout)
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

    async def refresh(self) -> AsyncDeployment:
        """Looks again."""
        self.data = await self._client.send(Call("GET", of_deployment(self.id)))
        return self

    async def get_status(self) -> Status:
        """Looks again and answers the status."""
        return (await self.refresh()).status

    async def wait(self, timeout: float | None = None) -> AsyncDeployment:
        """Stays until the rollout that the last change began has ended, then looks again."""
        if self.rollout is not None:
            await self.rollout.wait(timeout)
        return await self.refresh()

    async def update(
        self,
        *,
        version: str | None = None,
        config: Mapping[str, Any] | None = None,
        strategy: Mapping[str, Any] | None = None,
    ) -> AsyncDeployment:
        """Rolls another version or configuration out; ``config`` is merged over what is in force (RFC 7396)."""
        body = present({"version": version, "config": config, "strategy": strategy})
        return await self._started(Call("PATCH", of_deployment(self.id), body=body))

    async def scale(self, replicas: int) -> AsyncDeployment:
        """Changes how many instances are wanted; no rollout."""
        self.data = await self._client.send(Call("POST", of_deployment(self.id, "/scale"), body={"replicas": replicas}))
        return self

    async def promote(self, environment: str, strategy: Mapping[str, Any] | None = None) -> AsyncDeployment:
        """Delivers the version that serves here to another environment; the answer is the deployment there."""
        body = present({"environment": environment, "strategy": strategy})
        return await self._started(Call("POST", of_deployment(self.id, "/promote"), body=body))

    async def rollback(
        self,
        reason: str | None = None,
        *,
        to_revision: int | None = None,
        scope: Literal["all", "version", "config"] | None = None,
        components: Sequence[str] | None = None,
    ) -> AsyncRollout:
        """Goes back, as a whole or in part. The answer is the rollout that does it."""
        part: Any = scope if components is None else {"components": list(components)}
        body = present({"toRevision": to_revision, "scope": part, "reason": reason})
        return AsyncRollout(
            self._client, await self._client.send(Call("POST", of_deployment(self.id, "/rollback"), body=body))
        )

    async def restart(self) -> AsyncDeployment:
        """Replaces every instance by a fresh one, one at a time."""
        return await self._action("/restart")

    async def stop(self) -> AsyncDeployment:
        """Stops every instance; the deployment keeps its route and its revision."""
        return await self._action("/stop")

    async def start(self) -> AsyncDeployment:
        """Starts what was stopped."""
        return await self._action("/start")

    async def delete(self) -> None:
        """Takes the deployment away: traffic first, then its instances."""
        await self._client.send(Call("DELETE", of_deployment(self.id)))

    async def _action(self, action: str) -> AsyncDeployment:
        self.data = await self._client.send(Call("POST", of_deployment(self.id, action)))
        return self

    async def _started(self, call: Call) -> AsyncDeployment:
        started = await self._client.send(call)
        return AsyncDeployment(self._client, started["deployment"], started.get("rollout"))
