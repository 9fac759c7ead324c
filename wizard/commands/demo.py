"""`htd-wizard demo`: the whole journey in a pretend world."""

from __future__ import annotations

import argparse
import threading

from wizard.commands import journey
from wizard.commands.exits import Exit

NAME = "demo"
HELP = "the whole journey in a pretend world"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", nargs="?", default="stuck", help="stuck (default) or fresh")
    parser.add_argument("--auto", action="store_true", help="walk the journey by itself")
    journey.add(parser)


def run(arguments: argparse.Namespace, cancel: threading.Event) -> Exit:
    options = journey.options(arguments)
    from wizard import wiring

    with wiring.demo(arguments.scenario, options) as opening:
        if not options.attended:
            return journey.unattended(opening, opening.visits, arguments.json, cancel)
        return journey.attended(opening, arguments.plain, cancel)
