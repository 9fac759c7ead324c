"""A last look before a plan is shown: would Terraform make what is there already?"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.core.facts import AwsIdentity, Facts, Machine
from wizard.core.lazy import lazy
from wizard.core.problem import Problem, Who
from wizard.core.text import one_line, plural
from wizard.services import Services
from wizard.steps import needed

if TYPE_CHECKING:
    from wizard.services.aws import existence
    from wizard.services.aws.existence import Look
else:
    existence = lazy("wizard.services.aws.existence")

_COLLIDE = (
    "aws_iam_role",
    "aws_iam_user",
    "aws_iam_instance_profile",
    "aws_iam_policy",
    "aws_iam_group",
    "aws_iam_openid_connect_provider",
    "aws_s3_bucket",
    "aws_glue_catalog_database",
    "aws_glue_catalog_table",
    "aws_glue_crawler",
    "aws_kms_alias",
)
"""Types of which AWS has only one of a name: making another fails in the middle of the apply, or takes it over."""


@dataclass(eq=False)
class StandsAlready(Problem):
    """Things that a plan would make are there already, and not in the state."""

    ids: Mapping[str, str] = field(default_factory=dict)
    """Address -> the id to import, when every one of them can be imported; else empty."""


def refusal(facts: Facts, services: Services, lost: Sequence[str], made: Sequence[str]) -> Problem | None:
    """Why a plan may not be applied; None when nothing speaks against it.

    `lost`: what the state knows and the plan would make again. It may go on only when AWS says of each that it is not
    there. `made`: everything the plan would make. It may go on unless AWS shows one of them. Raises Problem.
    """
    from wizard.steps.parts import signed_in

    machine, who = facts.need(Machine), facts.need(AwsIdentity)
    folder = Path(machine.module)
    partition = who.arn.split(":")[1]
    refs = needed.resources(folder, services.environ, who.account, partition)
    wanted = [
        ref
        for ref in refs
        if ref.address in lost or (ref.address in made and ref.type in _COLLIDE and not ref.exists)
    ]
    looks = existence.look(signed_in(services), wanted, who.account, partition)
    there = existence.Presence
    hidden = [look for look in looks if look.ref.address in lost and look.presence is not there.ABSENT]
    if hidden:
        return _lost(hidden)
    standing = [look for look in looks if look.ref.address not in lost and look.presence is there.EXISTS]
    typed = "tofu" if machine.engine == "tofu" else "terraform"
    return _standing(standing, folder, who.account, typed) if standing else None


def _lost(looks: Sequence[Look]) -> Problem:
    names = ", ".join(look.ref.address for look in looks)
    seen = [look for look in looks if look.presence is existence.Presence.EXISTS]
    return Problem(
        code="plan.still_there",
        what=f"This plan would make again what Terraform has made already: {one_line(names, 300)}.",
        why="Terraform takes “you may not look” for “it is gone”. "
        + (
            f"A direct look shows that {'it is' if len(looks) == 1 else 'they are'} there."
            if len(seen) == len(looks)
            else "A direct look could not tell either, so nothing may be made in its place."
        ),
        remedy="Check the permissions again and close what is missing. Nothing has changed: this plan is not applied.",
        who=Who.AWS_ADMIN,
        evidence=tuple(f"{look.ref.address}: {look.presence.value}: {look.evidence}" for look in looks),
        step="permissions",
    )


def _standing(looks: Sequence[Look], folder: Path, account: str, typed: str) -> Problem:
    names = ", ".join(f"{look.ref.address} ({look.ref.own_name})" for look in looks)
    start = f"{typed} {shlex.quote(f'-chdir={folder}')} import"
    ids = {look.ref.address: name for look in looks if (name := _import_id(look, account))}
    commands = [f"{start} {shlex.quote(address)} {shlex.quote(name)}" for address, name in ids.items()]
    return StandsAlready(
        code="plan.exists",
        what=f"{plural(len(looks), 'thing')} that this plan would make {'is' if len(looks) == 1 else 'are'} in AWS "
        f"already: {one_line(names, 300)}.",
        why="Terraform's state does not know of it: an apply that was cut short may have made it, or somebody else.",
        remedy="If it is yours, bring it into the state with the commands below and plan again. If it is not, choose "
        "another project_prefix in terraform.tfvars.",
        evidence=tuple(f"{look.ref.address}: {look.evidence}" for look in looks),
        copy="\n".join(commands),
        step="variables",
        ids=ids if len(ids) == len(looks) else {},
    )


def _import_id(look: Look, account: str) -> str:
    """What Terraform wants to be told; empty where it cannot be known from the name."""
    ref = look.ref
    if ref.type in ("aws_iam_policy", "aws_iam_openid_connect_provider"):
        return ref.arn
    if ref.type == "aws_glue_catalog_database":
        return f"{account}:{ref.own_name}"
    if ref.type == "aws_glue_catalog_table":
        return f"{account}:{ref.holder}:{ref.own_name}"
    return ref.own_name
