"""A wizard that applies a plan full screen, and ways for it to die. Run as a program it is that wizard.

Usage: python -m tests.services.terraform.deaths MODULE RUNS PLAN
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from wizard.core.event import Planned, Run
from wizard.core.facts import Facts
from wizard.core.finding import Finding
from wizard.core.flow import Flow
from wizard.core.journal import Journal
from wizard.core.memory import Memory
from wizard.core.redact import Redactor
from wizard.core.stopping import Stopping
from wizard.services.process import runner
from wizard.services.terraform import engine
from wizard.services.terraform.commands import PlannedRun, Result, Terraform

ROOT = Path(__file__).parents[3]
WAYS = ("HUP", "KILL", "INT", "TERM", "closed terminal")


class Wizard:
    """The program above in a terminal of its own."""

    def __init__(self, module: Path, runs: Path, plan: Path, environ: Mapping[str, str]) -> None:
        self._runs = runs
        self._terminal, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(module), str(runs), str(plan)],
            cwd=ROOT,
            env={**environ, "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"},
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(inside)
        self._seen, self._open = b"", True
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def until_applying(self, seconds: float = 60.0) -> None:
        """Wait until the apply is started."""
        end = time.monotonic() + seconds
        while not list(self._runs.glob("*-apply/run.json")):
            assert self._process.poll() is None, self._seen
            assert time.monotonic() < end, self._seen
            time.sleep(0.02)

    def until_shown(self, word: bytes, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while word not in self._seen:
            assert time.monotonic() < end, self._seen
            time.sleep(0.02)
        self._seen = b""

    def press(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def die(self, way: str) -> None:
        """As a dropped connection, a closed window, Ctrl-C from outside, or the kernel would end it."""
        if way == "closed terminal":
            self._hang_up()
        else:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.Signals[f"SIG{way}"])
        try:
            self._process.wait(20)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            if way != "closed terminal":
                self._hang_up()

    def _hang_up(self) -> None:
        """A terminal that somebody reads is not closed before that is over."""
        self._open = False
        self._reader.join()
        os.close(self._terminal)

    def _read(self) -> None:
        with suppress(OSError):
            while self._open:
                if select.select([self._terminal], [], [], 0.05)[0]:
                    self._seen += os.read(self._terminal, 65536)


def _take_terminal() -> None:
    """The terminal on standard input becomes the session's own, so that its end is heard as a hang-up."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def finished(runs: Path, seconds: float = 60.0) -> runner.DetachedRun:
    """The only apply below `runs`, when it has ended."""
    (folder,) = runs.glob("*-apply")
    run = runner.attach(folder)
    assert run is not None
    end = time.monotonic() + seconds
    while run.alive:
        assert time.monotonic() < end, "it does not end"
        time.sleep(0.05)
    return run


class _Apply:
    """The only step of this wizard."""

    id: ClassVar = "apply"
    title: ClassVar = "Apply"
    why: ClassVar = "To be killed."
    about: ClassVar = ""
    fact: ClassVar[type] = Result
    needs: ClassVar[tuple[type, ...]] = ()

    def __init__(self, tool: Terraform, plan: Path) -> None:
        self._tool = tool
        self._plan = plan

    def run(self, facts: Facts, services: object) -> Run[Result]:
        return (yield from self._tool.apply(PlannedRun(Planned((), 0, 0, 0), self._plan, True)))

    def prove(self, facts: Facts, services: object) -> list[Finding]:
        return []

    def equivalent(self, facts: Facts) -> list[str]:
        return []


class _Services:
    def __init__(self) -> None:
        self.stopping = Stopping()


def main(module: Path, runs: Path, plan: Path) -> int:
    from wizard.ui.app import run_wizard

    services = _Services()
    tool = Terraform(
        engine=engine.find(os.environ),
        folder=module,
        environ=dict(os.environ),
        runs=runs,
        explain=lambda text: None,
        stopping=services.stopping,
    )
    step = _Apply(tool, plan)
    flow = Flow((step,), lambda: services, memory=Memory(None), journal=Journal(None, Redactor()))
    return run_wizard(flow, step)


if __name__ == "__main__":
    raise SystemExit(main(*(Path(argument) for argument in sys.argv[1:])))
