"""Commands and exit codes. Front ends are imported when they are needed, so `--help` is instant."""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from wizard import __version__

if TYPE_CHECKING:
    from wizard.core.journey import Visit
    from wizard.wiring import Opening, Options


class Exit(IntEnum):
    """What the program's exit status means."""

    OK = 0
    STOPPED = 1
    """A step stopped with a problem, which was told."""
    USAGE = 2
    """The command line, a file or the terminal is not as it must be; nothing was done."""
    INTERRUPTED = 130
    """The operator stopped it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. Never ends in a traceback."""
    arguments = _parser().parse_args(argv)
    if arguments.command is None:
        arguments = _parser().parse_args(["run", *(sys.argv[1:] if argv is None else argv)])
    from wizard.core.problem import Cancelled, Problem

    try:
        with _interruptible() as cancel:
            return int(_dispatch(arguments, cancel))
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

    run = commands.add_parser("run", help="the wizard on your real accounts")
    run.add_argument(
        "--terraform-dir", type=Path, metavar="DIR", help="use the Terraform module in this folder"
    )
    run.add_argument(
        "--deployment", default="default", metavar="NAME", help="name of the wizard's own module copy"
    )
    run.add_argument("--warehouse-id", default="", metavar="ID", help="preselect this SQL warehouse")
    run.add_argument(
        "--answers", type=Path, metavar="FILE", help="take the answers from this TOML file, ask nothing"
    )
    _common(run)

    demo = commands.add_parser("demo", help="the whole journey in a pretend world")
    demo.add_argument("scenario", nargs="?", default="stuck", help="stuck (default) or fresh")
    demo.add_argument("--auto", action="store_true", help="walk the journey by itself")
    _common(demo)

    for command in (run, demo):
        command.add_argument(
            "--engine",
            choices=("terraform", "tofu", "recording"),
            default="",
            help="use this one and no other",
        )
    return parser


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--plain", action="store_true", help="line by line instead of full screen")
    command.add_argument(
        "--json", action="store_true", help="print one JSON object at the end; notes go to stderr"
    )


def _dispatch(arguments: argparse.Namespace, cancel: threading.Event) -> Exit:
    with _loading():
        from wizard import wiring

    options = wiring.Options(
        terraform_dir=getattr(arguments, "terraform_dir", None),
        deployment=getattr(arguments, "deployment", "default"),
        warehouse_id=getattr(arguments, "warehouse_id", ""),
        engine=arguments.engine,
        attended=not (getattr(arguments, "auto", False) or arguments.json) and _terminal(),
    )
    if arguments.command == "demo":
        return _demo(arguments, options, cancel)
    return _run(arguments, options, cancel)


def _demo(arguments: argparse.Namespace, options: Options, cancel: threading.Event) -> Exit:
    from wizard import wiring

    with wiring.demo(arguments.scenario, options) as opening:
        if not options.attended:
            return _unattended(opening, opening.visits, arguments.json, cancel)
        return _attended(opening, arguments.plain, cancel)


def _run(arguments: argparse.Namespace, options: Options, cancel: threading.Event) -> Exit:
    from wizard import wiring

    visits = _answers(arguments.answers) if arguments.answers else ()
    if not visits and not _terminal():
        print(
            "htd-wizard run asks questions, and there is no terminal to ask them in.\n"
            "Start it in a terminal, or give the answers with --answers FILE.",
            file=sys.stderr,
        )
        return Exit.USAGE
    with wiring.real(options) as opening:
        if visits:
            return _unattended(opening, visits, arguments.json, cancel)
        return _attended(opening, arguments.plain, cancel)


def _unattended(opening: Opening, visits: Sequence[Visit], as_json: bool, cancel: threading.Event) -> Exit:
    from wizard.plain.printer import Printer
    from wizard.plain.unattended import walk
    from wizard.steps.summary import summary

    printer = Printer(sys.stderr if as_json else sys.stdout, opening.redact, copy_lines=12)
    if opening.badge:
        printer.say(opening.badge)
    problem = walk(opening.flow, opening.front, visits, printer, cancel)
    if as_json:
        print(opening.redact(json.dumps(summary(opening.flow, problem))))
    elif problem is None:
        printer.say()
        printer.say("The journey is complete.")
    return Exit.STOPPED if problem else Exit.OK


def _attended(opening: Opening, plain: bool, cancel: threading.Event) -> Exit:
    if plain or os.environ.get("TERM", "") in ("", "dumb") or os.environ.get("ACCESSIBLE"):
        from wizard.plain.guide import guide

        return (
            Exit.OK
            if guide(opening.flow, opening.front, opening.badge, opening.redact, cancel)
            else Exit.STOPPED
        )
    # The screen begins to collect garbage after its first paint.
    gc.disable()
    from wizard.ui.app import run_wizard

    return Exit(run_wizard(opening.flow, opening.front, opening.badge, opening.open_browser, opening.redact))


def _answers(file: Path) -> tuple[Visit, ...]:
    """Visits from an answers file: `[step]` tables in any order, or `[[visit]]` tables in the order of the visits."""
    import tomllib

    from wizard.core.journey import visits
    from wizard.core.problem import Problem
    from wizard.steps import STEPS

    known = [step.id for step in STEPS]
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(
            code="answers.file",
            what=f"The answers file {file} cannot be used.",
            why=str(error),
            remedy="Name a TOML file with one table a step, such as [credentials].",
        ) from error
    if "visit" in data:
        return visits(data["visit"], known)
    unknown = sorted(set(data) - set(known))
    return visits(
        [{"step": name} for name in unknown] or [{"step": s, "answers": data.get(s, {})} for s in known],
        known,
    )


def _crashed(error: Exception) -> Exit:
    """A fault of the wizard's own: said in one sentence, with the details in a file that holds no secret."""
    from wizard.core.crash import record

    print("\n".join(record(error).lines()), file=sys.stderr)
    return Exit.STOPPED


def _terminal() -> bool:
    """Both ends of the conversation are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def _loading() -> Iterator[None]:
    """Imports leave no garbage behind; looking for it meanwhile costs a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


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
