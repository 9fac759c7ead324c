"""`htd-wizard report`: the implementation status, from what was proven and what is seen now. Changes nothing."""

from __future__ import annotations

import argparse
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.commands.exits import Exit

if TYPE_CHECKING:
    from wizard.core.record import Record
    from wizard.services import Services
    from wizard.steps.report import Report

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
    from wizard.core.record import Record

    services = wiring.services(wiring.Options(deployment=arguments.deployment))
    record = Record.at(services.paths.state, arguments.deployment)
    report = reported(arguments, services, record, cancel)
    text = json.dumps(report.as_dict(), indent=2) + "\n" if arguments.json else report.markdown()
    text = services.redact(text)
    if arguments.out is None:
        print(text, end="")
    else:
        _write(arguments.out, text)
        print(f"Written: {arguments.out}")
    return Exit.OK


def reported(
    arguments: argparse.Namespace, services: Services, record: Record, cancel: threading.Event
) -> Report:
    """The status of what the command line points at, else of what the wizard made. Raises Problem and Cancelled."""
    from wizard.commands import check
    from wizard.core.chain import Chain
    from wizard.steps import STEPS, pointed
    from wizard.steps.report import gather

    facts = check.pointed_at(arguments, services, record.facts)
    chain = Chain() if arguments.no_look else check.look(arguments, services, record, cancel, facts)
    # What the wizard remembers is about its own chain, and about no other.
    ours = pointed.same(facts, record.facts)
    return gather(
        facts if ours else pointed.bare(facts),
        record.when if ours else lambda _: None,
        chain,
        STEPS,
        services,
        record.stopped if ours else None,
        arguments.terraform_dir,
    )


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
