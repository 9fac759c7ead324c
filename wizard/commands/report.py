"""`htd-wizard report`: the implementation status, from what was proven and what is seen now. Changes nothing."""

from __future__ import annotations

import argparse
import json
import threading
from pathlib import Path

from wizard.commands.exits import Exit

NAME = "report"
HELP = "write the implementation status: complete, blocked by what, next steps"


def add(parser: argparse.ArgumentParser) -> None:
    from wizard.commands import check

    check.add_target(parser)
    parser.add_argument("--no-look", action="store_true", help="only what is remembered; ask nobody")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it to this file")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of Markdown")


def run(arguments: argparse.Namespace, cancel: threading.Event) -> Exit:
    from wizard import wiring
    from wizard.commands import check
    from wizard.core.chain import Chain
    from wizard.core.record import Record
    from wizard.steps import STEPS
    from wizard.steps.report import gather

    services = wiring.services(wiring.Options(deployment=arguments.deployment))
    record = Record.at(services.paths.state, arguments.deployment)
    chain = Chain() if arguments.no_look else check.look(arguments, services, record, cancel)
    report = gather(record.facts, record.when, chain, STEPS, services)
    text = json.dumps(report.as_dict(), indent=2) + "\n" if arguments.json else report.markdown()
    text = services.redact(text)
    if arguments.out is None:
        print(text, end="")
    else:
        _write(arguments.out, text)
        print(f"Written: {arguments.out}")
    return Exit.OK


def _write(file: Path, text: str) -> None:
    from wizard.core import atomic
    from wizard.core.problem import Problem

    try:
        atomic.write(file.resolve(), text.encode(), 0o600)
    except OSError as error:
        raise Problem(
            code="report.write",
            what=f"{file} could not be written.",
            why=str(error),
            remedy="Name a file in a folder that exists and that you may write to.",
        ) from error
