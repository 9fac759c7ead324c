"""`htd-wizard permissions`: what Terraform will need in AWS, and whether these credentials may do it."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.commands.exits import Exit

if TYPE_CHECKING:
    from wizard.core.finding import Finding
    from wizard.core.problem import Problem
    from wizard.services import Services
    from wizard.services.aws.identity import Caller

NAME = "permissions"
HELP = "check every AWS permission that Terraform will need; changes nothing"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--list", action="store_true", help="only list what is needed; asks AWS nothing, needs no credentials"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--terraform-dir", type=Path, metavar="DIR", help="use the Terraform module in this folder"
    )
    parser.add_argument(
        "--deployment", default="default", metavar="NAME", help="name of the wizard's own module copy"
    )
    parser.add_argument(
        "--aws-profile",
        "--profile",
        dest="profile",
        default="",
        metavar="NAME",
        help="sign in to AWS with this profile",
    )
    parser.epilog = (
        "Exit status: 0 all proven or predicted, 3 something missing, 4 something could not be checked."
    )


def run(arguments: argparse.Namespace, cancel: threading.Event) -> Exit:
    from wizard import wiring

    options = wiring.Options(terraform_dir=arguments.terraform_dir, deployment=arguments.deployment)
    services = wiring.services(options)
    folder = _folder(services)
    if arguments.list:
        return _list(folder, services, arguments.json)
    return _check(folder, services, arguments, cancel)


def _folder(services: Services) -> Path:
    """The module's folder. Raises Problem."""
    from wizard.services.terraform import module

    return module.locate(
        services.terraform_dir, services.cwd, services.paths.data, services.deployment, module.packaged()
    ).path


def _list(folder: Path, services: Services, as_json: bool) -> Exit:
    from wizard.steps import needed

    rows = needed.listing(folder, services.environ)
    if rows and (other := needed.other_provider(folder, services.environ)):
        print(f"This list was {other}.", file=sys.stderr)
    if as_json:
        print(json.dumps(rows, indent=2))
        return Exit.OK
    address = ""
    for row in rows:
        if row["address"] != address:
            address = str(row["address"])
            print(address)
        actions = row["actions"] if "known" not in row else [f"not known: {row['why']}"]
        for action in actions or ["nothing"]:
            print(f"  {row['phase']:<7} {action}")
    return Exit.OK


def _check(folder: Path, services: Services, arguments: argparse.Namespace, cancel: threading.Event) -> Exit:
    """Look at everything; words for a person, or one JSON object. Raises Cancelled."""
    from wizard.core.finding import Finding, Verdict
    from wizard.core.problem import Cancelled, Problem
    from wizard.services.aws import identity
    from wizard.steps import needed, parts

    found: list[Finding] = []
    caller: Caller | None = None
    problem: Problem | None = None
    try:
        session = parts.sign_in_unasked(services, arguments.profile)
        caller = identity.who_am_i(session)
        for event in needed.check(folder, services.environ, session, caller.account, caller.partition):
            if cancel.is_set():
                raise Cancelled
            if isinstance(event, Finding):
                found.append(event)
    except Problem as stopped:
        problem = stopped
    verdicts = {finding.verdict for finding in found}
    if Verdict.GAP in verdicts:
        end = Exit.GAPS
    else:
        end = Exit.UNCHECKED if problem or Verdict.UNKNOWN in verdicts else Exit.OK
    say = services.redact
    if arguments.json:
        print(say(json.dumps(_document(found, caller, problem), indent=2)))
    else:
        for line in _told(found, caller, problem):
            print(say(line), file=sys.stdout if problem is None else sys.stderr)
    return end


def _document(found: list[Finding], caller: Caller | None, problem: Problem | None) -> dict[str, object]:
    from wizard.core.finding import Verdict
    from wizard.services.aws import handoff, permissions

    gaps = [finding for finding in found if finding.verdict is Verdict.GAP]
    return {
        "account": caller.account if caller else "",
        "principal": caller.arn if caller else "",
        "counts": {verdict.word: sum(f.verdict is verdict for f in found) for verdict in Verdict},
        "findings": [finding.as_dict() for finding in found],
        "policy": permissions.policy_document(found),
        "message": handoff.letter(gaps, caller.arn, caller.account) if caller else "",
        "problem": problem.as_dict() if problem else None,
    }


def _told(found: list[Finding], caller: Caller | None, problem: Problem | None) -> list[str]:
    """What is missing and what could not be checked, line by line; what is fine is counted."""
    from wizard.core.finding import Verdict
    from wizard.services.aws import permissions

    lines = [f"{caller.arn} in account {caller.account}"] if caller else []
    ordered = sorted(found, key=lambda f: (f.group, f.title))
    lines += [f.line() for verdict in (Verdict.GAP, Verdict.UNKNOWN) for f in ordered if f.verdict is verdict]
    if found:
        counts = [(sum(f.verdict is verdict for f in found), verdict.word) for verdict in Verdict]
        lines.append(", ".join(f"{count} {word}" for count, word in counts if count) + ".")
    document = permissions.policy_document(found)
    if document:
        lines += ["The least policy that closes what is missing, for an AWS administrator:", document]
    return lines + (problem.lines() if problem else [])
