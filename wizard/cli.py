"""The command line: reads it, runs one command, and ends with an exit status, never with a traceback."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from wizard import __version__
from wizard.commands import COMMANDS
from wizard.commands.exits import Exit


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. Never ends in a traceback."""
    arguments = _parser().parse_args(argv)
    if arguments.command is None:
        arguments = _parser().parse_args(["run", *(sys.argv[1:] if argv is None else argv)])
    command = next(each for each in COMMANDS if arguments.command == each.NAME)
    from wizard.core.problem import Cancelled, Problem

    try:
        with _interruptible() as cancel:
            return int(command.run(arguments, cancel))
    except Problem as problem:
        print("\n".join(problem.lines()), file=sys.stderr)
        return Exit.USAGE
    except (KeyboardInterrupt, Cancelled):
        print(
            "\nStopped. Nothing is half-written. On real accounts a running Terraform goes on by itself; "
            "start again to follow it.",
            file=sys.stderr,
        )
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.STOPPED
    except Exception as error:  # noqa: BLE001  # the last resort: an operator is never shown a traceback
        return _crashed(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="htd-wizard",
        description='From "AWS says no" to a running, healthy Databricks serverless SQL warehouse '
        "that reads S3 and Glue through an AWS instance profile.",
        epilog="Without a command: the same as run. Try `htd-wizard demo` first; it touches nothing real.",
    )
    parser.add_argument("--version", action="version", version=f"htd-wizard {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    for command in COMMANDS:
        command.add(commands.add_parser(command.NAME, help=command.HELP, description=command.HELP))
    return parser


def _crashed(error: Exception) -> Exit:
    """A fault of the wizard's own: said in one sentence, with the details in a file that holds no secret."""
    from wizard.core.crash import record

    print("\n".join(record(error).lines()), file=sys.stderr)
    return Exit.STOPPED


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Ctrl-C, a hang-up and SIGTERM end the program between two events, with everything put away."""
    cancel = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        cancel.set()
        raise KeyboardInterrupt

    before = {name: signal.signal(name, stop) for name in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield cancel
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
