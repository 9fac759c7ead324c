"""A real terminal: first paint, signals, and what is imported."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wizard.ui.app import LEFT

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from tests.ui import scripted
from wizard.ui.app import run_wizard
sys.exit(run_wizard(scripted.flow(scripted.World(hold=60.0)), scripted.FRONT, badge="DEMO"))
"""
LEAVES_THE_ALTERNATE_SCREEN = b"\x1b[?1049l"


def _read(terminal: int, until: bytes, seconds: float = 20.0) -> bytes:
    seen, end = b"", time.monotonic() + seconds
    while until not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
    return seen


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_program_and_gives_the_terminal_back(name: signal.Signals) -> None:
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        assert b"computer" in _read(ours, b"computer")
        program.send_signal(name)
        assert LEAVES_THE_ALTERNATE_SCREEN in _read(ours, LEAVES_THE_ALTERNATE_SCREEN)
        assert program.wait(10) == LEFT
    finally:
        program.kill()
        program.wait()
        os.close(ours)


def test_the_first_paint_needs_textual_only() -> None:
    heavy = ["boto3", "databricks.sdk", "hcl2", "questionary", "moto", "textual.widgets._markdown"]
    program = f"import sys; import wizard.ui.app; print([m for m in {heavy!r} if m in sys.modules])"
    out = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"
