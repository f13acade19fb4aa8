"""What may go wrong: the server says no, there is no answer, or something takes longer than was waited for."""

from __future__ import annotations

from typing import Any


class SluiceError(Exception):
    """Base of every error of this package."""


class ApiError(SluiceError):
    """The server answered, and the answer was no (RFC 9457 ``application/problem+json``)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.code: str = str(problem.get("code", "unknown"))
        """One of a closed set, such as ``failed_precondition``."""
        self.detail: str = str(problem.get("detail") or problem.get("title") or f"status {status}")
        self.errors: list[dict[str, Any]] = list(problem.get("errors") or [])
        """Every bad field: ``field``, ``found`` and ``allowed``."""
        self.instance: str | None = problem.get("instance")
        """Names this one failure; the server's log has it."""
        super().__init__(self.detail)


class UnreachableError(SluiceError):
    """No answer at all: nothing listens there, or the connection broke."""


class WaitTimeoutError(SluiceError):
    """The time to wait is over, and the rollout is still under way."""
