"""Sluice from Python: deliver versions step by step, watch them, take them back.

>>> from sluice import DeploymentClient
>>> client = DeploymentClient(api_key="slu_…")
>>> deployment = client.create_deployment(name="greeter", version="1.0.0", environment="production")
>>> deployment.get_status()
"""

from ._async.client import AsyncDeploymentClient
from ._async.deployment import AsyncDeployment
from ._async.rollout import AsyncRollout
from ._sync.client import DeploymentClient
from ._sync.deployment import Deployment
from ._sync.rollout import Rollout
from .errors import ApiError, SluiceError, UnreachableError, WaitTimeoutError

__all__ = [
    "ApiError",
    "AsyncDeployment",
    "AsyncDeploymentClient",
    "AsyncRollout",
    "Deployment",
    "DeploymentClient",
    "Rollout",
    "SluiceError",
    "UnreachableError",
    "WaitTimeoutError",
]
