"""Ending a server of the pretend world at once, although its loop looks up twice a second only."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import suppress


def shut(server: socketserver.TCPServer) -> None:
    """End `serve_forever` now: a connection wakes its loop. Calling it twice does no harm."""
    ending = threading.Thread(target=server.shutdown, daemon=True)
    ending.start()
    host, port = server.server_address[:2]
    while ending.is_alive():
        with suppress(OSError):
            socket.create_connection((str(host), int(port)), timeout=1).close()
        ending.join(0.01)
