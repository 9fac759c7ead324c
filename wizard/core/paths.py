"""Where the wizard keeps its own files: the XDG folders, open to their owner only.

Source: https://specifications.freedesktop.org/basedir-spec/latest/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_NAME = "htd-wizard"


@dataclass(frozen=True)
class Paths:
    """Folders of one operator. Made on first use, mode 0700."""

    home: Path
    data: Path
    """Deployments: the module's copy, its state."""
    state: Path
    """Answers, journals, runs."""
    cache: Path
    """What can be had again: provider plugins."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Paths:
        """The folders that this environment points at."""
        home = Path(environ.get("HOME") or Path.home())

        def folder(variable: str, fallback: str) -> Path:
            given = environ.get(variable, "")
            base = Path(given) if given.startswith("/") else home / fallback
            return base / _NAME

        return cls(
            home=home,
            data=folder("XDG_DATA_HOME", ".local/share"),
            state=folder("XDG_STATE_HOME", ".local/state"),
            cache=folder("XDG_CACHE_HOME", ".cache"),
        )


def private(folder: Path) -> Path:
    """Make `folder` and whatever of its parents is missing, for their owner only, and return it."""
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    return folder
