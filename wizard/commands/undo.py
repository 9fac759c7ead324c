"""`htd-wizard undo`: the way back, one change after the other, each shown and asked first."""

from __future__ import annotations

import argparse
import sys
import threading
from typing import TYPE_CHECKING

from wizard.commands.exits import Exit

if TYPE_CHECKING:
    from wizard.core.drive import Asker
    from wizard.core.record import Record
    from wizard.plain.printer import Printer
    from wizard.services import Services

NAME = "undo"
HELP = "take back what the wizard did, each change shown and asked first"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--deployment", default="default", metavar="NAME", help="which of the wizard's runs")
    parser.add_argument("--aws-profile", default="", metavar="NAME", help="sign in to AWS with this profile")
    parser.add_argument(
        "--databricks-profile", default="", metavar="NAME", help="sign in to the workspace with this profile"
    )


def run(arguments: argparse.Namespace, cancel: threading.Event) -> Exit:
    from wizard import wiring
    from wizard.commands import journey
    from wizard.core.record import Record
    from wizard.plain.printer import Printer
    from wizard.plain.prompts import Prompts

    if not journey.terminal():
        print(
            "htd-wizard undo asks before every change, and there is no terminal to ask in.", file=sys.stderr
        )
        return Exit.USAGE
    services = wiring.services(wiring.Options(deployment=arguments.deployment))
    record = Record.at(services.paths.state, arguments.deployment, services.redact)
    printer = Printer(sys.stdout, services.redact)
    return take_back(arguments, services, record, printer, Prompts(printer.say), cancel)


def take_back(
    arguments: argparse.Namespace,
    services: Services,
    record: Record,
    printer: Printer,
    asker: Asker,
    cancel: threading.Event,
) -> Exit:
    """Sign in as last time and go back step by step. Raises Cancelled."""
    from wizard.core.drive import drive
    from wizard.core.problem import Problem
    from wizard.steps import reopen
    from wizard.steps.undo import Undone, undo

    facts = record.facts
    if not list(facts):
        printer.say("The wizard did nothing here that could be taken back.")
        return Exit.OK
    aws = reopen.aws(facts, services, arguments.aws_profile)
    workspace = reopen.workspace(facts, services, arguments.databricks_profile)
    services.aws = None if isinstance(aws, Problem) else aws
    services.workspace = None if isinstance(workspace, Problem) else workspace
    for missing in (each for each in (aws, workspace) if isinstance(each, Problem)):
        printer.problem(missing)
        return Exit.STOPPED
    printer.say("Nothing is changed without a yes. Ctrl-C stops.")
    undone, code = Undone(), Exit.OK
    try:
        drive("undo", undo(facts, services, undone), on_event=printer, asker=asker, cancel=cancel)
    except Problem as problem:
        printer.problem(problem)
        code = Exit.STOPPED
    finally:
        record.forget(*undone.forgotten)
    printer.flush()
    printer.say()
    for line in undone.done:
        printer.say(f"✓ {line}")
    if not undone.done:
        printer.say("Nothing was changed.")
    return code
