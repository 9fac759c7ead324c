"""What an interrupted apply left in AWS is looked for directly, and taken into the state by a plan that says so."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.steps.test_recovery import Person
from tests.steps.test_standing import Trap, applied, done, trap
from wizard.core.drive import drive
from wizard.core.event import Diff, Event
from wizard.services.terraform import adopt
from wizard.services.terraform.commands import PlannedRun
from wizard.steps import parts, recovery
from wizard.steps.standing import StandsAlready

__all__ = ["applied", "trap"]
pytestmark = [pytest.mark.terraform, pytest.mark.timeout(300)]


@pytest.fixture
def orphaned(applied: Trap) -> Trap:
    """AWS has all of it, and the state, as after an interrupt at the worst moment, knows of none."""
    (applied.folder / "terraform.tfstate").unlink()
    return applied


def planned(trap: Trap, person: Person) -> tuple[PlannedRun, list[Event]]:
    events: list[Event] = []
    tool = parts.terraform(trap.facts, trap.services)
    run = recovery.planned(tool, tool.plan)
    found = drive("apply", run, on_event=events.append, asker=person, cancel=threading.Event())
    return found, events


def test_a_yes_makes_a_plan_that_imports_and_an_apply_that_ends_the_matter(orphaned: Trap) -> None:
    without_a_yes_nothing_is_planned(orphaned)
    person = Person(adopt="adopt")
    found, events = planned(orphaned, person)
    actions = {change.address: change.action for change in found.plan.changes}
    assert {actions[each] for each in ("aws_iam_role.reader", "aws_s3_bucket.data")} == {"import"}
    (diff,) = [event for event in events if isinstance(event, Diff)]
    assert 'to = aws_iam_role.reader\n  id = "trap-reader"' in diff.after
    assert "trap-reader" in person.asked[0].reason
    assert not (orphaned.folder / adopt.FILE).exists(), "the plan holds them itself"
    done(parts.terraform(orphaned.facts, orphaned.services).apply(found))  # type: ignore[arg-type]  # only waited for
    again, _ = planned(orphaned, Person())
    assert not again.has_changes


def without_a_yes_nothing_is_planned(orphaned: Trap) -> None:
    with pytest.raises(StandsAlready) as caught:
        planned(orphaned, Person(adopt="stop"))
    assert caught.value.code == "plan.exists"
    assert not (orphaned.folder / adopt.FILE).exists()


def test_blocks_that_a_killed_wizard_left_are_swept_and_a_file_of_others_is_not(tmp_path: Path) -> None:
    with adopt.planning(tmp_path, {"aws_iam_role.a": "x-${y}"}):
        text = (tmp_path / adopt.FILE).read_text()
    assert not (tmp_path / adopt.FILE).exists()
    assert 'id = "x-$${y}"' in text
    (tmp_path / adopt.FILE).write_text(text)
    adopt.sweep(tmp_path)
    assert not (tmp_path / adopt.FILE).exists()
    (tmp_path / adopt.FILE).write_text("# mine\n")
    adopt.sweep(tmp_path)
    assert (tmp_path / adopt.FILE).read_text() == "# mine\n"
