"""What takes more than one request, once for sync and async: generators that yield calls and are sent answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any, TypeVar

from ._calls import Call, Json, of_artifact, of_deployment, present
from ._content import spec_of, version_of
from .errors import ApiError
from .types import DeploymentType

Result = TypeVar("Result")
Operation = Generator[Call, Any, Result]


def run(operation: Operation[Result], send: Callable[[Call], Any]) -> Result:
    """Carries an operation out. An error of a call is raised inside the operation, at its ``yield``."""
    try:
        call = next(operation)
        while True:
            try:
                answer = send(call)
            except ApiError as error:
                call = operation.throw(error)
            else:
                call = operation.send(answer)
    except StopIteration as end:
        result: Result = end.value
        return result


async def run_async(operation: Operation[Result], send: Callable[[Call], Awaitable[Any]]) -> Result:
    """As ``run``, without blocking."""
    try:
        call = next(operation)
        while True:
            try:
                answer = await send(call)
            except ApiError as error:
                call = operation.throw(error)
            else:
                call = operation.send(answer)
    except StopIteration as end:
        result: Result = end.value
        return result


def create_deployment(
    scope: Mapping[str, str],
    *,
    name: str,
    type: DeploymentType,  # noqa: A002 - the word of the interface
    environment: str,
    artifact: str | None,
    version: str | None,
    image: str | None,
    command: Sequence[str] | None,
    workdir: str | None,
    spec: Mapping[str, Any] | None,
    config: Json,
    route: Mapping[str, Any] | None,
    strategy: Mapping[str, Any] | None,
    labels: Mapping[str, str] | None,
    if_exists: str,
) -> Operation[Json]:
    """Registers the version where its content is given, then creates the deployment, or rolls the version out to it."""
    content = spec_of(image=image, command=command, workdir=workdir, spec=spec)
    number = version_of(version, image)
    named = artifact or name
    if content is not None:
        yield from _register(scope, named, type, number, content)
    body = present(
        {
            **scope,
            "name": name,
            "artifact": named,
            "version": number,
            "environment": environment,
            "config": config,
            "route": None if route is None else dict(route),
            "strategy": None if strategy is None else dict(strategy),
            "labels": None if labels is None else dict(labels),
        }
    )
    try:
        started: Json = yield Call("POST", "/v1/deployments", body=body)
    except ApiError as error:
        if if_exists != "update" or not _is_there_already(error):
            raise
        where = {**scope, "environment": environment}
        patch = present({"version": number, "config": config or None, "strategy": body.get("strategy")})
        updated: Json = yield Call("PATCH", of_deployment(name), where, patch)
        return updated
    return started


def _register(
    scope: Mapping[str, str], artifact: str, kind: str, version: str, spec: Json
) -> Generator[Call, Any, None]:
    try:
        yield Call("GET", of_artifact(artifact), scope)
    except ApiError as error:
        if error.status != 404:
            raise
        yield Call("POST", "/v1/artifacts", body={**scope, "name": artifact, "kind": kind, "labels": {}})
    yield Call("POST", of_artifact(artifact, "/versions"), scope, {"version": version, "spec": spec})


def _is_there_already(error: ApiError) -> bool:
    """The name is taken; a route that is taken is another matter."""
    return error.code == "already_exists" and any(bad.get("field") == "name" for bad in error.errors)


def pages(path: str, query: Mapping[str, Any]) -> Operation[list[Json]]:
    """Every item of a list, page by page."""
    items: list[Json] = []
    cursor: str | None = None
    while True:
        page: Json = yield Call("GET", path, {**query, "cursor": cursor, "limit": 200})
        items.extend(page["items"])
        cursor = page.get("nextCursor")
        if cursor is None:
            return items
