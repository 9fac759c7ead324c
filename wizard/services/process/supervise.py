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
import time
from contextlib import suppress
from pathlib import Path

_MEANT_FOR_THE_COMMAND = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def main(folder: Path, argv: list[str]) -> None:
    """Write `pid`, `out`, `err` and at the end `status` (the exit code, negative for a signal) into `folder`."""
    for number in _MEANT_FOR_THE_COMMAND:
        signal.signal(number, signal.SIG_IGN)
    # Our own files are for the owner only; what the command makes is as the operator wants it.
    given = os.umask(0o077)
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        try:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                preexec_fn=_listen,
                umask=given,
                process_group=0,
            )
        except OSError as error:
            err.write(str(error).encode())
            err.flush()
            code = 127
        else:
            write(folder / "pid", json.dumps({"command": child.pid, "supervisor": os.getpid()}))
            code = child.wait()
            if code < 0:
                # A killed Terraform leaves its providers behind, 440 MB each, for ever.
                with suppress(OSError):
                    os.killpg(child.pid, signal.SIGKILL)
    write(folder / "status", str(code))


def write(file: Path, text: str) -> None:
    """The file appears with its whole content or not at all. A full disk may find room again: tried for 10 s."""
    part = file.with_suffix(".part")
    for _ in range(20):
        with suppress(OSError):
            part.write_text(text)
            part.replace(file)
            return
        if not file.parent.exists():
            return
        time.sleep(0.5)


def _listen() -> None:
    """Ignored and blocked signals are inherited, from us and from a wizard behind nohup or in the background."""
    for number in _MEANT_FOR_THE_COMMAND:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
