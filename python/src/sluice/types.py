"""Shapes of requests and answers. Answers may hold more fields than are named here."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

DeploymentType = Literal["model", "application", "agent", "prompt", "pipeline"]
Status = Literal["deploying", "running", "updating", "rolling_back", "stopped", "failed", "deleting"]
Phase = Literal[
    "queued",
    "validating",
    "awaiting_approval",
    "gating",
    "preparing",
    "testing",
    "shifting",
    "monitoring",
    "rolling_back",
    "completed",
    "rolled_back",
    "gates_failed",
    "failed",
    "cancelled",
    "superseded",
]
Command = Literal["approve", "reject", "pause", "resume", "promote", "reevaluate", "rollback", "cancel", "retry"]

TERMINAL_PHASES: frozenset[str] = frozenset(
    ["completed", "rolled_back", "gates_failed", "failed", "cancelled", "superseded"]
)


class Resources(TypedDict, total=False):
    """What one instance may use, in Kubernetes' quantities: ``{"cpu": "500m", "memory": "4Gi", "gpu": "1"}``."""

    cpu: str
    memory: str
    gpu: str


class Scaling(TypedDict, total=False):
    """Bounds of the number of instances, and the use in percent that more are started at."""

    min: int
    max: int
    target_cpu: int
    target_memory: int


class HealthCheck(TypedDict, total=False):
    """How an instance is asked whether it is ready."""

    path: str
    interval: float
    timeout: float
    retries: int


class RolloutData(TypedDict, total=False):
    """A rollout as the server tells it."""

    id: str
    deployment: str
    artifact: str
    environment: str
    fromVersion: str | None
    toVersion: str
    phase: Phase
    paused: bool
    weight: float | None
    progressPercentage: float
    estimatedCompletion: str | None
    reason: str | None
    allowedCommands: list[Command]
    steps: list[dict[str, Any]]


class DeploymentData(TypedDict, total=False):
    """A deployment as the server tells it."""

    id: str
    name: str
    project: str
    kind: DeploymentType
    artifact: str
    environment: str
    status: Status
    version: str
    revision: int
    activeRollout: str | None
    replicas: int
    endpoints: dict[str, str | None]
    config: dict[str, Any]
    labels: dict[str, str]
    createdAt: str
    updatedAt: str
    deployedBy: str


class Event(TypedDict, total=False):
    """Something that happened."""

    id: str
    type: str
    message: str
    alert: bool
    at: str
    rollout: str | None
    deployment: str | None
    data: dict[str, Any]
