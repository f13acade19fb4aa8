"""A Sluice server, as programs ask it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, cast
from urllib.parse import quote

import httpx

from .._calls import Call, config_of, of_artifact, of_deployment, of_rollout
from .._events import EventParser
from .._exchange import answer_of
from .._operations import create_deployment, pages, run_async
from .._settings import Settings
from ..types import DeploymentData, DeploymentType, Event, HealthCheck, Resources, Scaling, Status
from .deployment import AsyncDeployment
from .rollout import LOOK_EVERY, AsyncRollout
from .transport import AsyncTransport


class AsyncDeploymentClient:
    """A Sluice server, by its address and a token.

    ``api_key`` defaults to ``SLUICE_TOKEN``, ``base_url`` to ``SLUICE_URL`` and then to a server on this machine.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        project: str | None = None,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = Settings(api_key, base_url, project, timeout)
        self._http = httpx.AsyncClient(
            base_url=self._settings.url,
            headers=self._settings.headers,
            timeout=self._settings.patience,
            transport=transport,
        )
        self._transport = AsyncTransport(self._http)

    async def create_deployment(
        self,
        *,
        name: str,
        type: DeploymentType = "application",  # noqa: A002 - the word of the interface
        environment: str,
        artifact: str | None = None,
        version: str | None = None,
        image: str | None = None,
        command: Sequence[str] | None = None,
        workdir: str | None = None,
        spec: Mapping[str, Any] | None = None,
        replicas: int | None = None,
        env: Mapping[str, str] | None = None,
        parameters: Mapping[str, Any] | None = None,
        resources: Resources | None = None,
        scaling: Scaling | None = None,
        health_check: HealthCheck | None = None,
        route: Mapping[str, Any] | None = None,
        strategy: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
        if_exists: Literal["update", "error"] = "update",
    ) -> AsyncDeployment:
        """Creates a deployment and rolls its version out; where it is there already, rolls the version out to it.

        With ``image``, ``command`` or ``spec`` the version is registered on the way; its name is ``version``, else the
        image's tag. Raises ``ApiError`` naming every bad field, ``ValueError`` when no version is named.
        """
        config = config_of(
            replicas=replicas,
            env=env,
            parameters=parameters,
            resources=resources,
            scaling=scaling,
            health_check=health_check,
        )
        operation = create_deployment(
            self._settings.scope,
            name=name,
            type=type,
            environment=environment,
            artifact=artifact,
            version=version,
            image=image,
            command=command,
            workdir=workdir,
            spec=spec,
            config=config,
            route=route,
            strategy=strategy,
            labels=labels,
            if_exists=if_exists,
        )
        started = await run_async(operation, self._transport.send)
        return AsyncDeployment(self, cast(DeploymentData, started["deployment"]), started.get("rollout"))

    async def get_deployment(self, name: str, environment: str | None = None) -> AsyncDeployment:
        """By its id, or by its name, which may need its environment to be clear."""
        query = {**self._settings.scope, "environment": environment}
        return AsyncDeployment(self, await self._transport.send(Call("GET", of_deployment(name), query)))

    async def list_deployments(
        self,
        *,
        environment: str | None = None,
        artifact: str | None = None,
        status: Status | None = None,
        type: DeploymentType | None = None,  # noqa: A002 - the word of the interface
    ) -> list[AsyncDeployment]:
        """All that match."""
        query = {"environment": environment, "artifact": artifact, "status": status, "kind": type}
        found = await run_async(pages("/v1/deployments", {**self._settings.scope, **query}), self._transport.send)
        return [AsyncDeployment(self, cast(DeploymentData, data)) for data in found]

    async def get_rollout(self, rollout: str) -> AsyncRollout:
        """By its id."""
        return AsyncRollout(self, await self._transport.send(Call("GET", of_rollout(rollout))))

    async def create_version(self, artifact: str, version: str, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Adds an immutable version; the same content again is no error."""
        body = {"version": version, "spec": dict(spec)}
        path = of_artifact(artifact, "/versions")
        return cast("dict[str, Any]", await self._transport.send(Call("POST", path, self._settings.scope, body)))

    async def resolve(self, deployment: str, key: str, *, environment: str | None = None) -> dict[str, Any]:
        """The active version of a prompt for this key, with its content and the reason."""
        query = {**self._settings.scope, "environment": environment, "key": key}
        return cast(
            "dict[str, Any]",
            await self._transport.send(Call("GET", f"/v1/resolve/{quote(deployment, safe='')}", query)),
        )

    def events(self, follow: bool = False) -> AsyncIterator[Event]:
        """What happened, oldest first; with ``follow`` also what happens, until the caller stops."""
        return self.follow("/v1/events", self._settings.scope, follow)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncDeploymentClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def send(self, call: Call) -> Any:
        """One request of ``/v1``, for what this client has no method for."""
        return await self._transport.send(call)

    async def follow(self, path: str, query: Mapping[str, Any], follow: bool) -> AsyncIterator[Event]:
        """Events of an address: those there are, and with ``follow`` those to come, also over broken connections."""
        if not follow:
            for listed in await run_async(pages(path, query), self._transport.send):
                yield cast(Event, listed)
            return
        parser = EventParser()
        while True:
            headers = {"accept": "text/event-stream", **parser.resumption}
            try:
                async with self._http.stream("GET", path, params=dict(query), headers=headers) as response:
                    if not response.is_success:
                        await response.aread()
                        answer_of(response)
                    async for line in response.aiter_lines():
                        event = parser.take(line)
                        if event is not None:
                            yield event
            except httpx.TransportError:
                pass
            await asyncio.sleep(LOOK_EVERY)
