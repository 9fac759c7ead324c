"""How far getting the provider is. Terraform says nothing meanwhile, so its files are looked at."""

from __future__ import annotations

import os
import threading
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from wizard.core.event import Progress, Wait, Work
from wizard.services.process.runner import DetachedRun
from wizard.services.terraform import package

_LOOK = 1.0
"""Seconds between two looks."""
_MB = 1_000_000
_LONG = 8.0
_SLOW = "Terraform says nothing while it gets the AWS provider, which is 700 MB unpacked."
_PART = "terraform-provider*"
"""Names of what is being downloaded, in the folder for temporary files.
Source: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/providercache/package_install.go"""


class Growth:
    """What one `init` has written so far."""

    def __init__(self, folder: Path, environ: Mapping[str, str], ask: Callable[[], int] = lambda: 0) -> None:
        """`ask` tells how many bytes are to be downloaded, 0 when nobody knows; it may take seconds."""
        own = Path(environ.get("TF_DATA_DIR") or ".terraform")
        self._unpacked = [folder / own / "providers"]
        if environ.get("TF_PLUGIN_CACHE_DIR"):
            self._unpacked.append(Path(environ["TF_PLUGIN_CACHE_DIR"]))
        self._parts = Path(environ.get("TMPDIR") or "/tmp")  # noqa: S108  # where Terraform puts it
        self._size = 0
        self._ask = ask
        self._asking: threading.Thread | None = None
        self._whole = 0

    def look(self, since: float) -> Progress | None:
        """How far it is, counting what was written after `since` (seconds of the clock); None before it writes."""
        parts = list(_written(self._parts.glob(_PART), since))
        for part, _ in parts:
            self._size = _unpacked_size(part) or self._size
        unpacked = _sum(each for place in self._unpacked for each in _written(_files(place), since))
        if unpacked:
            return Progress(unpacked // _MB, self._size // _MB, "MB unpacked")
        downloaded = _sum(parts)
        if not downloaded:
            return None
        if self._asking is None:
            self._asking = threading.Thread(target=self._learn, name="package-size", daemon=True)
            self._asking.start()
        whole = self._whole // _MB
        return Progress(downloaded // _MB, whole, "MB downloaded" if whole else "MB downloaded so far")

    def _learn(self) -> None:
        self._whole = self._ask()


def followed(
    work: Work[object], run: DetachedRun, folder: Path, environ: Mapping[str, str], kind: str
) -> Work[None]:
    """`work`, which listens to an `init` in `folder`, with a word on how far it is whenever that changed."""
    growth = Growth(folder, environ, lambda: package.size(run.output(), environ, kind))
    began, looked, told = time.monotonic(), 0.0, None
    since = _begun(run)
    with closing(work):
        for event in work:
            if not isinstance(event, Wait):
                yield event
                continue
            now = time.monotonic()
            if now - looked >= _LOOK:
                looked, seen = now, growth.look(since)
                if seen is not None and seen != told:
                    told = seen
                    yield seen
            yield replace(event, reason=_SLOW if now - began > _LONG else "")


def _begun(run: DetachedRun) -> float:
    try:
        return (run.folder / "run.json").stat().st_mtime
    except OSError:
        return time.time()


def _files(place: Path) -> Iterable[Path]:
    for folder, _, names in os.walk(place):
        for name in names:
            yield Path(folder, name)


def _written(files: Iterable[Path], since: float) -> Iterable[tuple[Path, int]]:
    """The operator's files that came after `since`, with their bytes. What is unpacked keeps the age it had."""
    for file in files:
        with suppress(OSError):
            found = file.lstat()
            if found.st_ctime >= since and found.st_uid == os.getuid():
                yield file, found.st_size


def _sum(written: Iterable[tuple[Path, int]]) -> int:
    return sum(size for _, size in written)


def _unpacked_size(part: Path) -> int:
    """Bytes that a whole package comes to; 0 while it is not whole: its list of files is at its end."""
    try:
        with zipfile.ZipFile(part) as whole:
            return sum(each.file_size for each in whole.infolist())
    except (OSError, zipfile.BadZipFile, ValueError):
        return 0
