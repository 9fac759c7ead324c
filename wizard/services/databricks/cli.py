"""The Databricks command line, when it is installed: its sign-in and what it needs to be told.

Source: https://docs.databricks.com/aws/en/dev-tools/cli/authentication
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

_SMALL = 1024 * 1024
"""Bytes; the program of today is far larger, the one before it was a Python script."""


@dataclass(frozen=True)
class Program:
    """A `databricks` that was found."""

    path: str
    old: bool = False
    """It is from before 2023 and cannot sign in with a browser."""


def find(environ: Mapping[str, str]) -> Program | None:
    """The program on the PATH of `environ`; None when there is none."""
    path = shutil.which("databricks", path=environ.get("PATH", ""))
    if path is None:
        return None
    try:
        file = Path(path)
        old = file.stat().st_size < _SMALL and b"databricks_cli" in file.read_bytes()
    except OSError:
        return None
    return Program(path, old)


def login(program: str, url: str, profile: str) -> tuple[str, ...]:
    """The command that signs in. Host and profile are always given: without a host it asks for another page."""
    return (program, "auth", "login", "--host", url, "--profile", profile)


def free_name(host: str, taken: Collection[str]) -> str:
    """A profile name for this host that no other profile has."""
    base = re.sub(r"[^A-Za-z0-9-]", "-", host.split(".")[0]) or "workspace"
    return next(
        name for n in range(1, len(taken) + 2) if (name := base if n == 1 else f"{base}-{n}") not in taken
    )
