"""Outputs of a state that is kept elsewhere, fetched by a real Terraform: no lock, nothing written."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from wizard.core.problem import Problem
from wizard.services.terraform import engine, remote
from wizard.steps import pointed

OUTPUTS = {"role_arn": "arn:aws:iam::1:role/r", "instance_profile_arn": "arn:aws:iam::1:instance-profile/p"}


class _Kept(BaseHTTPRequestHandler):
    """Keeps a state, as Terraform's http backend wants it."""

    asked: ClassVar[list[str]] = []
    status = 200

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        outputs = {name: {"value": value, "type": "string"} for name, value in OUTPUTS.items()}
        state = {"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "a", "resources": []}
        body = json.dumps({**state, "outputs": outputs}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_LOCK = do_UNLOCK = do_GET  # noqa: N815  # names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def kept() -> Iterator[str]:
    _Kept.asked, _Kept.status = [], 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Kept)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/state"
    server.shutdown()
    server.server_close()


def test_it_is_fetched_without_a_lock_and_without_a_trace(kept: str, tmp_path: Path) -> None:
    found = engine.find(os.environ)
    (tmp_path / "main.tf").write_text(
        f'terraform {{\n  backend "http" {{\n    address = "{kept}"\n    lock_address = "{kept}/lock"\n  }}\n}}\n'
    )
    assert remote.kept_elsewhere(tmp_path, {}) == ""
    subprocess.run([*found.argv, "init", "-input=false"], cwd=tmp_path, check=True, capture_output=True)
    assert remote.kept_elsewhere(tmp_path, {}) == "http"
    _Kept.asked.clear()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    said = remote.outputs(found, tmp_path, os.environ)
    assert dict(pointed.outputs_of(said).outputs) == OUTPUTS
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert _Kept.asked == ["GET /state"]
    _Kept.status = 403
    with pytest.raises(Problem) as refused:
        remote.outputs(found, tmp_path, os.environ)
    assert refused.value.code == "check.state.remote"
    assert "invalid auth" in refused.value.why
