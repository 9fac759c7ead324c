"""A pretend workspace for the client's contract tests, and a driver for stretches of work."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from wizard.core.event import Event, Wait
from wizard.demo.workspace import EmbeddedWorkspace
from wizard.services.databricks.client import Workspace

WORKSPACE_ID = 1234567890123456


@pytest.fixture
def world() -> Iterator[EmbeddedWorkspace]:
    """A workspace without AWS behind it; a start takes 50 ms."""
    nothing = ("AKIAIOSFODNN7EXAMPLE", "no-secret", "")
    with EmbeddedWorkspace(
        workspace_id=WORKSPACE_ID,
        aws_url="http://127.0.0.1:9",
        databricks_keys=nothing,
        observer_keys=nothing,
        start_seconds=0.05,
    ) as made:
        made.add_warehouse()
        yield made


@pytest.fixture
def admin(world: EmbeddedWorkspace) -> Workspace:
    return Workspace(world.url, world.token, host=world.host, timeout_seconds=2, retry_seconds=2)


@pytest.fixture
def analyst(world: EmbeddedWorkspace) -> Workspace:
    return Workspace(world.url, world.user_token, host=world.host, timeout_seconds=2, retry_seconds=2)


Drive = Callable[[Generator[Event, Any, Any]], tuple[Any, list[Event]]]


@pytest.fixture
def drive() -> Drive:
    """Runs work to its end, waiting a hundredth of what it asks; gives its result and its events."""

    def run(work: Generator[Event, Any, Any]) -> tuple[Any, list[Event]]:
        events: list[Event] = []
        try:
            while True:
                event = next(work)
                events.append(event)
                if isinstance(event, Wait):
                    time.sleep(event.seconds / 100)
        except StopIteration as end:
            return end.value, events

    return run


class Scripted:
    """A host that answers every request of a path with the next of its scripted documents; the last repeats."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, object]]] = {}
        self.asked: list[str] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                key = f"{self.command} {self.path}"
                script.asked.append(key)
                waiting = script.answers.get(
                    key, [(404, {"error_code": "ENDPOINT_NOT_FOUND", "message": key})]
                )
                status, body = waiting[0] if len(waiting) == 1 else waiting.pop(0)
                content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = _answer  # noqa: N815  # http.server looks them up by name

            def log_message(self, format: str, *args: object) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    made = Scripted()
    yield made
    made.close()
