"""A query that reads data through the instance profile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from wizard.core import atomic
from wizard.core.chain import JOINT
from wizard.core.event import Ask, Line, Run
from wizard.core.facts import Applied, DataProven, Facts, WarehouseRunning, WorkspaceProven
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.paths import private
from wizard.core.problem import Problem
from wizard.core.question import Question
from wizard.core.watch import Watch
from wizard.core.work import wait_for
from wizard.services import Services
from wizard.steps import own_tests, watching
from wizard.steps.chain import Target, break_of, chained, look
from wizard.steps.parts import connected, signed_in
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.aws.session import AwsSession
    from wizard.services.databricks import statements
else:
    statements = lazy("wizard.services.databricks.statements")

_SETTLING = (5.0, 10.0, 15.0, 30.0, 30.0)
"""Seconds between tries of a read that AWS refuses although it should not: a minute and a half in all."""


class Proof(Step[DataProven]):
    """Healthy is not yet proof: only a query that returns rows from S3 is."""

    id: ClassVar = "proof"
    title: ClassVar = "Prove it reads the data"
    why: ClassVar = "A healthy warehouse is not yet proof. A query that returns your data from S3 is."
    about: ClassVar = (
        "Every joint between AWS and your data is looked at in turn, each asked of the service that holds it. Then "
        "SELECT 1, which needs no data, and a read through the instance profile: the warehouse takes on the role "
        "and AWS lets it read, or says why not. The first broken joint is named. Nothing is changed. "
        "Afterwards the picture stays live while it is in front: the warehouse is read every 15 s, the other joints "
        "every minute. No query is run for that, because a query would keep the warehouse running."
    )
    fact: ClassVar = DataProven
    needs: ClassVar = (WarehouseRunning, WorkspaceProven, Applied)

    def run(self, facts: Facts, services: Services) -> Run[DataProven]:
        default = facts.need(Applied).output("proof_location")
        location = (yield _ask(default))["location"]
        target = replace(Target.of(facts), location=location)
        aws: AwsSession | Problem
        try:
            aws = signed_in(services)
        except Problem as problem:
            aws = problem
        services.proving = location
        looking = look(target, aws, connected(services), settling=_SETTLING)
        services.chain, read = yield from chained(looking, services.chain, services.now, target.names)
        if read is None:
            raise break_of(services.chain) or _unproven()
        broken = services.chain.first_broken
        if broken is not None:
            yield Line(
                f"The data was read, but joint {broken.joint.number} is not right.", "warning", "chain"
            )
        tested = yield from own_tests.offer(facts, services)
        proven = DataProven(read.statement, read.rows, read.seconds, location)
        if tested is not None:
            proven = own_tests.noted(proven, *tested)
        return replace(proven, report=_written(facts.put(proven), services))

    def prove(self, facts: Facts, services: Services) -> list[Finding]:
        fact = facts.need(DataProven)
        reading = statements.execute(connected(services), facts.need(WarehouseRunning).id, fact.statement)
        result = wait_for(reading)
        return [
            JOINT["chain.data"].finding(Verdict.PROVEN, f"{len(result.rows)} rows from {fact.location}"),
        ]

    def watch(self, facts: Facts, services: Services) -> Watch | None:
        return watching.watch(facts, services)

    def equivalent(self, facts: Facts) -> list[str]:
        applied, warehouse = facts.get(Applied), facts.get(WarehouseRunning)
        if applied is None or warehouse is None:
            return []
        body = f'{{"warehouse_id": "{warehouse.id}", "statement": "SELECT 1"}}'
        database = applied.output("glue_database")
        glue = f" HIVE_TO_DELTA_TEST_GLUE_DATABASE={database}" if database else ""
        return [
            f"databricks api post /api/2.0/sql/statements --json '{body}'",
            f"HIVE_TO_DELTA_TEST_WAREHOUSE_ID={warehouse.id}{glue} make test",
        ]


def _written(facts: Facts, services: Services) -> str:
    """Path of the implementation status, empty when it could not be written: that stops nobody."""
    from wizard.steps import STEPS, report

    # Every fact was proven in this session, so it is known by now.
    said = report.gather(facts, lambda _: services.now(), services.chain, STEPS, services).markdown()
    file = services.paths.state / "status.md"
    try:
        private(file.parent)
        atomic.write(file, services.redact(said).encode(), 0o600)
    except OSError:
        return ""
    return str(file)


def _unproven() -> Problem:
    return Problem(
        code="chain.unproven",
        what="Nothing was read.",
        why="No joint is known to be broken.",
        remedy="Try again.",
    )


def _ask(default: str) -> Ask:
    return Ask(
        (
            Question(
                "location",
                "Which file in S3 or table in Glue shall it read?",
                default=default,
                origin="the file that the module made for this" if default else "",
                placeholder="s3://bucket/folder/file.csv",
                check=statements.location_fault,
                help="A CSV file is read with its header, a folder is listed; database.table reads a table of Glue.",
            ),
        ),
        title="What shall the query read?",
        reason="It is only read. The instance profile's role must be allowed to.",
    )
