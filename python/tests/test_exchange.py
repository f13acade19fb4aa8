"""What is sent once more, shown on a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from sluice import ApiError, DeploymentClient


class Server(BaseHTTPRequestHandler):
    """Answers what it is told, one after the other; None breaks the connection."""

    answers: ClassVar[list[tuple[int, dict[str, str], object] | None]] = []
    keys: ClassVar[list[str | None]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        self.keys.append(self.headers.get("idempotency-key"))
        answer = self.answers.pop(0)
        if answer is None:
            self.connection.close()
            return
        status, headers, body = answer
        self.send_response(status)
        text = json.dumps(body).encode()
        for header, value in {**headers, "content-length": str(len(text))}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Server.answers.clear()
    Server.keys.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_write_without_an_answer_is_sent_again_with_the_same_key(url: str) -> None:
    Server.answers.extend([None, (429, {"retry-after": "0"}, {}), (201, {}, {"version": "1"})])
    with DeploymentClient(base_url=url) as client:
        assert client.create_version("a", "1", {}) == {"version": "1"}
    assert len(Server.keys) == 3
    assert len(set(Server.keys)) == 1
    assert Server.keys[0]


def test_what_the_server_refuses_is_final(url: str) -> None:
    problem = {"status": 409, "code": "already_exists", "detail": "it is there", "errors": [{"field": "version"}]}
    Server.answers.append((409, {}, problem))
    with DeploymentClient(base_url=url) as client, pytest.raises(ApiError, match="it is there") as refused:
        client.create_version("a", "1", {})
    assert refused.value.errors == [{"field": "version"}]
    assert len(Server.keys) == 1


def test_an_answer_of_something_else_is_said_to_be_one(url: str) -> None:
    Server.answers.append((502, {}, "bad gateway"))
    with DeploymentClient(base_url=url) as client, pytest.raises(ApiError, match="not as Sluice does"):
        client.create_version("a", "1", {})
