"""A recording reverse proxy: passes every AWS call on unchanged and keeps what matters of it."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from wizard.demo.recording.tape import Call, made_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from wizard.demo.recording.session import Json

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_SIGNING = re.compile(
    r"x-amz-(date|security-token|content-sha256|checksum-.*|sdk-.*|decoded-content-length|trailer)$"
)
_S3_NOUNS = {
    "accelerate": "BucketAccelerateConfiguration",
    "acl": "BucketAcl",
    "cors": "BucketCors",
    "encryption": "BucketEncryption",
    "lifecycle": "BucketLifecycleConfiguration",
    "logging": "BucketLogging",
    "object-lock": "ObjectLockConfiguration",
    "policy": "BucketPolicy",
    "publicAccessBlock": "PublicAccessBlock",
    "replication": "BucketReplication",
    "requestPayment": "BucketRequestPayment",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}


@dataclass(frozen=True)
class Heard:
    """One call as it passed, with the moment it arrived (seconds since the epoch)."""

    at: float
    call: Call


class RecordingProxy:
    """Listens on 127.0.0.1, forwards to `target` (a URL) and collects `heard`. A context manager."""

    def __init__(self, target: str) -> None:
        self.heard: list[Heard] = []
        self._lock = threading.Lock()
        address = urlsplit(target)
        self.target = (address.hostname or "127.0.0.1", address.port or 80)
        self._server = _Server(("127.0.0.1", 0), _Relay)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> RecordingProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def keep(self, heard: Heard) -> None:
        """Add one call to the log."""
        with self._lock:
            self.heard.append(heard)

    def take(self) -> list[Heard]:
        """The calls so far, oldest first; the log is empty afterwards."""
        with self._lock:
            heard, self.heard = self.heard, []
        return sorted(heard, key=lambda one: one.at)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: RecordingProxy


class _Relay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    server: _Server

    def _pass_on(self) -> None:
        at = time.time()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        host, port = self.server.proxy.target
        upstream = http.client.HTTPConnection(host, port, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            upstream.request(
                self.command, self.path, body=body, headers={**headers, "Host": f"{host}:{port}"}
            )
            answer = upstream.getresponse()
            answer_body = answer.read()
        finally:
            upstream.close()
        call = _call(self.command, self.path, dict(self.headers.items()), body, answer.status, answer_body)
        self.server.proxy.keep(Heard(at, call))
        self._reply(answer, answer_body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815 - http.server asks for these names

    def _reply(self, answer: http.client.HTTPResponse, body: bytes) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        if answer.status not in (204, 304):
            self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the calls are in `heard`."""


def _call(
    method: str, target: str, headers: Mapping[str, str], body: bytes, status: int, answer: bytes
) -> Call:
    """What is worth keeping of one call: no signature, no key, no checksum of a body that will change."""
    scope = _SCOPE.search(headers.get("Authorization") or "")
    if scope is None:
        raise ValueError(f"{method} {target}: the call carries no AWS signature, so its service is unknown.")
    where = urlsplit(target)
    query = parse_qsl(where.query, keep_blank_values=True)
    lower = {name.lower(): value for name, value in headers.items()}
    kept = {
        name: value
        for name, value in sorted(lower.items())
        if name == "content-type" or (name.startswith("x-amz-") and not _SIGNING.match(name))
    }
    body = _unchunked(body) if "aws-chunked" in lower.get("content-encoding", "") else body
    content = _content(kept.get("content-type", ""), body)
    service = scope["service"]
    path = unquote(where.path)
    return Call(
        operation=_operation(service, method, path, query, kept, content),
        method=method,
        service=service,
        region=scope["region"],
        path=path,
        query=[(name, value) for name, value in query if name != "x-id"],
        headers=kept,
        body=content,
        status=status,
        made=made_in(answer.decode(errors="replace")),
    )


def _content(kind: str, body: bytes) -> Json:
    """The body as form fields, as JSON, or as text: what is written into it later stays well-formed."""
    text = body.decode()
    if "x-www-form-urlencoded" in kind:
        return {"form": dict(parse_qsl(text, keep_blank_values=True))}
    if "json" in kind and text:
        document: Json = json.loads(text)
        return {"json": document}
    return text


def _unchunked(body: bytes) -> bytes:
    """The content of an aws-chunked body, without its chunk signatures and trailers."""
    content, rest = b"", body
    while rest:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            break
        content, rest = content + rest[:size], rest[size + 2 :]
    return content


def _operation(
    service: str, method: str, path: str, query: list[tuple[str, str]], headers: Mapping[str, str], body: Json
) -> str:
    """The SDK's name of the call, as Terraform's diagnostics give it ("GetRole", "HeadBucket")."""
    if service == "s3":
        is_object = "/" in path.strip("/")
        noun = next((_S3_NOUNS[name] for name, _ in query if name in _S3_NOUNS), "")
        if not noun:
            noun = "Object" if is_object else "Bucket"
            noun += "Tagging" if ("tagging", "") in query else ""
            if noun == "Bucket" and method == "PUT":
                return "CreateBucket"
        return {"GET": "Get", "HEAD": "Head", "PUT": "Put", "POST": "Post", "DELETE": "Delete"}[method] + noun
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if isinstance(body, dict) and isinstance(form := body.get("form"), dict):
        return str(form.get("Action", ""))
    return path.strip("/")  # restJson services put the operation's name into the path
