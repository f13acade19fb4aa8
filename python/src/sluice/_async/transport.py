"""Sending: the token, idempotency keys, and what is sent once more."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from .._calls import Call
from .._exchange import ATTEMPTS, FIRST_WAIT, answer_of, arguments, pause_before_next
from ..errors import UnreachableError


class AsyncTransport:
    """Sends calls, and sends again what may be sent again."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def send(self, call: Call) -> Any:
        """The answer. Raises ``ApiError`` and ``UnreachableError``."""
        request = arguments(call)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = await self.client.request(**request)
            except httpx.TransportError as error:
                if attempt == ATTEMPTS:
                    raise UnreachableError(f"no answer from {self.client.base_url}: {error}") from error
                await asyncio.sleep(FIRST_WAIT * attempt)
                continue
            wait = pause_before_next(response, attempt)
            if wait is None:
                return answer_of(response)
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")
