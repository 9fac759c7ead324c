"""Locks, unsaved states and late plans, with the real Terraform: asked about, and gone on from."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from wizard.core.drive import drive
from wizard.core.event import Ask, Event, Line, Phase
from wizard.core.problem import Problem
from wizard.core.question import Answers
from wizard.demo.aws import EmbeddedAws
from wizard.services.process import runner
from wizard.services.terraform import engine
from wizard.services.terraform.commands import Terraform
from wizard.services.terraform.mending import Locked
from wizard.steps import recovery

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(120)]
TWO = 'resource "terraform_data" "a" {}\nresource "terraform_data" "b" {}\n'
HELD = """
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "touch begun; n=0; while [ ! -e go ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n+1)); done"
  }
}
"""


class Person:
    """Answers by key; a list is answered one by one."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[Ask] = []
        self.on_ask: Callable[[], object] = lambda: None

    def answer(self, step: str, ask: Ask) -> Answers:
        self.asked.append(ask)
        self.on_ask()
        return {q.key: self._one(q.key) for q in ask.questions}

    def _one(self, key: str) -> str:
        given = self.answers[key]
        return str(given.pop(0)) if isinstance(given, list) else str(given)


class Place:
    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self.folder = folder / "module"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tool = Terraform(
            engine=engine.find(os.environ),
            folder=self.folder,
            environ={"PATH": os.environ["PATH"], "HOME": str(folder), **(environ or {})},
            runs=folder / "runs",
            explain=lambda text: None,
        )
        self.runs = folder / "runs"

    def do(self, run: Any, person: Person | None = None, pace: float = 1.0) -> tuple[Any, list[Event]]:
        events: list[Event] = []
        result = drive(
            "apply",
            run,
            on_event=events.append,
            asker=person or Person(),
            cancel=threading.Event(),
            pace=pace,
        )
        return result, events

    def write(self, text: str, name: str = "main.tf") -> None:
        (self.folder / name).write_text(text)

    def names(self) -> set[str]:
        state = json.loads((self.folder / "terraform.tfstate").read_text())
        return {each["name"] for each in state["resources"]}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def held(place: Place) -> Iterator[Place]:
    """Another process is in the middle of an apply here, until `go` is there."""
    place.write(HELD)
    place.do(place.tool.init())
    planned, _ = place.do(place.tool.plan())
    work = place.tool.apply(planned)
    while not (place.folder / "begun").exists():
        next(work)
    work.close()
    yield place
    (place.folder / "go").touch()
    for run in runner.unfinished(place.runs):
        for _ in run.tail():
            threading.Event().wait(0.02)


def test_whoever_waits_goes_on_when_the_other_has_ended(held: Place) -> None:
    person = Person(lock="wait")
    person.on_ask = (held.folder / "go").touch
    planned, _ = held.do(recovery.past_locks(held.tool, held.tool.plan), person, pace=0.2)
    assert not planned.has_changes
    (ask,) = person.asked
    choices = {each.value: each.unavailable for each in ask.questions[0].choices}
    assert choices["unlock"], "a lock on a local file ends with its process"
    assert "Its process works on this computer, with the number" in ask.reason
    assert ask.questions[0].default == "wait"


def test_whoever_stops_is_told_who_holds_it(held: Place) -> None:
    with pytest.raises(Locked) as caught:
        held.do(recovery.past_locks(held.tool, held.tool.plan), Person(lock="stop"))
    assert caught.value.alive is True


def test_a_plan_that_met_a_lock_can_still_be_applied(place: Place) -> None:
    place.write(HELD)
    place.do(place.tool.init())
    planned, _ = place.do(place.tool.plan())
    other, _ = place.do(place.tool.plan())
    work = place.tool.apply(planned)
    while not (place.folder / "begun").exists():
        next(work)
    with pytest.raises(Locked):
        place.do(place.tool.apply(other))
    assert other.file.exists()
    (place.folder / "go").touch()
    place.do(work)
    with pytest.raises(Problem) as caught:
        place.do(place.tool.apply(other))
    assert caught.value.code == "terraform.stale"
    assert not other.file.exists()


def test_a_state_that_was_not_saved_is_put_back(place: Place) -> None:
    place.write(TWO.splitlines()[0])
    place.do(place.tool.init())
    place.do(place.tool.apply(place.do(place.tool.plan())[0]))
    state = place.folder / "terraform.tfstate"
    early = state.read_bytes()
    place.write(TWO)
    place.do(place.tool.apply(place.do(place.tool.plan())[0]))
    shutil.copy(state, place.folder / "errored.tfstate")
    state.write_bytes(early)
    assert place.names() == {"a"}

    person = Person(put_back="yes")
    _, events = place.do(recovery.put_back(place.tool), person)
    assert "with 2 resources; the state now holds 1" in person.asked[0].reason
    commands = [event.command for event in events if isinstance(event, Phase)]
    assert commands[0].endswith("state push -force errored.tfstate")
    assert place.names() == {"a", "b"}
    assert not (place.folder / "errored.tfstate").exists()
    assert list(place.folder.glob("errored.tfstate.*.backup"))
    assert any(isinstance(event, Line) for event in events)
    assert not place.do(place.tool.plan())[0].has_changes


def test_without_a_yes_it_stays_and_planning_refuses(place: Place) -> None:
    place.write(TWO)
    place.do(place.tool.init())
    place.do(place.tool.apply(place.do(place.tool.plan())[0]))
    shutil.copy(place.folder / "terraform.tfstate", place.folder / "errored.tfstate")
    place.do(recovery.put_back(place.tool), Person(put_back="no"))
    with pytest.raises(Problem) as caught:
        place.do(place.tool.plan())
    assert caught.value.code == "terraform.errored_state"


BACKEND = """
terraform {
  backend "s3" {
    bucket       = "htd-states"
    key          = "one.tfstate"
    region       = "us-east-1"
    use_lockfile = true
  }
}
"""
LOCK = {
    "ID": "8f2a3c1e-1111-2222-3333-444455556666",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "ann@far-away",
    "Version": "1.11.4",
    "Created": "2026-11-24T09:58:00.376123871Z",
    "Path": "htd-states/one.tfstate",
}


def test_a_lock_that_was_left_in_a_bucket_is_removed_by_its_id(tmp_path: Path) -> None:
    with EmbeddedAws() as aws:
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="htd-states")
        environ = {
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": aws.root.access_key_id,
            "AWS_SECRET_ACCESS_KEY": aws.root.secret_access_key,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        place = Place(tmp_path, environ)
        place.write(TWO + BACKEND)
        place.do(place.tool.init())
        s3.put_object(Bucket="htd-states", Key="one.tfstate.tflock", Body=json.dumps(LOCK))
        person = Person(lock="unlock", lock_id=LOCK["ID"])
        planned, events = place.do(recovery.past_locks(place.tool, place.tool.plan), person)
        assert planned.plan.add == 2
        first, second = person.asked
        assert "ann@far-away" in first.reason
        assert "nobody can tell" in first.reason
        assert second.questions[0].fault("8f2a3c1e") is not None
        commands = [event.command for event in events if isinstance(event, Phase)]
        assert any(command.endswith(f"force-unlock -force {LOCK['ID']}") for command in commands)
