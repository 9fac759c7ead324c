"""`htd-wizard undo`: the way back, one change after the other, each shown and asked first."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from wizard.commands import journey
from wizard.commands.exits import Exit

NAME = "undo"
HELP = "take back what the wizard did, each change shown and asked first"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--deployment", default="default", metavar="NAME", help="which of the wizard's runs")
    parser.add_argument("--aws-profile", default="", metavar="NAME", help="sign in to AWS with this profile")
    parser.add_argument(
        "--databricks-profile", default="", metavar="NAME", help="sign in to the workspace with this profile"
    )
    parser.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        help="take the answers from this TOML file, ask nothing; a destroy needs its own, "
        'such as destroy = "destroy 12" below [destroy]',
    )
    journey.add(parser)


def run(arguments: argparse.Namespace, cancel: threading.Event) -> Exit:
    if arguments.answers is None and (arguments.json or not journey.terminal()):
        print(
            "htd-wizard undo asks before every change, and there is no terminal to ask in.\n"
            "Start it in a terminal, or give the answers with --answers FILE.",
            file=sys.stderr,
        )
        return Exit.USAGE
    options = journey.options(arguments)
    from wizard import wiring
    from wizard.steps.undo import BACK
    from wizard.steps.undo.back import FRONT

    visits = journey.answers(arguments.answers, [FRONT, *(step.id for step in BACK)])
    with wiring.real(options) as forth:
        if forth.back is None or not forth.undoable():
            print("The wizard did nothing here that could be taken back.")
            return Exit.OK
        opening = forth.back()
        if visits:
            return journey.unattended(opening, visits, arguments.json, cancel)
        return journey.attended(opening, arguments.plain, cancel)
