"""The operator's own editor, on the very line, while the wizard's screen steps aside."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App

_AT_LINE = (
    "vi",
    "vim",
    "nvim",
    "nano",
    "pico",
    "emacs",
    "emacsclient",
    "micro",
    "kak",
    "helix",
    "hx",
    "joe",
    "ne",
)
"""Editors that take `+LINE` before the file."""


def edit(app: App[int], place: str) -> str:
    """Open `PATH:LINE` and come back when the editor has ended. Returns why it could not, empty when it did."""
    argv = command(place, os.environ)
    if argv is None:
        return f"No editor was found: set EDITOR. The line is {place}."
    from textual.app import SuspendNotSupported

    try:
        with app.suspend():
            subprocess.run(argv, check=False)
    except SuspendNotSupported:
        return f"This terminal cannot give way to an editor. The line is {place}."
    except OSError as fault:
        return f"{argv[0]}: {fault.strerror or fault}. The line is {place}."
    return ""


def command(place: str, environ: Mapping[str, str]) -> list[str] | None:
    """The command that opens the line; None without an editor."""
    file, _, line = place.rpartition(":")
    for chosen in (environ.get("VISUAL", ""), environ.get("EDITOR", ""), "vi", "nano"):
        try:
            argv = shlex.split(chosen)
        except ValueError:
            continue
        if not argv or shutil.which(argv[0], path=environ.get("PATH")) is None:
            continue
        name = Path(argv[0]).name
        if name in ("code", "codium", "subl"):
            return [*argv, *(["--wait", "--goto"] if name != "subl" else ["--wait"]), place]
        return [*argv, f"+{line}", file] if name in _AT_LINE else [*argv, file]
    return None
