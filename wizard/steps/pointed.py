"""Facts that somebody points at, for a chain that the wizard never made: a module's state, a pasted address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.core.facts import Applied, DataProven, Facts, WorkspaceProven
from wizard.core.problem import Problem
from wizard.core.text import one_line

if TYPE_CHECKING:
    from wizard.services import Services

_NEEDED = ("role_arn", "instance_profile_arn")


def state_of(folder: Path, services: Services) -> Applied:
    """The outputs in the Terraform state of `folder`, wherever it is kept. Writes nothing.

    Raises Problem when there is none or it cannot be read.
    """
    from wizard.services.terraform import remote, state

    held = state.read(folder, services.environ)
    if held is None and remote.kept_elsewhere(folder, services.environ):
        return outputs_of(remote.outputs(services.find_engine(), folder, services.environ))
    if held is None:
        raise Problem(
            code="check.state",
            what=f"There is no Terraform state in {one_line(folder, 300)}.",
            why="The module was not applied from there, or its state is kept elsewhere and init was not run.",
            remedy="Name the folder of the module that was applied, run init there, or hand its outputs over with "
            "the command below.",
            copy="terraform output -json | htd-wizard check --outputs -",
        )
    return _applied(held.outputs)


def outputs_of(text: str) -> Applied:
    """The outputs in what `terraform output -json` prints. Raises Problem when it is something else."""
    from wizard.services.terraform import module, stream

    try:
        entries = json.loads(text)
        found = {
            one_line(name, 200): stream.cleaned(entry["value"])
            for name, entry in entries.items()
            if not entry.get("sensitive") or name in module.OUTPUTS
        }
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Problem(
            code="check.outputs",
            what="This is not what terraform output -json prints.",
            why="A JSON object was expected that holds a value for each name.",
            remedy="Run the command below in the module's folder.",
            copy="terraform output -json | htd-wizard check --outputs -",
        ) from error
    return _applied(found)


def workspace_of(paste: str, facts: Facts) -> WorkspaceProven:
    """The workspace that a pasted address names; what it leaves out is taken from `facts` of the same host.

    Its id is empty when the address does not tell it: the workspace is to be asked. Raises Problem when the address
    cannot be used.
    """
    from wizard.services.databricks import address

    read = address.read(paste)
    if not read.ok:
        first = read.problems[0] if read.problems else None
        raise Problem(
            code="check.address",
            what=first.message if first else "There is no address of a workspace in it.",
            why="The address with --workspace names the workspace to look at.",
            remedy=first.remedy
            if first
            else "Copy the address from the browser while the workspace is open.",
        )
    known = facts.get(WorkspaceProven)
    if known is None or known.host != read.host or read.workspace_id not in ("", known.workspace_id):
        known = WorkspaceProven(read.host, "", "", "", "", "")
    return replace(
        known,
        workspace_id=read.workspace_id or known.workspace_id,
        warehouse_id=read.warehouse_id or known.warehouse_id,
    )


def at(facts: Facts, *found: Applied | WorkspaceProven) -> Facts:
    """The facts with what was pointed at in the place of what is remembered.

    What was read last time belongs to the module of last time, so other outputs take it away.
    """
    for fact in found:
        if isinstance(fact, Applied) and _joints(fact) != _joints(facts.get(Applied)):
            facts = facts.drop(DataProven)
        facts = facts.put(fact)
    return facts


def same(facts: Facts, remembered: Facts) -> bool:
    """What is pointed at is what the wizard made, so that what it remembers is about it."""
    from wizard.steps.chain import Target

    return Target.of(facts).names == Target.of(remembered).names


def bare(facts: Facts) -> Facts:
    """Only where somebody else's chain is: what the wizard remembers is about another."""
    kept = [fact for kind in (Applied, WorkspaceProven) if (fact := facts.get(kind)) is not None]
    return Facts({}, {type(fact): fact for fact in kept})


def _joints(fact: Applied | None) -> list[str]:
    return [fact.output(name) for name in _NEEDED] if fact else []


def _applied(outputs: Mapping[str, object]) -> Applied:
    missing = [name for name in _NEEDED if not outputs.get(name)]
    if missing:
        raise Problem(
            code="check.outputs.missing",
            what=f"The module's outputs do not name {' and '.join(missing)}.",
            why="They say which role and which instance profile to look at.",
            remedy="Name the folder of the module that makes the instance profile, or add the outputs to it and apply.",
        )
    return Applied("", "", 0, 0, 0, outputs)
