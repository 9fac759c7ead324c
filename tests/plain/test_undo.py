"""Putting the SQL configuration back, from an answers file and line by line."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from tests.steps.alone import Alone, Front, flow_of, open_alone, way_back_of
from wizard.core.event import Ask
from wizard.core.facts import Connected
from wizard.core.journey import Visit, visits
from wizard.core.question import Answers
from wizard.plain import guide as guided
from wizard.plain.guide import End, guide
from wizard.plain.printer import Printer
from wizard.plain.unattended import walk
from wizard.steps.step import Step
from wizard.steps.undo.front import Before

YES = {"change": "yes", "skip_validation": "yes"}
BACK = {"step": "connect", "undo": True, "ends": "stopped", "answers": {"undo": "yes", "registration": "yes"}}


@pytest.fixture
def front() -> Step[object]:
    return Front()  # type: ignore[return-value]  # a step is invariant in its fact


def test_a_visit_with_undo_puts_it_back(tmp_path: Path, front: Step[object]) -> None:
    with open_alone(tmp_path) as alone:
        before = alone.world.config
        flow = flow_of(alone, "connect")
        out = io.StringIO()
        forth, back = Visit("connect", YES), *visits([BACK], ["connect"])
        assert walk(flow, front, [forth], Printer(out), threading.Event()) is None
        assert alone.world.config != before
        assert walk(flow, front, [back], Printer(out), threading.Event()) is None
        assert alone.world.config == before
        assert Connected not in flow.facts
        assert "is as it was before this step" in out.getvalue()


class Person:
    """Somebody at the prompts who connects, stops at the warehouse, and undoes."""

    def __init__(self, alone: Alone) -> None:
        self.alone = alone
        self.offered: list[list[str]] = []

    def answer(self, step: str, ask: Ask) -> Answers:
        key = ask.questions[0].key
        if key == "way":
            self.offered.append([choice.value for choice in ask.questions[0].choices])
            return {"way": "undo:connect" if len(self.offered) == 1 else "stop"}
        return {key: {**YES, "start": "no", "undo": "yes", "registration": "no"}[key]}


def test_after_a_stop_undoing_is_one_of_the_ways(
    tmp_path: Path, front: Step[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_alone(tmp_path) as alone:
        before = alone.world.config
        person = Person(alone)
        monkeypatch.setattr(guided, "Prompts", lambda say: person)
        flow = flow_of(alone, "connect", "warehouse")
        assert guide(flow, front, "", str, threading.Event()) is End.STOPPED
        assert alone.world.config == before
        assert "undo:connect" in person.offered[0]
        assert "undo:connect" not in person.offered[1]
        assert "Undo: Connect the workspace" in capsys.readouterr().out


class Leaving:
    """Somebody at the prompts of the way back, who says no, then meets a workspace that does not answer."""

    def __init__(self, alone: Alone) -> None:
        self.alone = alone
        self.asked: list[str] = []

    def answer(self, step: str, ask: Ask) -> Answers:
        key = ask.questions[0].key
        self.asked.append(key)
        if key == "way":
            labels = {choice.value: choice.label for choice in ask.questions[0].choices}
            assert labels["registration"].startswith("Leave it, and go on to")
            return {"way": "registration"}
        return {key: "no"}


def test_line_by_line_the_way_back_goes_on_past_what_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_alone(tmp_path) as alone:
        alone.perform("connect", YES)
        made = len(alone.changes)
        person = Leaving(alone)
        monkeypatch.setattr(guided, "Prompts", lambda say: person)
        config = "GET /api/2.0/sql/config/warehouses"
        alone.world.faults.add(config, status=403, body={"error_code": "PERMISSION_DENIED", "message": "no"})
        flow = way_back_of(alone)
        # What stopped is offered once more before the end.
        assert guide(flow, cast(Any, Before()), "", str, threading.Event()) is End.COMPLETE
        assert person.asked == ["way", "config"]
        assert len(alone.changes) == made
        said = capsys.readouterr().out
        assert "◌ left as it is" in said
        assert flow.ending in said
