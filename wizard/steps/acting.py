"""Whether Terraform acts as whoever signed in: a module's provider may name a profile or a role of its own."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.core.facts import AwsIdentity
from wizard.core.problem import Problem
from wizard.services.aws import identity

_OWN = "The module names a profile or a role for AWS itself, and that wins over this sign-in."


def refusal(who: AwsIdentity | None, callers: Sequence[str]) -> Problem | None:
    """Why a plan made as these may not be used: another account is never meant."""
    if who is None:
        return None
    other = next((arn for arn in callers if identity.account_of(arn) not in ("", who.account)), None)
    if other is None:
        return None
    return Problem(
        code="apply.identity",
        what=f"Terraform acts in account {identity.account_of(other)}, and you signed in to {who.account}.",
        why=_OWN,
        remedy='Set aws_profile = "" in terraform.tfvars (or take `profile` and `assume_role` out of the provider), '
        "or sign in with that profile.",
        evidence=(f"Terraform: {other}", f"signed in: {who.arn}"),
        step="credentials",
    )


def warning(who: AwsIdentity, callers: Sequence[str]) -> str:
    """What to know before the yes when Terraform acts as somebody else of the same account; empty when it does not."""
    mine = identity.principal(who.arn)
    other = next((arn for arn in callers if identity.principal(arn) != mine), None)
    if other is None:
        return ""
    return f"Terraform acts as {other.rpartition(':')[2]}, whose permissions were not checked. {_OWN}"
