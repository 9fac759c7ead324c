"""Whole journeys through a pretend world: real boto3, databricks-sdk and Terraform over loopback."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wizard import wiring
from wizard.core.event import Event
from wizard.core.flow import Flow
from wizard.core.journal import Journal
from wizard.core.journey import Script, Visit
from wizard.core.memory import Memory
from wizard.core.record import Record
from wizard.core.redact import Redactor
from wizard.demo.engine import choose
from wizard.demo.scenario import load
from wizard.demo.world import World
from wizard.steps import FRONT, STEPS


@dataclass
class Played:
    """A pretend world and a flow through it."""

    world: World
    flow: Flow
    visits: tuple[Visit, ...]
    home: Path
    redact: Redactor
    events: list[tuple[str, Event]] = field(default_factory=list)

    def visit(self, visit: Visit, leave_at: Callable[[Event], bool] = lambda _: False) -> object:
        """Perform one step as the visit says, or leave it at an event. Raises what the step raises."""
        step = FRONT if visit.step == FRONT.id else self.flow.step(visit.step)

        cancel = threading.Event()

        def note(event: Event) -> None:
            self.events.append((visit.step, event))
            if leave_at(event):
                cancel.set()

        return self.flow.perform(step, on_event=note, asker=Script(visit), cancel=cancel)

    def walk(self, until: str = "") -> None:
        """The scenario's journey, up to and without the step `until`; it must go as the scenario says."""
        from wizard.core.problem import Problem

        self.visit(Visit(FRONT.id))
        for visit in self.visits:
            if visit.step == until:
                return
            try:
                self.visit(visit)
                ended = "done"
            except Problem as problem:
                if visit.ends == "done":
                    raise AssertionError("\n".join(problem.lines())) from problem
                ended = "stopped"
            assert ended == visit.ends, visit


Play = Callable[..., Any]


@contextmanager
def playing(folder: Path, scenario_name: str, engine: str, start_seconds: float = 0.4) -> Iterator[Played]:
    from dataclasses import replace

    scenario = replace(load(scenario_name), start_seconds=start_seconds, latency=0.0)
    redact = Redactor()
    with ExitStack() as stack:
        paths = wiring.pretend_paths(folder)
        options = wiring.Options(engine=engine, attended=False)
        chosen = choose(os.environ, engine, paths)
        world = stack.enter_context(World(scenario, folder, os.environ, chosen, attended=False))
        services = wiring.pretend(world, options, paths, redact, stack)
        flow = Flow(
            STEPS,
            lambda: services,
            memory=Memory(paths.state / "answers.json"),
            journal=Journal(paths.state / "journal.jsonl", redact),
            keep=Record.at(paths.state, options.deployment, redact).keep,
        )
        stack.callback(flow.close)
        yield Played(world, flow, scenario.visits(tuple(s.id for s in STEPS)), folder, redact)


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Opens a pretend world: `with play("stuck", "recording") as played`."""
    monkeypatch.setenv("HTD_RECORDING_SECONDS", "0")

    def opens(scenario: str = "stuck", engine: str = "recording", **more: Any) -> Any:
        return playing(tmp_path / "demo", scenario, engine, **more)

    return opens
