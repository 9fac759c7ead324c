"""Starting the warehouse and watching it become healthy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from wizard.core.chain import JOINT
from wizard.core.event import Ask, Line, Phase, Run
from wizard.core.facts import Connected, Facts, WarehouseRunning, WorkspaceProven
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import YES, confirm
from wizard.services import Services
from wizard.steps import chain
from wizard.steps.parts import connected, signed_in
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.aws.session import AwsSession
    from wizard.services.databricks import cost, starts, warehouses
else:
    cost = lazy("wizard.services.databricks.cost")
    starts = lazy("wizard.services.databricks.starts")
    warehouses = lazy("wizard.services.databricks.warehouses")


_CLEAR = ("warehouse.deleted", "warehouse.missing", "warehouse.id")
"""Failures that say their cause themselves."""


_NO_CAUSE = ("chain.identity", "chain.rights")
"""Joints that keep no warehouse from starting: who we are, and what the role may read."""


class Warehouse(Step[WarehouseRunning]):
    """Asks Databricks to start the warehouse and follows it to RUNNING and HEALTHY."""

    id: ClassVar = "warehouse"
    title: ClassVar = "Start the warehouse"
    why: ClassVar = "The warehouse starts in Databricks' own AWS account and takes on your role there."
    about: ClassVar = (
        "Starting is safe to repeat. A serverless warehouse usually runs within seconds; the wizard says when it is "
        "slow, and stops waiting after ten minutes. RUNNING with health HEALTHY, or no health reported, is success. "
        "A running warehouse costs money until it stops by itself after its auto-stop time."
    )
    fact: ClassVar = WarehouseRunning
    needs: ClassVar = (Connected, WorkspaceProven)

    def run(self, facts: Facts, services: Services) -> Run[WarehouseRunning]:
        workspace, proven = connected(services), facts.need(WorkspaceProven)
        known = starts.Starts(services.paths.state / "starts.json", proven.host, proven.warehouse_id)
        yield Phase("Looking at the warehouse", f"databricks warehouses get {proven.warehouse_id}")
        seen = warehouses.get(workspace, proven.warehouse_id)
        typical = known.typical(serverless=seen.serverless)
        counted, stopping = not seen.healthy, seen.state == "STOPPING"
        if seen.state == "STARTING":
            yield Phase(
                f"{seen.name} is starting already; looking on", f"databricks warehouses get {seen.id}"
            )
        elif not seen.healthy:
            yield warehouses.look(seen, typical=typical)
            if (yield _ask(seen))["start"] != YES:
                raise _declined(seen.name)
            yield Phase(f"Starting {seen.name}", f"databricks warehouses start {seen.id}")
            known.begun(services.now())
            stopping = not warehouses.start(workspace, seen.id) or stopping
        failed: Problem | None = None
        try:
            end = yield from warehouses.follow(
                workspace,
                seen.id,
                already=known.since(services.now()) if counted else 0.0,
                stopping=stopping,
                typical=typical,
            )
        except Problem as problem:
            if problem.code == "warehouse.silent":
                raise
            known.ended(None)
            failed = problem
        if failed is not None:
            raise (yield from _traced(failed, facts, services))
        if counted:
            known.ended(end.seconds)
            yield Line(_path(end), source="warehouse")
        return WarehouseRunning(
            end.warehouse.id, end.warehouse.name, end.warehouse.state, end.warehouse.health, end.seconds
        )

    def prove(self, facts: Facts, services: Services) -> list[Finding]:
        return warehouses.findings(connected(services), facts.need(WorkspaceProven).warehouse_id)

    def equivalent(self, facts: Facts) -> list[str]:
        proven = facts.get(WorkspaceProven)
        if proven is None:
            return []
        return [
            f"databricks warehouses start {proven.warehouse_id}",
            f"databricks warehouses get {proven.warehouse_id}",
        ]


def _traced(failed: Problem, facts: Facts, services: Services) -> Run[Problem]:
    """The failure together with its cause: the first broken joint before the warehouse, read back and not guessed."""
    if failed.code in _CLEAR or not failed.code.startswith("warehouse."):
        return failed
    aws: AwsSession | Problem
    try:
        aws = signed_in(services)
    except Problem as signed_out:
        aws = signed_out
    looking = chain.look(chain.Target.of(facts), aws, connected(services))
    for event in looking:
        if isinstance(event, Finding):
            if event.id == "chain.warehouse":
                break
            yield event
            if event.verdict is Verdict.GAP and event.problem is not None and event.id not in _NO_CAUSE:
                looking.close()
                return _caused(failed, event, event.problem)
        elif isinstance(event, Phase):
            yield event
    looking.close()
    return failed


def _caused(failed: Problem, joint: Finding, cause: Problem) -> Problem:
    return replace(
        failed,
        why=f"{cause.what} {cause.why}".strip(),
        remedy=cause.remedy,
        who=cause.who,
        evidence=tuple(
            dict.fromkeys(line for line in (*failed.evidence, failed.why, joint.evidence) if line)
        ),
        copy=cause.copy,
        step=cause.step or JOINT[joint.id].step,
    )


def _path(end: warehouses.End) -> str:
    """`STOPPED 1.0 s, STARTING 5.2 s, then RUNNING HEALTHY.`"""
    *before, (last, _) = end.path
    return ", ".join([*(f"{stage} {seconds:.1f} s" for stage, seconds in before), f"then {last}."])


def _ask(seen: warehouses.Warehouse) -> Ask:
    stops = (
        f"It stops by itself after {seen.auto_stop_minutes} idle minutes."
        if seen.auto_stop_minutes
        else ("It has no auto-stop: it runs, and costs, until somebody stops it.")
    )
    own = "" if seen.serverless else "It is not serverless: it starts instances in your own AWS account."
    price = cost.estimate(seen.size, seen.auto_stop_minutes, serverless=seen.serverless)
    return Ask(
        (
            confirm(
                "start",
                f"Start {seen.name} ({seen.size})?",
                " ".join(part for part in (own, stops, price) if part),
            ),
        ),
        title=f"The warehouse is {seen.state}",
        reason="A running warehouse costs money.",
    )


def _declined(name: str) -> Problem:
    return Problem(
        code="warehouse.declined",
        what=f"{name} was not started.",
        why="You chose not to start it.",
        remedy="Try again when you are ready.",
    )
