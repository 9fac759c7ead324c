"""Running a command apart from the terminal: it finishes whatever happens to the wizard, and can be found again.

Everything the wizard runs goes through here: Terraform and the operator's own tests alike. Measured: Terraform on
a pipe dies with its reader and loses the resources in flight; in its own session, writing to files, it finishes
and its state is whole.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wizard.core import atomic
from wizard.core.paths import private

_SUPERVISOR = Path(__file__).with_name("supervise.py")
_CHUNK = 1 << 18
_LONGEST = 1 << 24
"""Bytes of one line; of a longer one the rest is dropped."""
_STARTING = 3.0
"""Seconds in which a command is up, also on a busy computer."""
FLEETING = "fleeting-"
"""Begins the names of runs whose output is read once and removed."""
_NOTED = "noted"
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
        # In this order: the supervisor writes its last word before it goes.
        supervised = self._is_supervised()
        code = self._status()
        return LOST if code is None and not supervised else code

    @property
    def alive(self) -> bool:
        """It still works."""
        return self.code is None

    def _is_supervised(self) -> bool:
        if self._supervisor is not None:
            return self._supervisor.poll() is None
        return is_held(self.folder / "lock")

    @property
    def argv(self) -> tuple[str, ...]:
        """The command, empty when the record cannot be read."""
        try:
            return tuple(str(each) for each in json.loads((self.folder / "run.json").read_text())["argv"])
        except (OSError, ValueError, KeyError, TypeError):
            return ()

    def interrupt(self) -> None:
        """One SIGINT to the command and to nothing else. Waits a moment for a command that is only being started."""
        pid = self._working()
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)

    def kill_children(self) -> None:
        """SIGKILL to what the command started, so that it can end by itself when one of those hangs."""
        command = self._working()
        for pid in _group(command) if command else ():
            if pid != command:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        """SIGKILL to the command and to everything it started. Only for what keeps no state."""
        pid = self._working()
        if pid:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def tail(self) -> Iterator[list[str]]:
        """The output so far and then as it comes, in batches of whole lines; an empty batch means: nothing new.

        Ends when the command has ended and everything was read. Abandoning it leaves the command running.
        """
        rest, offset = b"", 0
        while True:
            code = self.code
            chunk = self._read(offset)
            offset += len(chunk)
            if len(rest) < _LONGEST or b"\n" in chunk:
                *lines, rest = (rest + chunk).split(b"\n")
                if lines:
                    yield [line.decode("utf-8", errors="replace") for line in lines]
            if not chunk:
                if code is None:
                    yield []
                    continue
                if rest:
                    yield [rest.decode("utf-8", errors="replace")]
                return

    def output(self) -> str:
        """Everything that the command wrote to standard output so far. Raises OSError."""
        return (self.folder / "out").read_text("utf-8", errors="replace")

    def errors(self) -> str:
        """What the command wrote to standard error, its last 4,000 characters."""
        try:
            return (self.folder / "err").read_text("utf-8", errors="replace")[-4000:]
        except OSError:
            return ""

    @property
    def started(self) -> datetime | None:
        """When it was started, None when the record does not tell."""
        try:
            return datetime.fromisoformat(json.loads((self.folder / "run.json").read_text())["started"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def noted(self) -> None:
        """Somebody was told how it ended; nobody needs to be told again."""
        with suppress(OSError):
            (self.folder / _NOTED).touch(0o600)

    @property
    def is_noted(self) -> bool:
        """Somebody was told how it ended."""
        return (self.folder / _NOTED).exists()

    def _working(self) -> int:
        """The number of the command that works, 0 when none does. It leads a process group of the same number."""
        until = time.monotonic() + _STARTING
        while self.code is None:
            pid = self._pid("command")
            if pid or time.monotonic() > until:
                return pid
            time.sleep(0.01)
        return 0

    def _read(self, offset: int) -> bytes:
        try:
            with (self.folder / "out").open("rb") as file:
                file.seek(offset)
                return file.read(_CHUNK)
        except FileNotFoundError:
            return b""

    def _status(self) -> int | None:
        try:
            return int((self.folder / "status").read_text())
        except (OSError, ValueError):
            return None

    def _pid(self, name: str) -> int:
        try:
            return int(json.loads((self.folder / "pid").read_text())[name])
        except (OSError, ValueError, KeyError, TypeError):
            return 0


def start(
    argv: Sequence[str], environ: Mapping[str, str], folder: Path, now: datetime, cwd: Path | None = None
) -> DetachedRun:
    """Start `argv` on its own, in `cwd`. Its environment is handed over and written nowhere. Raises OSError."""
    private(folder)
    for name in ("status", "pid", "out", "err", _NOTED):
        (folder / name).unlink(missing_ok=True)
    record = {"argv": list(argv), "started": now.isoformat()}
    atomic.write(folder / "run.json", json.dumps(record).encode(), 0o600)
    # Held from before the supervisor starts until it ends, however it ends: a number of a process may be used again.
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # Where files cannot be locked, only this wizard knows that the run goes on.
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        supervisor = subprocess.Popen(
            [sys.executable, "-I", str(_SUPERVISOR), str(folder), *argv],
            env=dict(environ),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(lock,),
        )
    finally:
        os.close(lock)
    return DetachedRun(folder, supervisor)


def attach(folder: Path) -> DetachedRun | None:
    """A run that an earlier wizard started, None when the folder holds none."""
    return DetachedRun(folder) if (folder / "run.json").exists() else None


def unfinished(runs: Path) -> list[DetachedRun]:
    """The runs below `runs` that still work, the newest first."""
    found = (attach(folder) for folder in sorted(_folders(runs), reverse=True))
    return [run for run in found if run is not None and run.alive]


def prune(runs: Path, keep: int = 20) -> None:
    """Remove the oldest ended runs beyond `keep`, and fleeting ones that a killed wizard could not remove.

    Nothing outside `runs` is ever touched.
    """
    over = ended(runs)
    fleeting = [run.folder for run in over if run.folder.name.startswith(FLEETING)]
    others = [run.folder for run in over if run.folder not in fleeting]
    for folder in fleeting + others[: max(len(others) - keep, 0)]:
        shutil.rmtree(folder, ignore_errors=True)


def ended(runs: Path) -> list[DetachedRun]:
    """The runs below `runs` that work no more, the oldest first."""
    return [DetachedRun(folder) for folder in sorted(_folders(runs)) if not is_held(folder / "lock")]


def _folders(runs: Path) -> list[Path]:
    return [file.parent for file in runs.glob("*/run.json")]


def is_held(lock: Path) -> bool:
    """Somebody holds the lock: the run goes on."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _group(leader: int) -> list[int]:
    """Numbers of the processes in the group of `leader`."""
    try:
        said = subprocess.run(
            ["ps", "-A", "-o", "pid=,pgid="],  # noqa: S607  # it is wherever the system keeps it
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    pairs = [line.split() for line in said.splitlines()]
    return [int(pair[0]) for pair in pairs if len(pair) == 2 and pair[1] == str(leader)]
