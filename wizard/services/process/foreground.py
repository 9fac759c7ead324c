"""Lending the terminal to a command that talks to the operator itself, and taking it back."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

CANNOT_START = 127
"""Stands for an exit status when the command is not there."""


def lend(command: Sequence[str], stay: str = "") -> int:
    """Run `command` on the terminal and return its exit status, negative for a signal. Never raises.

    Ctrl-C ends the command and not the wizard. When it fails and `stay` is given, Enter is waited for after
    saying so, that what it said can be read. The screen must have let go of the terminal.
    """
    print(f"\n$ {' '.join(command)}\n", flush=True)
    with _interrupts_are_the_commands():
        try:
            status = subprocess.run(command, check=False).returncode
        except OSError as error:
            print(f"It could not be started: {error.strerror}.", file=sys.stderr, flush=True)
            status = CANNOT_START
    if status and stay and sys.stdin.isatty():
        with suppress(EOFError, KeyboardInterrupt, OSError):
            input(f"\n{stay}")
    return status


@contextmanager
def _interrupts_are_the_commands() -> Iterator[None]:
    """Meanwhile Ctrl-C reaches the command, which shares our terminal, and does nothing here."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # An event loop that watches signals would hear of it through this descriptor all the same.
    wakeup = signal.set_wakeup_fd(-1)
    before = signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN, which the command would inherit
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        signal.set_wakeup_fd(wakeup)
