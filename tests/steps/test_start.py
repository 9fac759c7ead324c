"""The front page: what it says about an apply that went on when the wizard was gone."""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wizard.core.drive import drive
from wizard.core.event import Ask, Event, ResourceRow
from wizard.core.facts import Facts, Machine
from wizard.core.finding import Finding, Verdict
from wizard.core.paths import Paths
from wizard.core.problem import Cancelled
from wizard.core.question import Answers
from wizard.services import Services
from wizard.services.aws.session import AwsPlaces
from wizard.services.process import runner
from wizard.services.process.runner import DetachedRun
from wizard.services.terraform import module
from wizard.services.terraform.engine import Engine
from wizard.steps.start import Start

STREAMS = Path(__file__).parents[1] / "data" / "terraform-json"
SAYS = """
import pathlib, sys, time
print(pathlib.Path(sys.argv[3]).read_text(), end="", flush=True)
while not pathlib.Path(sys.argv[4]).exists(): time.sleep(0.01)
sys.exit(int(sys.argv[5]))
"""


class Place:
    """A folder with the module, and applies in it that say what a recorded one said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = Paths(folder / "home", folder / "data", folder / "state", folder / "cache")
        self.module = module.locate(None, folder, self.paths.data, "default", module.packaged()).path
        self.go = folder / "go"

    def apply(self, stream: str, code: int = 0) -> DetachedRun:
        """An apply that ends with `code` when the file `go` is there."""
        words = [f"-chdir={self.module}", "apply", str(STREAMS / f"{stream}.jsonl"), str(self.go), str(code)]
        argv = [sys.executable, "-I", "-c", SAYS, *words]
        return runner.start(argv, {}, self.paths.state / "runs" / "one-apply", datetime.now(UTC))

    def ended(self, stream: str, code: int = 0) -> None:
        """Such an apply, ended with nobody there."""
        self.go.touch()
        run = self.apply(stream, code)
        while run.alive or runner.is_held(run.folder / "lock"):
            time.sleep(0.01)

    def start(self, cancel: threading.Event | None = None) -> list[Event]:
        """What a new wizard's front page tells."""
        told: list[Event] = []
        services = Services(
            environ={},
            paths=self.paths,
            cwd=self.folder,
            aws_places=AwsPlaces.of({}, self.paths.home),
            workspace_url=lambda host: host,
            find_engine=lambda: Engine("terraform", ("terraform",), "1.11.4"),
            open_browser=lambda url: False,
        )
        facts = Facts({Machine: ()})
        drive(
            "start",
            Start().run(facts, services),
            on_event=told.append,
            asker=_Nobody(),
            cancel=cancel or threading.Event(),
            pace=0.1,
        )
        return told


class _Nobody:
    def answer(self, step: str, ask: Ask) -> Answers:
        raise AssertionError("it asks nothing")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def last_apply(events: list[Event]) -> Finding | None:
    return next((e for e in events if isinstance(e, Finding) and e.id == "machine.apply"), None)


def test_without_an_earlier_apply_nothing_is_said(place: Place) -> None:
    assert last_apply(place.start()) is None


def test_how_it_ended_is_told_once(place: Place) -> None:
    place.ended("apply_ok")
    events = place.start()
    found = last_apply(events)
    assert found is not None
    assert (found.verdict, found.evidence.split(",")[0]) == (Verdict.PROVEN, "complete: 25 added")
    assert {e.state for e in events if isinstance(e, ResourceRow)} == {"done"}
    assert last_apply(place.start()) is None


def test_that_it_failed_is_told_with_the_reason_and_the_journey_goes_on(place: Place) -> None:
    place.ended("apply_fail_partial", 1)
    found = last_apply(place.start())
    assert found is not None
    assert found.verdict is Verdict.GAP
    assert found.problem is not None
    assert found.problem.code.startswith("aws.denied")


def test_one_that_still_works_is_followed_to_its_end(place: Place) -> None:
    place.apply("apply_ok")
    threading.Timer(0.5, place.go.touch).start()
    found = last_apply(place.start())
    assert found is not None
    assert found.verdict is Verdict.PROVEN


def test_given_up_it_works_on_and_is_told_the_next_time(place: Place) -> None:
    run, cancel = place.apply("apply_ok"), threading.Event()
    threading.Timer(0.5, cancel.set).start()
    with pytest.raises(Cancelled):
        place.start(cancel)
    assert run.alive
    place.go.touch()
    assert last_apply(place.start()) is not None
