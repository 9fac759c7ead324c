"""`htd-wizard run`: the journey on the operator's own accounts."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from wizard.commands import journey
from wizard.commands.exits import Exit

NAME = "run"
HELP = "the wizard on your real accounts"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--terraform-dir", type=Path, metavar="DIR", help="use the Terraform module in this folder"
    )
    parser.add_argument(
        "--deployment", default="default", metavar="NAME", help="name of the wizard's own module copy"
    )
    parser.add_argument("--warehouse-id", default="", metavar="ID", help="preselect this SQL warehouse")
    parser.add_argument(
        "--answers", type=Path, metavar="FILE", help="take the answers from this TOML file, ask nothing"
    )
    journey.add(parser)


def run(arguments: argparse.Namespace, cancel: threading.Event) -> Exit:
    from wizard.steps import STEPS

    visits = journey.answers(arguments.answers, [step.id for step in STEPS])
    if not visits and not journey.terminal():
        print(
            "htd-wizard run asks questions, and there is no terminal to ask them in.\n"
            "Start it in a terminal, or give the answers with --answers FILE.",
            file=sys.stderr,
        )
        return Exit.USAGE
    options = journey.options(arguments)
    from wizard import wiring

    with wiring.real(options) as opening:
        if visits:
            return journey.unattended(opening, visits, arguments.json, cancel)
        return journey.attended(opening, arguments.plain, cancel)
