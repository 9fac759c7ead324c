"""Measures what the operator feels: start-up, first paint, a whole journey. Prints ratios; judges nothing.

Each pair runs in turn, A B A B, in this very run, so that a slow machine slows both.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable

from tests.bench import journey as whole
from tests.bench import permissions, running, showing, variables

RUNS = 7
BARE_HELP = "import argparse; p = argparse.ArgumentParser(prog='x'); p.add_argument('y'); p.print_help()"
BARE_APP = (
    "from textual.app import App\nfrom textual.widgets import Static\n"
    "class A(App):\n    def compose(self):\n        yield Static('HELLO-WIZARD')\nA().run()"
)


def wall(argv: list[str]) -> float:
    """Seconds a command takes, its output thrown away."""
    began = time.perf_counter()
    subprocess.run(
        argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, stdin=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def paint(argv: list[str], word: bytes, limit: float = 20.0) -> float:
    """Seconds until `word` is on a fresh 120x40 terminal; the program is ended then."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(argv[0], argv)  # noqa: S606  # the child becomes the program; there is no shell
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen = b""
    try:
        while word not in seen:
            if time.perf_counter() - began > limit:
                raise TimeoutError(f"{word!r} did not appear within {limit} s")
            if select.select([terminal], [], [], 0.05)[0]:
                seen += os.read(terminal, 65536)
        return time.perf_counter() - began
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def pair(name: str, ours: Callable[[], float], other: Callable[[], float], runs: int = RUNS) -> None:
    """Print medians of both and the median of the ratios, run by run, after one warm-up."""
    ours(), other()
    both = [(ours(), other()) for _ in range(runs)]
    a, b = (statistics.median(side) for side in zip(*both, strict=True))
    ratio = statistics.median(x / y for x, y in both)
    print(f"{name:<44} {a * 1000:8.0f} ms  against {b * 1000:8.0f} ms   ratio {ratio:.2f}")


def journey(scenario: str, engine: str) -> None:
    """Print how long a whole unattended journey takes, step by step."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "wizard", "demo", scenario, "--auto", "--json", "--engine", engine],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    total = time.perf_counter() - began
    steps = ", ".join(f"{s['id']} {s['seconds']:.1f}" for s in json.loads(done.stdout)["steps"])
    print(f"{f'demo {scenario} on {engine}':<44} {total:8.1f} s   ({steps})")


def megabyte_of_paste() -> None:
    """Print how long the slowest of several pasted megabytes takes to be read; the aim is 50 ms."""
    from wizard.services.databricks import address

    link = "https://dbc-a1b2c3d4-e5f6.cloud.databricks.com/?o=1 "
    texts = ("x ", "é", "log line 12 https://example.com/x?foo=1 w=2\n", link, "o=", "://", "a")
    taken = [
        min(_read(address.read, text * (1_000_000 // len(text.encode()))) for _ in range(3)) for text in texts
    ]
    print(f"{'1 MB of pasted text, the slowest of ' + str(len(texts)):<44} {max(taken) * 1000:8.0f} ms")


def _read(read: Callable[[str], object], text: str) -> float:
    began = time.perf_counter()
    read(text)
    return time.perf_counter() - began


def main() -> None:
    megabyte_of_paste()
    variables.edits()
    variables.form_keys()
    python = sys.executable
    pair("--help, against a bare argparse program", lambda: wall([python, "-m", "wizard", "--help"]),
         lambda: wall([python, "-c", BARE_HELP]))  # fmt: skip
    pair("first paint, against a bare Textual app",
         lambda: paint([python, "-m", "wizard", "demo"], b"Check this computer"),
         lambda: paint([python, "-c", BARE_APP], b"HELLO-WIZARD"))  # fmt: skip
    showing.main()
    running.main()
    journey("stuck", "recording")
    journey("fresh", "recording")
    whole.main()
    permissions.run()


if __name__ == "__main__":
    main()
