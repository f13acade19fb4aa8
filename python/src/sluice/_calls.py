"""Requests as values. Sync and async clients send the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .types import Command, HealthCheck, Resources, Scaling

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request: ``path`` begins with a slash; ``query`` leaves out what is None."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Json | None = None


def of_deployment(name: str, action: str = "") -> str:
    """The path of a deployment, by its id or its name."""
    return f"/v1/deployments/{quote(name, safe='')}{action}"


def of_artifact(name: str, rest: str = "") -> str:
    """The path of an artifact."""
    return f"/v1/artifacts/{quote(name, safe='')}{rest}"


def of_rollout(rollout: str, action: str = "") -> str:
    """The path of a rollout."""
    return f"/v1/rollouts/{quote(rollout, safe='')}{action}"


def command(rollout: str, verb: Command, comment: str | None) -> Call:
    """A command to a rollout."""
    return Call("POST", of_rollout(rollout, f"/{verb}"), body=present({"comment": comment}))


def present(values: Mapping[str, Any]) -> Json:
    """Without what is None: the server has defaults for that."""
    return {name: value for name, value in values.items() if value is not None}


def config_of(
    *,
    replicas: int | None = None,
    env: Mapping[str, str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    resources: Resources | None = None,
    scaling: Scaling | None = None,
    health_check: HealthCheck | None = None,
) -> Json:
    """A deployment's configuration in the words of ``/v1``. Resources are limits.

    Without replicas it begins with scaling's minimum.
    """
    bounds = scaling or {}
    return present(
        {
            "replicas": replicas if replicas is not None else bounds.get("min"),
            "env": None if env is None else dict(env),
            "parameters": None if parameters is None else dict(parameters),
            "resources": None if resources is None else {"limits": dict(resources)},
            "scaling": None if scaling is None else scaling_of(scaling),
            "healthCheck": None if health_check is None else health_check_of(health_check),
        }
    )


def scaling_of(scaling: Scaling) -> Json:
    """Bounds of the number of instances as ``/v1`` writes them."""
    return present(
        {
            "min": scaling.get("min"),
            "max": scaling.get("max"),
            "targetCpu": scaling.get("target_cpu"),
            "targetMemory": scaling.get("target_memory"),
        }
    )


def health_check_of(check: HealthCheck) -> Json:
    """A health check as ``/v1`` writes it; times are in seconds."""
    return present(
        {
            "path": check.get("path"),
            "intervalSeconds": check.get("interval"),
            "timeoutSeconds": check.get("timeout"),
            "retries": check.get("retries"),
        }
    )
