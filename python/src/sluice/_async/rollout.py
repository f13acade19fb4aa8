"""One act of moving a deployment from one revision to another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from .._calls import Call, command, of_rollout
from ..errors import WaitTimeoutError
from ..types import TERMINAL_PHASES, Command, Event, Phase, RolloutData

if TYPE_CHECKING:
    from .client import AsyncDeploymentClient

LOOK_EVERY = 0.5
"""Seconds between two looks at a rollout that is waited for."""


class AsyncRollout:
    """One act of moving a deployment from one revision to another."""

    def __init__(self, client: AsyncDeploymentClient, data: RolloutData) -> None:
        self._client = client
        self.data = data

    @property
    def id(self) -> str:
        """``rol_…``"""
        return self.data["id"]

    @property
    def phase(self) -> Phase:
        """Where it stood at the last look."""
        return self.data["phase"]

    async def refresh(self) -> AsyncRollout:
        """Looks again."""
        self.data = await self._client.send(Call("GET", of_rollout(self.id)))
        return self

    async def wait(self, timeout: float | None = None) -> AsyncRollout:
        """Stays until the rollout ends, whatever its end is. Raises ``WaitTimeoutError`` after ``timeout`` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (await self.refresh()).phase not in TERMINAL_PHASES:
            if deadline is not None and time.monotonic() >= deadline:
                raise WaitTimeoutError(f"rollout {self.id} is still {self.phase} after {timeout:g} s")
            await asyncio.sleep(LOOK_EVERY)
        return self

    def events(self, follow: bool = False) -> AsyncIterator[Event]:
        """What happened, oldest first; with ``follow`` also what happens, until the caller stops."""
        return self._client.follow(of_rollout(self.id, "/events"), {}, follow)

    async def approve(self, comment: str | None = None) -> AsyncRollout:
        """Lets it pass where people are asked."""
        return await self._command("approve", comment)

    async def reject(self, comment: str | None = None) -> AsyncRollout:
        """Refuses it where people are asked."""
        return await self._command("reject", comment)

    async def pause(self, comment: str | None = None) -> AsyncRollout:
        """Holds it where it is."""
        return await self._command("pause", comment)

    async def resume(self, comment: str | None = None) -> AsyncRollout:
        """Goes on after a pause."""
        return await self._command("resume", comment)

    async def promote(self, comment: str | None = None) -> AsyncRollout:
        """Skips the rest of the wait or the steps."""
        return await self._command("promote", comment)

    async def rollback(self, comment: str | None = None) -> AsyncRollout:
        """Goes back. After completion the answer is another rollout, which does it."""
        return await self._command("rollback", comment)

    async def cancel(self, comment: str | None = None) -> AsyncRollout:
        """Gives it up."""
        return await self._command("cancel", comment)

    async def retry(self, comment: str | None = None) -> AsyncRollout:
        """Runs the same revision again; the answer is another rollout."""
        return await self._command("retry", comment)

    async def _command(self, verb: Command, comment: str | None) -> AsyncRollout:
        return AsyncRollout(self._client, await self._client.send(command(self.id, verb, comment)))
