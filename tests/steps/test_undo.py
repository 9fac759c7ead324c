"""Taking the registration back: only what the wizard itself added, and only while nothing needs it."""

from __future__ import annotations

import threading

import pytest

from tests.steps.alone import PROFILE, ROLE, Alone
from wizard.core.drive import drive
from wizard.core.event import Ask, Diff, Event
from wizard.core.facts import Connected
from wizard.core.journey import Script, Visit
from wizard.services.databricks import instance_profiles
from wizard.services.databricks.client import Workspace
from wizard.steps.undo import Undone, undo

ALL = {"config": "yes", "registration": "yes", "stop": "yes"}
COMMAND = f"databricks instance-profiles remove {PROFILE}"


def undone(alone: Alone, answers: dict[str, str]) -> tuple[Undone, list[Event]]:
    taken = Undone()
    events: list[Event] = []
    script = Script(Visit("undo", answers))
    run = undo(alone.facts, alone.services, taken)
    drive("undo", run, on_event=events.append, asker=script, cancel=threading.Event())
    return taken, events


def asked(events: list[Event]) -> list[str]:
    return [question.key for event in events if isinstance(event, Ask) for question in event.questions]


def registered(alone: Alone) -> list[str]:
    assert isinstance(alone.services.workspace, Workspace)
    return [profile.arn for profile in instance_profiles.listed(alone.services.workspace)]


def test_what_the_wizard_added_is_shown_asked_by_name_and_taken_out(alone: Alone) -> None:
    alone.perform("connect", {"change": "yes", "skip_validation": "yes"})
    taken, events = undone(alone, ALL)
    assert registered(alone) == []
    assert [
        e.before.count(ROLE) for e in events if isinstance(e, Diff) and PROFILE in e.before and not e.after
    ] == [1]
    question = next(
        e for e in events if isinstance(e, Ask) and e.questions[0].key == "registration"
    ).questions[0]
    assert "htd-instance-profile" in question.prompt
    assert COMMAND in question.help
    assert (question.default, question.always_ask) == ("no", True)
    assert any("taken out" in line for line in taken.done)
    assert COMMAND not in [way for _, way in taken.stays]
    assert Connected in taken.forgotten


def test_what_was_added_before_the_step_failed_is_still_ours(alone: Alone) -> None:
    alone.world.faults.add("PUT /api/2.0/sql/config/warehouses", status=403, body={"message": "no"})
    alone.stopped("connect", {"change": "yes", "skip_validation": "yes"})
    assert alone.facts.get(Connected) is None
    alone.perform("connect", {"change": "yes"})
    undone(alone, ALL)
    assert registered(alone) == []


@pytest.mark.parametrize("before", [ROLE, ""])
def test_what_somebody_else_registered_is_left_and_its_command_is_told(alone: Alone, before: str) -> None:
    alone.world.add_registration(PROFILE, before)
    alone.perform("connect", {"change": "yes", "skip_validation": "yes"})
    taken, events = undone(alone, ALL)
    assert "registration" not in asked(events)
    assert registered(alone) == [PROFILE]
    assert COMMAND in [way for _, way in taken.stays]


def test_while_the_configuration_names_it_or_others_changed_it_it_is_left(alone: Alone) -> None:
    alone.perform("connect", {"change": "yes", "skip_validation": "yes"})
    _, events = undone(alone, {**ALL, "config": "no"})
    assert "registration" not in asked(events)
    alone.world.add_registration(PROFILE, "arn:aws:iam::123456789012:role/theirs")
    _, events = undone(alone, ALL)
    assert "registration" not in asked(events)
    assert registered(alone) == [PROFILE]


def test_a_lost_answer_is_looked_after_and_a_no_leaves_it(alone: Alone) -> None:
    alone.perform("connect", {"change": "yes", "skip_validation": "yes"})
    taken, _ = undone(alone, {**ALL, "registration": "no"})
    assert (registered(alone), COMMAND in [way for _, way in taken.stays]) == ([PROFILE], True)
    alone.world.faults.add("POST /api/2.0/instance-profiles/remove", drop=True)
    taken, _ = undone(alone, ALL)
    assert registered(alone) == []
    assert any("taken out" in line for line in taken.done)
