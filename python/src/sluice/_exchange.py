"""What is decided about one exchange: what is sent, what is final, what is sent once more."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from ._calls import Call
from .errors import ApiError

ATTEMPTS = 3
"""How often a request is sent: once more without an answer, again when the server says when (429, 503)."""

LONGEST_WAIT = 30.0
"""Seconds that a request is put off at most."""

FIRST_WAIT = 0.25
"""Seconds before a request without an answer is sent once more."""


def arguments(call: Call) -> dict[str, Any]:
    """What httpx is told. A write carries a key, so that sending it twice never does it twice."""
    headers = {} if call.method == "GET" else {"idempotency-key": str(uuid.uuid4())}
    query = {name: value for name, value in call.query.items() if value is not None}
    return {"method": call.method, "url": call.path, "params": query, "json": call.body, "headers": headers}


def pause_before_next(response: httpx.Response, attempt: int) -> float | None:
    """Seconds after which the server wants to be asked again; None when its answer is final."""
    if response.status_code not in (429, 503) or attempt >= ATTEMPTS:
        return None
    try:
        wait = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return wait if 0 <= wait <= LONGEST_WAIT else None


def answer_of(response: httpx.Response) -> Any:
    """The answer's JSON; None without a body. Raises ``ApiError`` for everything that is not 2xx."""
    if response.is_success:
        return response.json() if response.content else None
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {"detail": f"{response.request.url} answered {response.status_code}, and not as Sluice does"}
    raise ApiError(response.status_code, problem)
