"""The HTTP server by itself."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from wizard.demo.aws.server import LoopbackServer
from wizard.demo.aws.wire import Reply, Request


@pytest.fixture
def seen() -> list[Request]:
    return []


@pytest.fixture
def server(seen: list[Request]) -> Iterator[LoopbackServer]:
    def answer(request: Request) -> Reply:
        seen.append(request)
        return Reply(200, request.body or b"hello", {"X-Own": "yes"})

    one = LoopbackServer(answer)
    yield one
    one.close()


def connect(server: LoopbackServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)


def test_it_listens_on_the_loopback_only(server: LoopbackServer) -> None:
    assert server.url.startswith("http://127.0.0.1:")
    assert server.server_address[0] == "127.0.0.1"


def test_a_connection_serves_many_requests(server: LoopbackServer, seen: list[Request]) -> None:
    connection = connect(server)
    connection.request("GET", "/a%20b?policy&x=1")
    assert connection.getresponse().read() == b"hello"
    kept = connection.sock
    connection.request("POST", "/b", body=b"some body")
    assert connection.getresponse().read() == b"some body"
    connection.request("POST", "/c", body=iter([b"in ", b"chunks"]), encode_chunked=True)
    assert connection.getresponse().read() == b"in chunks"
    connection.request("HEAD", "/d")
    head = connection.getresponse()
    assert (head.status, head.read(), head.headers["X-Own"]) == (200, b"", "yes")
    assert connection.sock is kept
    connection.close()
    assert [request.method for request in seen] == ["GET", "POST", "POST", "HEAD"]
    assert (seen[0].path, seen[0].raw_path, seen[0].query) == ("/a b", "/a%20b", {"policy": "", "x": "1"})


def test_a_client_that_waits_for_a_go_gets_one(server: LoopbackServer) -> None:
    with socket.create_connection(server.server_address[:2], timeout=5) as client:  # type: ignore[arg-type]  # typeshed's address is wider
        client.sendall(b"PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"body")
        answer = client.recv(4000)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"body")


def test_closing_ends_idle_connections(server: LoopbackServer) -> None:
    connection = connect(server)
    connection.request("GET", "/")
    connection.getresponse().read()
    server.close()
    assert connection.sock is not None
    assert connection.sock.recv(1) == b""
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=1)
