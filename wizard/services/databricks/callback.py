"""The one page on this computer that a browser comes back to after signing in."""

from __future__ import annotations

import hmac
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from wizard.core.problem import Problem

if TYPE_CHECKING:
    from types import TracebackType

PORTS = range(8020, 8030)
"""The Databricks command line takes the next one too when one is in use."""
_DONE = "You are signed in. Close this page and go back to the wizard."
_NOT_DONE = "The sign-in did not work. Go back to the wizard; it says why."


class Callback:
    """Listens on loopback while it is entered, for the answer that carries `state`. Raises Problem without a port."""

    def __init__(self, state: str) -> None:
        self._state = state
        self._server = _listen(self)
        self.url = f"http://localhost:{self._server.server_port}"
        """Where the browser is to come back to."""
        self.answer: dict[str, str] | None = None
        """`code`, or `error` and `error_description`; None until the browser came."""

    def __enter__(self) -> Callback:
        serve = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="callback", daemon=True
        )
        serve.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, target: str) -> tuple[int, str]:
        """Status and words for one request; only the first that knows the state counts."""
        parts = urlsplit(target)
        told = dict(parse_qsl(parts.query, max_num_fields=20))
        if parts.path not in ("", "/") or not hmac.compare_digest(
            told.get("state", "").encode(), self._state.encode()
        ):
            return 404, "This is not the page you were looking for."
        if self.answer is None:
            self.answer = told
        return (200, _DONE) if "code" in self.answer else (400, _NOT_DONE)


def _listen(callback: Callback) -> ThreadingHTTPServer:
    class Page(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            status, words = callback.take(self.path)
            body = f"<!doctype html><meta charset=utf-8><title>htd-wizard</title><p>{words}".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """The address holds the code: nothing is logged."""

    for port in PORTS:
        try:
            server = ThreadingHTTPServer(("127.0.0.1", port), Page)
        except OSError:
            continue
        server.daemon_threads = True
        return server
    raise Problem(
        code="databricks.browser.port",
        what="The browser has no way back to this computer.",
        why=f"The ports {PORTS[0]} to {PORTS[-1]} are all in use by other programs.",
        remedy="End one of them, or choose a personal access token.",
        step="workspace",
    )
