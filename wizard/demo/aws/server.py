"""The embedded AWS's HTTP/1.1 server: threads, keep-alive, the loopback interface and nothing else.

Werkzeug's own server closes every connection and waits 10 ms after each reply; Terraform makes
hundreds of small calls, so this one keeps connections open and does not wait.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast

from wizard.demo.aws.wire import NO_REPLY, Reply, Request
from wizard.demo.closing import shut

Handler = Callable[[Request], Reply]


class LoopbackServer(socketserver.ThreadingMixIn, HTTPServer):
    """Serves `answer` on 127.0.0.1 at a free port until `close`.

    Raises OSError when no port can be bound.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, answer: Handler) -> None:
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Connection)
        self._thread = threading.Thread(target=self.serve_forever, name="embedded-aws", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Base URL with a literal address, which makes every SDK use path-style S3."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that `close` can end the idle ones."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and end it."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is not worth a word on the operator's screen."""

    def close(self) -> None:
        """Stop serving and end every connection. Calling it twice does no harm."""
        shut(self)
        self.server_close()
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client closed it first
        self._thread.join(timeout=5)


_METHODS = frozenset(f"do_{verb}" for verb in ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"))


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "EmbeddedAws"
    sys_version = ""
    # Head and body leave in one packet; Nagle's algorithm would hold small replies for 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self._body(headers))
        reply = cast(LoopbackServer, self.server).answer(request)
        if reply is NO_REPLY:
            self.close_connection = True
        else:
            self._send(reply)

    def _body(self, headers: dict[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                continue
            headers.pop("transfer-encoding")
            return b"".join(chunks)
        return self.rfile.read(int(headers.get("content-length") or 0))

    def _send(self, reply: Reply) -> None:
        named = {name.lower() for name in reply.headers}
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            if name.lower() not in ("content-length", "connection", "server", "date"):
                self.send_header(name, value)
        is_head = self.command == "HEAD"
        length = str(len(reply.body))
        if is_head and "content-length" in named:
            length = next(value for name, value in reply.headers.items() if name.lower() == "content-length")
        if reply.status not in (204, 304):
            self.send_header("Content-Length", length)
        self.end_headers()
        if not is_head and reply.status not in (204, 304):
            self.wfile.write(reply.body)
        self.wfile.flush()

    def handle_expect_100(self) -> bool:
        """Let the client send its body, at once although the output is buffered."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def __getattr__(self, name: str) -> Any:
        """http.server looks for `do_GET` and its like: one method serves them all."""
        if name in _METHODS:
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the screen belongs to the wizard, the call log to the gate."""
