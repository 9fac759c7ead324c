"""Runs one command, keeps its output in files and records how it ended. Started in a session of its own.

Usage: python -I supervise.py FOLDER PROGRAM ARGUMENT…  It outlives the wizard: closing the terminal, a dropped
connection or a killed wizard changes nothing for the command. While it lives it holds the lock on FOLDER/lock,
which the wizard took and handed down; that is how a later wizard knows that it still works.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

_MEANT_FOR_THE_COMMAND = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def main(folder: Path, argv: list[str]) -> None:
    """Write `pid`, `out`, `err` and at the end `status` (the exit code, negative for a signal) into `folder`."""
    for number in _MEANT_FOR_THE_COMMAND:
        signal.signal(number, signal.SIG_IGN)
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        try:
            # Ignored signals are inherited; the command must hear them.
            child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=_listen
            )
        except OSError as error:
            err.write(str(error).encode())
            err.flush()
            write(folder / "status", "127")
            return
        write(folder / "pid", json.dumps({"command": child.pid, "supervisor": os.getpid()}))
        write(folder / "status", str(child.wait()))


def write(file: Path, text: str) -> None:
    """The file appears with its whole content or not at all."""
    part = file.with_suffix(".part")
    part.write_text(text)
    part.replace(file)


def _listen() -> None:
    for number in _MEANT_FOR_THE_COMMAND:
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
