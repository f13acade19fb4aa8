"""Tests run against a real server: ``SLUICE_URL`` and ``SLUICE_TOKEN`` say which. `npm test` starts one for them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from sluice import DeploymentClient


@pytest.fixture
def token() -> str:
    if "SLUICE_URL" not in os.environ:
        pytest.skip("SLUICE_URL names no server")
    return os.environ["SLUICE_TOKEN"]


@pytest.fixture
def client(token: str) -> Iterator[DeploymentClient]:
    with DeploymentClient(api_key=token) as connected:
        yield connected


@pytest.fixture
def name() -> str:
    """Of a deployment that no other test has."""
    return f"py-{uuid.uuid4().hex[:12]}"
