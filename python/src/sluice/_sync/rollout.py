"""One act of moving a deployment from one revision to another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .._calls import Call, command, of_rollout
from ..errors import WaitTimeoutError
from ..types import TERMINAL_PHASES, Command, Event, Phase, RolloutData

if TYPE_CHECKING:
    from .client import DeploymentClient

LOOK_EVERY = 0.5
"""Seconds between two looks at a rollout that is waited for."""


class Rollout:
    """One act of moving a deployment from one revision to another."""

    def __init__(self, client: DeploymentClient, data: RolloutData) -> None:
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

    def refresh(self) -> Rollout:
        """Looks again."""
        self.data = self._client.send(Call("GET", of_rollout(self.id)))
        return self

    def wait(self, timeout: float | None = None) -> Rollout:
        """Stays until the rollout ends, whatever its end is. Raises ``WaitTimeoutError`` after ``timeout`` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.refresh().phase not in TERMINAL_PHASES:
            if deadline is not None and time.monotonic() >= deadline:
                raise WaitTimeoutError(f"rollout {self.id} is still {self.phase} after {timeout:g} s")
            time.sleep(LOOK_EVERY)
        return self

    def events(self, follow: bool = False) -> Iterator[Event]:
        """What happened, oldest first; with ``follow`` also what happens, until the caller stops."""
        return self._client.follow(of_rollout(self.id, "/events"), {}, follow)

    def approve(self, comment: str | None = None) -> Rollout:
        """Lets it pass where people are asked."""
        return self._command("approve", comment)

    def reject(self, comment: str | None = None) -> Rollout:
        """Refuses it where people are asked."""
        return self._command("reject", comment)

    def pause(self, comment: str | None = None) -> Rollout:
        """Holds it where it is."""
        return self._command("pause", comment)

    def resume(self, comment: str | None = None) -> Rollout:
        """Goes on after a pause."""
        return self._command("resume", comment)

    def promote(self, comment: str | None = None) -> Rollout:
        """Skips the rest of the wait or the steps."""
        return self._command("promote", comment)

    def rollback(self, comment: str | None = None) -> Rollout:
        """Goes back. After completion the answer is another rollout, which does it."""
        return self._command("rollback", comment)

    def cancel(self, comment: str | None = None) -> Rollout:
        """Gives it up."""
        return self._command("cancel", comment)

    def retry(self, comment: str | None = None) -> Rollout:
        """Runs the same revision again; the answer is another rollout."""
        return self._command("retry", comment)

    def _command(self, verb: Command, comment: str | None) -> Rollout:
        return Rollout(self._client, self._client.send(command(self.id, verb, comment)))
