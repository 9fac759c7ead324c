"""Running a command apart from the terminal: it finishes whatever happens to the wizard, and can be found again.

Measured: Terraform on a pipe dies with its reader and loses the resources in flight; in its own session, writing
to files, it finishes and its state is whole.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wizard.core import atomic
from wizard.core.paths import private

_SUPERVISOR = Path(__file__).with_name("supervise.py")
_CHUNK = 1 << 18
LOST = -1000
"""Stands for an exit code when the supervisor itself was killed: nobody knows how the command ended."""


@dataclass
class DetachedRun:
    """A command that runs, or ran, on its own. Its folder is all there is to know about it."""

    folder: Path
    _supervisor: subprocess.Popen[bytes] | None = None

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs; LOST when it cannot be known."""
        if self._supervisor is not None:
            self._supervisor.poll()
        with suppress(OSError, ValueError):
            return int((self.folder / "status").read_text())
        return None if self.alive else self._code_after_all()

    @property
    def alive(self) -> bool:
        """The supervisor is there."""
        if self._supervisor is not None:
            return self._supervisor.poll() is None
        return _there(self._pid("supervisor"))

    def interrupt(self) -> None:
        """One SIGINT to the command and to nothing else."""
        pid = self._pid("command")
        if pid and self.code is None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)

    def tail(self) -> Iterator[list[str]]:
        """The output so far and then as it comes, in batches of whole lines; an empty batch means: nothing new.

        Ends when the command has ended and everything was read. Abandoning it leaves the command running.
        """
        rest, offset = b"", 0
        while True:
            code = self.code
            chunk = self._read(offset)
            offset += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            if lines or (not chunk and code is None):
                yield [line.decode("utf-8", errors="replace") for line in lines]
            if not chunk and code is not None:
                if rest:
                    yield [rest.decode("utf-8", errors="replace")]
                return

    def errors(self) -> str:
        """What the command wrote to standard error, its last 4,000 characters."""
        try:
            return (self.folder / "err").read_text("utf-8", errors="replace")[-4000:]
        except OSError:
            return ""

    def _read(self, offset: int) -> bytes:
        try:
            with (self.folder / "out").open("rb") as file:
                file.seek(offset)
                return file.read(_CHUNK)
        except FileNotFoundError:
            return b""

    def _code_after_all(self) -> int:
        """The supervisor may have written its last word between two looks."""
        with suppress(OSError, ValueError):
            return int((self.folder / "status").read_text())
        return LOST

    def _pid(self, name: str) -> int:
        try:
            return int(json.loads((self.folder / "pid").read_text())[name])
        except (OSError, ValueError, KeyError):
            return 0


def start(argv: Sequence[str], environ: Mapping[str, str], folder: Path, now: datetime) -> DetachedRun:
    """Start `argv` on its own. Its environment is handed over and written nowhere. Raises OSError."""
    private(folder)
    record = {"argv": list(argv), "started": now.isoformat()}
    atomic.write(folder / "run.json", json.dumps(record).encode(), 0o600)
    supervisor = subprocess.Popen(
        [sys.executable, "-I", str(_SUPERVISOR), str(folder), *argv],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        close_fds=True,
        umask=0o077,
    )
    return DetachedRun(folder, supervisor)


def attach(folder: Path) -> DetachedRun | None:
    """A run that an earlier wizard started, None when the folder holds none."""
    return DetachedRun(folder) if (folder / "run.json").exists() else None


def _there(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
