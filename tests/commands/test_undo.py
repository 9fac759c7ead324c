"""`htd-wizard undo` without a terminal."""

from __future__ import annotations

import subprocess
import sys


def test_without_a_terminal_nothing_is_taken_back() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wizard", "undo"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "no terminal to ask in" in done.stderr
