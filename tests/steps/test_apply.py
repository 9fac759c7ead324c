"""The whole apply step over a module without a provider: a plan that comes too late, and giving up before the yes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.steps.test_recovery import Person, Place
from wizard.core.drive import drive
from wizard.core.event import Event, Line, Phase, Planned, Wait
from wizard.core.facts import Applied, AwsIdentity, Facts, Machine, PermissionsProven, VariablesWritten
from wizard.core.paths import Paths
from wizard.core.problem import Cancelled, Problem
from wizard.services import Services
from wizard.services.aws.keys import Keys
from wizard.services.aws.session import AwsPlaces
from wizard.services.aws.sign_in import keys_session
from wizard.services.process import runner
from wizard.services.terraform import engine
from wizard.steps.apply import Apply

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(180)]
OUTPUTS = 'output "role_arn" { value = "r" }\noutput "instance_profile_arn" { value = "p" }\n'
ACCOUNT = "123456789012"


def module(*names: str) -> str:
    return OUTPUTS + "".join(f'resource "terraform_data" "{name}" {{}}\n' for name in names)


@dataclass
class Alone:
    """The step, with the facts that it rests on given; nothing in it calls AWS."""

    folder: Path
    services: Services
    events: list[Event] = field(default_factory=list)
    cancel: threading.Event = field(default_factory=threading.Event)

    def apply(self, person: Person, leave_at: Callable[[Event], object] = lambda event: False) -> Applied:
        self.events.clear()
        self.cancel.clear()

        def hear(event: Event) -> None:
            self.events.append(event)
            if leave_at(event):
                self.cancel.set()

        arn = f"arn:aws:iam::{ACCOUNT}:user/ann"
        facts = Facts(dict.fromkeys((Machine, AwsIdentity, PermissionsProven, VariablesWritten), ()))
        facts = facts.put(Machine("terraform", "1.11.4", str(self.folder), "given"))
        facts = facts.put(AwsIdentity(ACCOUNT, arn, "us-east-1", "keys"))
        facts = facts.put(PermissionsProven(ACCOUNT, arn, 0, 0, 0))
        facts = facts.put(VariablesWritten("terraform.tfvars", (), changed=False))
        run = Apply().run(facts, self.services)
        return drive("apply", run, on_event=hear, asker=person, cancel=self.cancel)

    @property
    def runs(self) -> Path:
        return self.services.paths.state / "runs"

    def at_rest(self) -> bool:
        """Nothing works any more, no plan is kept, and nobody holds the state."""
        until = threading.Event()
        for run in runner.unfinished(self.runs):
            for _ in run.tail():
                until.wait(0.02)
        return not list(self.runs.rglob("*.tfplan/*")) and not list(self.folder.glob(".*.lock.info"))


@pytest.fixture
def other(tmp_path: Path) -> Place:
    """Somebody else's Terraform in the same folder."""
    return Place(tmp_path)


@pytest.fixture
def alone(tmp_path: Path, other: Place) -> Alone:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    places = AwsPlaces.of({}, tmp_path)
    services = Services(
        environ=environ,
        paths=Paths(tmp_path, tmp_path / "data", tmp_path / "state", tmp_path / "cache"),
        cwd=tmp_path,
        aws_places=places,
        workspace_url=str,
        find_engine=lambda: engine.find(environ),
        open_browser=lambda address: False,
    )
    services.aws = keys_session(Keys("AKIAIOSFODNN7EXAMPLE", "no-secret"), places)
    return Alone(other.folder, services)


def meddle(other: Place, *names: str) -> None:
    """The other applies a module of only these, and puts the text back."""
    text = (other.folder / "main.tf").read_text()
    other.write(module(*names))
    other.do(other.tool.apply(other.do(other.tool.plan())[0]))
    other.write(text)


def test_a_plan_that_came_too_late_is_made_again_with_the_reason(alone: Alone, other: Place) -> None:
    other.write(module("a", "b"))
    person = Person(apply="yes")
    person.on_ask = lambda: meddle(other, "a") if len(person.asked) == 1 else None
    applied = alone.apply(person)
    assert applied.added == 1
    assert other.names() == {"a", "b"}
    assert [event.add for event in alone.events if isinstance(event, Planned)] == [2, 1]
    (told,) = [event for event in alone.events if isinstance(event, Line) and "made again" in event.text]
    assert told.level == "warning"
    assert "state" in told.text
    assert len(person.asked) == 2, "the plan that was made again is read and agreed to as well"
    assert alone.at_rest()


def test_whoever_says_no_to_the_plan_made_again_applies_nothing(alone: Alone, other: Place) -> None:
    other.write(module("a", "b"))
    person = Person(apply=["yes", "no"])
    person.on_ask = lambda: meddle(other, "a") if len(person.asked) == 1 else None
    with pytest.raises(Problem) as caught:
        alone.apply(person)
    assert caught.value.code == "apply.declined"
    assert other.names() == {"a"}


def test_it_ends_when_every_plan_comes_too_late(alone: Alone, other: Place) -> None:
    other.write(module("a", "b", "c", "d"))
    person = Person(apply="yes")
    person.on_ask = lambda: meddle(other, *"abc"[: len(person.asked)])
    with pytest.raises(Problem) as caught:
        alone.apply(person)
    assert caught.value.code == "terraform.stale"
    assert len(person.asked) == 3
    assert other.names() == {"a", "b", "c"}


@pytest.mark.parametrize("title", ["Getting the AWS provider", "Planning"])
def test_given_up_before_the_yes_it_is_interrupted_and_can_be_begun_again(
    alone: Alone, other: Place, title: str
) -> None:
    other.write(module("a"))
    phases: list[str] = []

    def works(event: Event) -> bool:
        """The command of that phase was started, for it is waited for."""
        if isinstance(event, Phase):
            phases.append(event.title)
        return isinstance(event, Wait) and bool(phases) and phases[-1].startswith(title)

    person = Person(apply="yes")
    with pytest.raises(Cancelled):
        alone.apply(person, works)
    assert person.asked == []
    assert alone.at_rest()
    last = runner.attach(max(alone.runs.glob("*/run.json")).parent)
    assert last is not None
    assert last.code not in (0, 2), "it was interrupted, not waited for"
    assert not (alone.folder / "terraform.tfstate").exists()
    assert alone.apply(person).added == 1
    assert other.names() == {"a"}
