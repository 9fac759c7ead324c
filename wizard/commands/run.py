"""`htd-wizard run`: the journey on the operator's own accounts."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.commands import journey
from wizard.commands.exits import Exit

if TYPE_CHECKING:
    from wizard.core.journey import Visit

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
    visits = answers(arguments.answers) if arguments.answers else ()
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


def answers(file: Path) -> tuple[Visit, ...]:
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
