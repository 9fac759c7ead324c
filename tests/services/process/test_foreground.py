"""Lending the terminal: on a real one, with Ctrl-C, in a process of its own."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from pathlib import Path

import pytest

from wizard.services.process.foreground import CANNOT_START, lend

LENDER = """
import asyncio, signal, sys
from wizard.services.process.foreground import lend
DEFAULT = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); "
COMMAND = DEFAULT + "import time; print('READY', flush=True); [time.sleep(0.05) for _ in range(600)]"
async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: print("WIZARD-HIT", flush=True))
    status = lend([sys.executable, "-c", COMMAND], "Press Enter. ")
    print("STATUS", status, flush=True)
    await asyncio.sleep(0.2)
    print("ALIVE", flush=True)
    print("KEPT" if signal.getsignal(signal.SIGINT) not in (signal.SIG_IGN, None) else "LOST", flush=True)
asyncio.run(main())
"""


def _read_until(terminal: int, word: bytes, seen: bytes = b"") -> bytes:
    ends = time.monotonic() + 20
    while word not in seen:
        assert time.monotonic() < ends, seen
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
    return seen


def test_ctrl_c_ends_the_command_and_not_the_wizard() -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", LENDER])  # noqa: S606  # the child becomes the lender
    try:
        _read_until(terminal, b"\nREADY")
        os.write(terminal, b"\x03")
        _read_until(terminal, b"Press Enter.")
        os.write(terminal, b"\r")
        seen = _read_until(terminal, b"KEPT")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
    assert b"STATUS -2" in seen
    assert b"ALIVE" in seen
    assert b"WIZARD-HIT" not in seen


def test_it_says_what_it_runs_and_how_it_ended(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert lend(["sh", "-c", "echo out; exit 5"]) == 5
    assert lend([str(tmp_path / "missing")]) == CANNOT_START
    out, err = capfd.readouterr()
    assert "$ sh -c echo out; exit 5" in out
    assert "\nout\n" in out
    assert "could not be started" in err
