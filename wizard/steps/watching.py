"""The chain looked at again while its picture is on the screen: reads only, and never a query.

A query would keep the warehouse running, which costs; so its two joints stay as they were last seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wizard.core.chain import JOINTS, Chain
from wizard.core.finding import Finding
from wizard.core.problem import Problem
from wizard.core.watch import Watch
from wizard.core.work import wait_for
from wizard.steps.chain import Target, look_at_warehouse, look_by_reading

if TYPE_CHECKING:
    from wizard.core.facts import Facts
    from wizard.services import Services


def watch(facts: Facts, services: Services) -> Watch | None:
    """Offers to look again; None before anything was seen."""
    if not services.chain.links or services.workspace is None:
        return None
    target = Target.of(facts)
    target = replace(target, location=services.proving or target.location)
    return Watch(lambda whole: _seen(target, services, whole=whole), "reads, no query")


def _seen(target: Target, services: Services, *, whole: bool) -> Chain:
    """The chain after one more look. Raises nothing that the other side says."""
    workspace = services.workspace
    if workspace is None:
        return services.chain
    found: list[Finding] = []
    looking = (
        look_by_reading(target, services.aws or _signed_out(), workspace.hasty())
        if whole
        else look_at_warehouse(target, workspace.hasty())
    )
    wait_for(looking, on_event=lambda event: found.append(event) if isinstance(event, Finding) else None)
    services.chain = services.chain.all_seen(found, services.now())
    return services.chain


def _signed_out() -> Problem:
    return Problem(
        code="aws.signed_out",
        what="You are not signed in to AWS.",
        why="Credentials are kept in memory only.",
        remedy="Sign in again; nothing else is lost.",
        step=JOINTS[0].step,
    )
