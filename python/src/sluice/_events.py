"""Server-Sent Events: from lines to events."""

from __future__ import annotations

import json
from typing import cast

from .types import Event


class EventParser:
    """Takes lines, and answers an event at each blank line that ends one. Comments and keep-alives are skipped."""

    def __init__(self) -> None:
        self.last_id: str | None = None
        """Where a broken stream goes on (``Last-Event-ID``)."""
        self._data: list[str] = []

    def take(self, line: str) -> Event | None:
        """The event that this line completes."""
        if line == "":
            data, self._data = self._data, []
            return cast(Event, json.loads("\n".join(data))) if data else None
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            self.last_id = value
        elif name == "data":
            self._data.append(value)
        return None

    @property
    def resumption(self) -> dict[str, str]:
        """The header with which a broken stream goes on."""
        return {} if self.last_id is None else {"last-event-id": self.last_id}
