"""A query that reads data through the instance profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Phase, Run, Table
from wizard.core.facts import Applied, DataProven, Facts, WarehouseRunning, WorkspaceProven
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.question import Question
from wizard.services import Services
from wizard.steps.parts import connected
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.databricks import statements
else:
    statements = lazy("wizard.services.databricks.statements")


class Proof(Step[DataProven]):
    """Healthy is not yet proof: only a query that returns rows from S3 is."""

    id: ClassVar = "proof"
    title: ClassVar = "Prove it reads the data"
    why: ClassVar = "A healthy warehouse is not yet proof. A query that returns your data from S3 is."
    about: ClassVar = (
        "First SELECT 1, which needs no data. Then a read of a file in S3 through the instance profile: the "
        "warehouse takes on the role and AWS lets it read, or says why not. Nothing is changed."
    )
    fact: ClassVar = DataProven
    needs: ClassVar = (WarehouseRunning, WorkspaceProven, Applied)

    def run(self, facts: Facts, services: Services) -> Run[DataProven]:
        workspace, warehouse = connected(services), facts.need(WarehouseRunning)
        default = facts.need(Applied).output("proof_location")
        location = (yield _ask(default))["location"]
        yield Phase("Running SELECT 1", "SELECT 1")
        first = yield from statements.execute(workspace, warehouse.id, "SELECT 1")
        yield Finding(
            "chain.query", "A query runs", Verdict.PROVEN, f"SELECT 1 answered in {first.seconds:.1f} s"
        )
        sql = statements.read_location(location)
        yield Phase("Reading your data", sql)
        result = yield from statements.execute(workspace, warehouse.id, sql)
        yield Table(
            "What the warehouse read", result.columns, result.rows, f"{location}, in {result.seconds:.1f} s"
        )
        yield Finding(
            "chain.data",
            "A query reads data through the instance profile",
            Verdict.PROVEN,
            f"{len(result.rows)} rows from {location}",
        )
        return DataProven(sql, len(result.rows), first.seconds + result.seconds, location)

    def prove(self, facts: Facts, services: Services) -> list[Finding]:
        fact = facts.need(DataProven)
        reading = statements.execute(connected(services), facts.need(WarehouseRunning).id, fact.statement)
        result = statements.wait_for(reading)
        return [
            Finding(
                "chain.data",
                "A query reads data through the instance profile",
                Verdict.PROVEN,
                f"{len(result.rows)} rows from {fact.location}",
            )
        ]

    def equivalent(self, facts: Facts) -> list[str]:
        applied, warehouse = facts.get(Applied), facts.get(WarehouseRunning)
        if applied is None or warehouse is None:
            return []
        body = f'{{"warehouse_id": "{warehouse.id}", "statement": "SELECT 1"}}'
        return [
            f"databricks api post /api/2.0/sql/statements --json '{body}'",
            f"HIVE_TO_DELTA_TEST_WAREHOUSE_ID={warehouse.id} make test",
        ]


def _ask(default: str) -> Ask:
    return Ask(
        (
            Question(
                "location",
                "Which file or folder in S3 shall it read?",
                default=default,
                origin="the file that the module made for this" if default else "",
                placeholder="s3://bucket/folder/file.csv",
                check=statements.location_fault,
                help="A CSV file is read with its header; a folder is listed.",
            ),
        ),
        title="What shall the query read?",
        reason="It is only read. The instance profile's role must be allowed to.",
    )
