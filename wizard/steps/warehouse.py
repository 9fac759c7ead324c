"""Starting the warehouse and watching it become healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Phase, Run
from wizard.core.facts import Connected, Facts, WarehouseRunning, WorkspaceProven
from wizard.core.finding import Finding
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import YES, confirm
from wizard.services import Services
from wizard.steps.parts import connected
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.databricks import warehouses
else:
    warehouses = lazy("wizard.services.databricks.warehouses")


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
        yield Phase("Looking at the warehouse", f"databricks warehouses get {proven.warehouse_id}")
        seen = warehouses.get(workspace, proven.warehouse_id)
        if not seen.healthy:
            yield warehouses.look(seen)
            if (yield _ask(seen))["start"] != YES:
                raise _declined(seen.name)
            yield Phase(f"Starting {seen.name}", f"databricks warehouses start {seen.id}")
            warehouses.start(workspace, seen.id)
        end = yield from warehouses.follow(workspace, seen.id)
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


def _ask(seen: warehouses.Warehouse) -> Ask:
    stops = (
        f"It stops by itself after {seen.auto_stop_minutes} idle minutes."
        if seen.auto_stop_minutes
        else ("It has no auto-stop: it runs, and costs, until somebody stops it.")
    )
    return Ask(
        (confirm("start", f"Start {seen.name} ({seen.size})?", stops),),
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
