"""Where the server is and who asks."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import httpx

DEFAULT_URL = "http://127.0.0.1:8303"


@dataclass(frozen=True)
class Settings:
    """Arguments win over the variables ``SLUICE_URL``, ``SLUICE_TOKEN`` and ``SLUICE_PROJECT``."""

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    project: str | None = None
    timeout: float = 30.0

    @property
    def url(self) -> str:
        """Address of the server."""
        return (self.base_url or os.environ.get("SLUICE_URL") or DEFAULT_URL).rstrip("/")

    @property
    def scope(self) -> dict[str, str]:
        """The project, where one is named."""
        project = self.project or os.environ.get("SLUICE_PROJECT")
        return {} if not project else {"project": project}

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries: the token, where there is one."""
        token = self.api_key or os.environ.get("SLUICE_TOKEN")
        known = {"accept": "application/json"}
        return known if not token else {**known, "authorization": f"Bearer {token}"}

    @property
    def patience(self) -> httpx.Timeout:
        """Seconds for each part of an exchange."""
        return httpx.Timeout(self.timeout)
