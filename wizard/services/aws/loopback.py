"""Where a browser on this computer brings a sign-in back to: one address on the loopback interface, for minutes.

Source: https://www.rfc-editor.org/rfc/rfc8252#section-7.3
"""

from __future__ import annotations

import hmac
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

CALLBACK = "/oauth/callback"

_DONE = "You are signed in. Close this page and go back to your terminal."
_REFUSED = "You were not signed in. Close this page; the wizard in your terminal says how to go on."
_STRANGE = "This page belongs to a sign-in that is over. Close it and go back to your terminal."


class Loopback:
    """Listens on 127.0.0.1 only, at a port the system chooses, from `with` to its end.

    `start_address` is short enough to be copied by hand and leads the browser on to `authorize`.
    """

    def __init__(self) -> None:
        self.state = secrets.token_urlsafe(24)
        self.authorize = ""
        """The whole address of the sign-in page; set before anybody is sent to `start_address`."""
        self.came = threading.Event()
        """Set when the browser has come back."""
        self.code = ""
        self.error = ""
        """OAuth's word when the sign-in was refused: `access_denied`."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._path = f"/{secrets.token_urlsafe(6)}"

    @property
    def redirect_uri(self) -> str:
        return f"http://{self._host}{CALLBACK}"

    @property
    def start_address(self) -> str:
        return f"http://{self._host}{self._path}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="sign-in", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def _host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def visited(self, host: str, address: str) -> tuple[int, str, str]:
        """(status, words of the page, address to go on to) for a visit of the browser."""
        parts = urlsplit(address)
        if host != self._host:
            return 400, _STRANGE, ""  # a name that was made to point here
        if parts.path == self._path and self.authorize:
            return 302, "", self.authorize
        if parts.path != CALLBACK:
            return 404, _STRANGE, ""
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.came.is_set() or not hmac.compare_digest(asked.get("state", ""), self.state):
            return 400, _STRANGE, ""
        self.code, self.error = asked.get("code", ""), asked.get("error", "")
        if not self.code and not self.error:
            return 400, _STRANGE, ""
        self.came.set()
        return 200, _DONE if self.code else _REFUSED, ""


def _handler(loopback: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:  # the name that http.server calls
            status, words, onward = loopback.visited(self.headers.get("Host", ""), self.path)
            body = f"<!doctype html><meta charset=utf-8><title>htd-wizard</title><p>{words}".encode()
            self.send_response(status)
            if onward:
                self.send_header("Location", onward)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing is logged: the address holds the code."""

    return Handler
