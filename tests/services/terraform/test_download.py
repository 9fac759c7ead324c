"""The provider comes over a real network mirror, slowly: how far it is, and of how much, is told meanwhile."""

from __future__ import annotations

import hashlib
import io
import json
import os
import ssl
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.services.aws.test_connection import opened_by_a_proxy
from tests.services.terraform.conftest import Site, Told
from wizard.core.event import Event, Progress
from wizard.services.terraform import package, provider

__all__ = ["opened_by_a_proxy"]
pytestmark = [pytest.mark.terraform, pytest.mark.timeout(120)]
HOST, VERSION = "registry.terraform.io", "5.100.0"
MODULE = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'


def packed() -> bytes:
    """A package as `init` takes it: nothing in it is run."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as package_:
        package_.writestr(f"terraform-provider-aws_v{VERSION}_x5", os.urandom(6_000_000))
    return held.getvalue()


class Mirror(BaseHTTPRequestHandler):
    """Source: https://developer.hashicorp.com/terraform/internals/provider-network-mirror-protocol"""

    content = b""
    released = threading.Event()
    """The second half of the package may follow."""

    def do_HEAD(self) -> None:
        self._answer(heads=True)

    def do_GET(self) -> None:
        self._answer(heads=False)

    def _answer(self, *, heads: bool) -> None:
        archive = {"url": "aws.zip", "hashes": [f"zh:{hashlib.sha256(self.content).hexdigest()}"]}
        told = {
            "index.json": {"versions": {VERSION: {}}},
            f"{VERSION}.json": {"archives": {provider.platform_name(): archive}},
        }.get(self.path.rpartition("/")[2])
        body = self.content if told is None else json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/zip" if told is None else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not heads:
            self.wfile.write(body[: len(body) // 2])
            if told is None:
                self.released.wait(30)
            self.wfile.write(body[len(body) // 2 :])

    def log_message(self, format: str, *args: object) -> None:
        pass


class Watched(list[Event]):
    """Lets the mirror go on once the size was told."""

    def __init__(self, released: threading.Event) -> None:
        self._released = released

    def append(self, event: Event) -> None:
        super().append(event)
        if isinstance(event, Progress) and event.total:
            self._released.set()


@contextmanager
def mirror(context: ssl.SSLContext, released: threading.Event) -> Iterator[str]:
    """Its address."""
    handler = type("Handler", (Mirror,), {"content": packed(), "released": released})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"https://localhost:{server.server_port}/mirror"
        finally:
            server.shutdown()


def test_how_much_of_how_much_is_downloaded(
    site: Site, tmp_path: Path, opened_by_a_proxy: tuple[ssl.SSLContext, Path]
) -> None:
    parts, released = tmp_path / "parts", threading.Event()
    context, certificate = opened_by_a_proxy
    parts.mkdir()
    site.write(MODULE)
    with mirror(context, released) as address:
        (tmp_path / "cli.tfrc").write_text(
            f'provider_installation {{\n  network_mirror {{\n    url = "{address}/"\n  }}\n}}\n'
        )
        tool = site.tool(
            TF_CLI_CONFIG_FILE=str(tmp_path / "cli.tfrc"),
            SSL_CERT_FILE=str(certificate),
            TMPDIR=str(parts),
            NO_PROXY="localhost",
        )
        told = Told(Watched(released))
        told.listen(tool.init())
    seen = [event for event in told.of(Progress) if "downloaded" in event.label]
    assert seen, told.events
    assert (seen[0].done, seen[0].total, seen[0].label) == (3, 0, "MB downloaded so far")
    assert (seen[1].done, seen[1].total, seen[1].label) == (3, 6, "MB downloaded"), "the mirror told its size"


def test_where_nobody_tells_there_is_no_size(tmp_path: Path) -> None:
    config = tmp_path / "cli.tfrc"
    config.write_text(
        'provider_installation {\n  network_mirror {\n    url = "https://localhost:9/"\n  }\n}\n'
    )
    environ = {"HOME": str(tmp_path), "TF_CLI_CONFIG_FILE": str(config)}
    assert package.size("Initializing provider plugins...", environ, "terraform") == 0
    assert package.size("- Installing hashicorp/aws v5.100.0...", environ, "terraform") == 0
