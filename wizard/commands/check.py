"""`htd-wizard check`: the whole chain from AWS to data, looked at and never changed."""

from __future__ import annotations

import argparse
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from wizard.core.chain import Chain, Link
    from wizard.core.facts import Applied, Facts, WorkspaceProven
    from wizard.core.record import Record
    from wizard.services import Services

NAME = "check"
_NEW = 60.0
"""Seconds for which it is not worth saying since when."""
HELP = "look at the whole chain from AWS to data; changes nothing"


def add(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Exit status: 0 when the chain is whole, 10 + the number of the first broken joint, "
        "10 when nothing is known to be broken but not everything could be looked at."
    )
    add_target(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_target(parser: argparse.ArgumentParser) -> None:
    """Arguments that say what is looked at, and as whom."""
    parser.add_argument("--deployment", default="default", metavar="NAME", help="which of the wizard's runs")
    parser.add_argument("--aws-profile", default="", metavar="NAME", help="sign in to AWS with this profile")
    parser.add_argument(
        "--databricks-profile", default="", metavar="NAME", help="sign in to the workspace with this profile"
    )
    parser.add_argument("--warehouse-id", default="", metavar="ID", help="look at this SQL warehouse")
    parser.add_argument(
        "--location",
        default="",
        metavar="PLACE",
        help="read this: s3://bucket/folder/file.csv, or database.table",
    )
    parser.add_argument(
        "--terraform-dir",
        type=Path,
        metavar="DIR",
        help="the role and the profile that the Terraform state of this folder names, whoever made it",
    )
    parser.add_argument(
        "--outputs",
        metavar="FILE",
        help="the same, from what terraform output -json prints; - reads standard input",
    )
    parser.add_argument(
        "--workspace", default="", metavar="URL", help="this workspace: whatever the browser shows of it"
    )


def run(arguments: argparse.Namespace, cancel: threading.Event) -> int:
    from wizard import wiring
    from wizard.core.record import Record

    services = wiring.services(wiring.Options(deployment=arguments.deployment))
    record = Record.at(services.paths.state, arguments.deployment)
    chain = look(arguments, services, record, cancel, pointed_at(arguments, services, record.facts))
    said = json.dumps(chain.as_dict()) if arguments.json else "\n".join(told(chain, services.now()))
    print(services.redact(said))
    return chain.status


def pointed_at(arguments: argparse.Namespace, services: Services, facts: Facts) -> Facts:
    """What is remembered, and in its place whatever the command line points at. Raises Problem."""
    from wizard.commands.reading import text_of
    from wizard.steps import pointed

    found: list[Applied | WorkspaceProven] = []
    if arguments.outputs:
        found.append(pointed.outputs_of(text_of(arguments.outputs)))
    elif arguments.terraform_dir:
        found.append(pointed.state_of(arguments.terraform_dir, services))
    if arguments.workspace:
        found.append(pointed.workspace_of(arguments.workspace, facts))
    return pointed.at(facts, *found)


def look(
    arguments: argparse.Namespace,
    services: Services,
    record: Record,
    cancel: threading.Event,
    facts: Facts | None = None,
) -> Chain:
    """Every joint of what `facts` name, or of what is remembered, seen now. Raises Cancelled."""
    from dataclasses import replace

    from wizard.core.work import wait_for
    from wizard.steps import reopen
    from wizard.steps.chain import Target, chained
    from wizard.steps.chain import look as look_at

    facts = record.facts if facts is None else facts
    aws = reopen.aws(facts, services, arguments.aws_profile)
    workspace, facts = reopen.identified(facts, services, arguments.databricks_profile, cancel)
    target = Target.of(facts)
    target = replace(
        target,
        warehouse_id=arguments.warehouse_id or target.warehouse_id,
        location=arguments.location or target.location,
    )
    work = chained(look_at(target, aws, workspace), record.chain, services.now, target.names)
    chain, _ = wait_for(work, cancel=cancel)
    return chain


def told(chain: Chain, now: datetime) -> list[str]:
    """The chain as lines: every joint, then the first broken one with its way out."""
    lines: list[str] = []
    for before, link in zip((None, *chain.links), chain.links, strict=False):
        head, *said = _joint(link, now)
        # What keeps several joints in a row from being looked at is said once.
        again = before is not None and said and said == _joint(before, now)[1:]
        lines += [head, *(() if again else said)]
    lines += ["", chain.verdict()]
    broken = chain.first_broken or next((link for link in chain.links if link.finding.problem), None)
    if broken is not None and broken.finding.problem is not None:
        lines += broken.finding.problem.lines()
        lines.append(f"  Where: htd-wizard run, step {broken.step}")
    return lines


def _joint(link: Link, now: datetime) -> list[str]:
    verdict = link.finding.verdict
    lines = [f"{link.joint.number:>2} {verdict.glyph} {verdict.word:<15} {link.finding.title}"]
    said = [link.finding.evidence] if link.finding.evidence else []
    if (now - link.since).total_seconds() > _NEW:
        said.append(f"since {link.since.astimezone():%d %b %H:%M}")
    if said:
        lines.append(f"      {' · '.join(said)}")
    return lines
