"""A pretend workspace, and steps performed against it without the rest of the journey."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from wizard.core.drive import drive
from wizard.core.event import Event, Line, Noted, Run
from wizard.core.facts import Applied, Facts, Machine, WorkspaceProven
from wizard.core.finding import Finding
from wizard.core.flow import Flow
from wizard.core.journal import Journal
from wizard.core.journey import Script, Visit
from wizard.core.memory import Memory
from wizard.core.paths import Paths
from wizard.core.problem import Problem
from wizard.core.redact import Redactor
from wizard.demo.workspace import EmbeddedWorkspace
from wizard.services import Services
from wizard.services.databricks.client import Workspace
from wizard.steps import STEPS
from wizard.steps.step import Step
from wizard.steps.undo import BACK, ENDING

PROFILE = "arn:aws:iam::123456789012:instance-profile/htd-instance-profile"
ROLE = "arn:aws:iam::123456789012:role/htd-role"
WAREHOUSE = "f6dd72df81d69f03"
FAULTS: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "body": {"message": "later"}, "headers": {"Retry-After": "0"}},
    "500": {"status": 500, "body": {"error_code": "INTERNAL_ERROR", "message": "x"}},
    "500 after it was done": {
        "status": 500,
        "body": {"error_code": "INTERNAL_ERROR", "message": "x"},
        "after_handler": True,
    },
    "503": {"status": 503, "body": {"message": "later"}, "headers": {"Retry-After": "0"}},
    "slow": {"delay": 0.05},
    "dropped": {"drop": True},
    "cut off": {"cut": True},
}
"""What a call may meet once: turned away, broken before or after the work, slow, no answer, half an answer."""


@dataclass
class Alone:
    """One step at a time, over the wire, with the facts it rests on given."""

    world: EmbeddedWorkspace
    services: Services
    facts: Facts
    events: list[Event] = field(default_factory=list)

    def perform(self, step: str, answers: Mapping[str, str], *, undo: bool = False) -> Any:
        """The step's fact. Raises what the step raises."""
        of = next(each for each in STEPS if each.id == step)
        self.events.clear()
        assert isinstance(of, Step)
        back = of.undo(self.facts) if undo else of
        assert back is not None
        run = back.run(self.facts, self.services)
        fact = drive(
            step,
            run,
            on_event=self._heard,
            asker=Script(Visit(step, dict(answers))),
            cancel=threading.Event(),
            pace=0.01,
        )
        if fact is not None and not undo:
            self.facts = self.facts.put(fact)
        return fact

    def _heard(self, event: Event) -> None:
        if isinstance(event, Noted):
            self.facts = self.facts.put(event.fact)
        self.events.append(event)

    def stopped(self, step: str, answers: Mapping[str, str], *, undo: bool = False) -> Problem:
        """The problem the step ends with."""
        with pytest.raises(Problem) as caught:
            self.perform(step, answers, undo=undo)
        return caught.value

    @property
    def changes(self) -> list[str]:
        """What was changed in the workspace, or tried: `PUT warehouses 200`."""
        return [f"{c.method} {c.path.rsplit('/', 1)[-1]} {c.status}" for c in self.world.calls if c.mutating]

    def sign_in(self, token: str) -> None:
        self.services.workspace = Workspace(
            self.world.url, token, host=self.world.host, timeout_seconds=30, retry_seconds=30
        )


@contextmanager
def open_alone(tmp_path: Path) -> Iterator[Alone]:
    """A workspace without AWS behind it; a start takes 50 ms."""
    nothing = ("AKIAIOSFODNN7EXAMPLE", "no-secret", "")
    with EmbeddedWorkspace(
        workspace_id=1234567890123456,
        aws_url="http://127.0.0.1:9",
        databricks_keys=nothing,
        observer_keys=nothing,
        start_seconds=0.05,
    ) as world:
        world.add_warehouse(WAREHOUSE)
        services = Services(
            environ={},
            paths=Paths(tmp_path, tmp_path / "data", tmp_path / "state", tmp_path / "cache"),
            cwd=tmp_path,
            aws_places=cast(Any, None),
            workspace_url=lambda _: world.url,
            find_engine=cast(Any, None),
            open_browser=lambda _: False,
        )
        facts = Facts({step.fact: () for step in STEPS})
        facts = facts.put(
            WorkspaceProven(world.host, "1234567890123456", WAREHOUSE, "Starter", "you@example.com", "token")
        )
        outputs = {"instance_profile_arn": PROFILE, "role_arn": ROLE}
        facts = facts.put(Applied("recording", "1.11.4", 0, 0, 0, outputs))
        made = Alone(world, services, facts)
        made.sign_in(world.token)
        yield made


class Front(Step[Machine]):
    """A front page that has nothing to find out."""

    id: ClassVar = "start"
    title: ClassVar = "Start"
    fact: ClassVar = Machine

    def run(self, facts: Facts, services: Services) -> Run[Machine]:  # as declared
        yield Line("Here we are.")
        return Machine("recording", "1.11.4", "/module", "given")

    def prove(self, facts: Facts, services: Services) -> list[Finding]:  # as declared
        return []


def flow_of(alone: Alone, *steps: str) -> Flow:
    """A flow through these steps only, with the facts they rest on given."""
    flow = Flow(
        [step for step in STEPS if step.id in steps],
        lambda: alone.services,
        memory=Memory(None),
        journal=Journal(None, Redactor()),
        pace=0.01,
    )
    for fact in alone.facts:
        flow.facts = flow.facts.put(fact)
    return flow


def way_back_of(alone: Alone) -> Flow:
    """The way back from what was done alone; there is nothing in AWS."""
    return Flow(
        BACK,
        lambda: alone.services,
        memory=Memory(None),
        journal=Journal(None, Redactor()),
        pace=0.01,
        known=[*alone.facts],
        ending=ENDING,
    )
