"""Registering a profile: what is sent, what is tried again, what is told."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from wizard.core.event import Event, Noted, Phase, Wait
from wizard.core.facts import Registered
from wizard.core.finding import Verdict
from wizard.core.problem import Problem, Who
from wizard.services.databricks import instance_profiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.services.databricks.conftest import Drive
    from wizard.demo.workspace import EmbeddedWorkspace
    from wizard.services.databricks.client import Workspace

PROFILE = "arn:aws:iam::123456789012:instance-profile/htd-instance-profile"
ROLE = "arn:aws:iam::123456789012:role/htd-role"
ADD = "POST /api/2.0/instance-profiles/add"
TOO_NEW = {
    "error_code": "DRY_RUN_FAILED",
    "message": f"Verification of the instance profile failed. AWS error: Value ({PROFILE}) for parameter "
    "iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN",
}
DENIED = {
    "error_code": "DRY_RUN_FAILED",
    "message": "Verification of the instance profile failed. AWS error: You are not authorized to perform this "
    "operation. Encoded authorization failure message: 7MwWBEFC",
}


def _posts(world: EmbeddedWorkspace) -> list[str]:
    return [f"{c.path.rsplit('/', 1)[-1]} {c.status}" for c in world.calls if c.mutating]


def test_a_new_profile_is_added_with_its_role_once_the_try_is_given_up(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive
) -> None:
    plan = instance_profiles.plan(admin, PROFILE, ROLE)
    assert (plan.action, plan.changed, plan.before_text) == ("add", True, "")
    assert ROLE in plan.after_text
    world.faults.add(ADD, status=400, body=DENIED)
    with pytest.raises(Problem) as caught:
        drive(instance_profiles.register(admin, plan))
    assert (caught.value.code, caught.value.who) == (instance_profiles.VALIDATION, Who.AWS_ADMIN)
    assert caught.value.copy.startswith("aws sts decode-authorization-message --encoded-message 7MwWBEFC\n")
    assert json.loads(caught.value.copy.partition("\n\n")[2])["Resource"] == ROLE
    profile, events = drive(instance_profiles.register(admin, plan, skip_validation=True))
    assert (profile.arn, profile.role_arn) == (PROFILE, ROLE)
    assert _posts(world) == ["add 400", "add 200"]
    assert any(
        isinstance(e, Phase) and e.command.endswith(f"--iam-role-arn {ROLE} --skip-validation")
        for e in events
    )
    again = instance_profiles.plan(admin, PROFILE, ROLE)
    assert (again.action, again.changed, again.reason) == ("none", False, "")
    assert again.before_text == again.after_text
    drive(instance_profiles.register(admin, again))
    assert _posts(world) == ["add 400", "add 200"]


def test_a_profile_that_is_too_new_is_tried_again(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive
) -> None:
    world.faults.add(ADD, status=400, body=TOO_NEW, times=3)
    world.faults.add(ADD, status=200, body={})
    world.add_registration(PROFILE + "-other", ROLE)
    plan = instance_profiles.plan(admin, PROFILE, ROLE)
    world.faults.add("GET */list", status=200, body={"instance_profiles": [_entry(ROLE)]})
    _, events = drive(instance_profiles.register(admin, plan))
    assert len([e for e in events if isinstance(e, Wait)]) == 3
    assert _posts(world) == ["add 400", "add 400", "add 400", "add 200"]


def _entry(role: str) -> dict[str, object]:
    return {"instance_profile_arn": PROFILE, "iam_role_arn": role, "is_meta_instance_profile": False}


def test_two_minutes_of_waiting_end(world: EmbeddedWorkspace, admin: Workspace, drive: Drive) -> None:
    world.faults.add(ADD, status=400, body=TOO_NEW, times=-1)
    plan = instance_profiles.plan(admin, PROFILE, ROLE)
    with pytest.raises(Problem) as caught:
        drive(instance_profiles.register(admin, plan))
    assert caught.value.code == instance_profiles.VALIDATION
    assert caught.value.why.startswith("After two minutes")
    assert caught.value.copy == "aws iam get-instance-profile --instance-profile-name htd-instance-profile"
    assert 100 < sum(instance_profiles._PAUSES) <= 120


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ("", "It is registered without its role"),
        (PROFILE, "It is registered with its own ARN in place of the role's"),
        (ROLE + "-old", "It is registered with another role, htd-role-old."),
    ],
)
def test_a_registration_with_another_role_is_edited(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, held: str, reason: str
) -> None:
    world.add_registration(PROFILE, held)
    plan = instance_profiles.plan(admin, PROFILE, ROLE)
    assert plan.action == "edit"
    assert plan.reason.startswith(reason)
    assert instance_profiles.finding(admin, PROFILE, ROLE).verdict is Verdict.GAP
    drive(instance_profiles.register(admin, plan))
    assert _posts(world) == ["edit 200"]
    assert instance_profiles.finding(admin, PROFILE, ROLE).verdict is Verdict.PROVEN


def test_equal_names_need_no_role(world: EmbeddedWorkspace, admin: Workspace) -> None:
    world.add_registration(PROFILE)
    same = ROLE.replace("htd-role", "htd-instance-profile")
    assert instance_profiles.plan(admin, PROFILE, same).action == "none"


def test_somebody_who_was_quicker_makes_it_an_edit(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive
) -> None:
    plan = instance_profiles.plan(admin, PROFILE, ROLE)
    world.add_registration(PROFILE)
    profile, _ = drive(instance_profiles.register(admin, plan))
    assert profile.role_arn == ROLE
    assert _posts(world) == ["add 400", "edit 200"]


def test_who_is_no_admin_hears_it(analyst: Workspace, drive: Drive) -> None:
    with pytest.raises(Problem) as caught:
        drive(instance_profiles.register(analyst, instance_profiles.plan(analyst, PROFILE, ROLE)))
    assert caught.value.code == "databricks.not_admin"


def test_what_is_not_kept_is_told(world: EmbeddedWorkspace, admin: Workspace, drive: Drive) -> None:
    plan = instance_profiles.plan(admin, PROFILE, ROLE)
    world.faults.add(ADD, status=200, body={})
    with pytest.raises(Problem) as caught:
        drive(instance_profiles.register(admin, plan))
    assert caught.value.code == "profile.not_kept"


@pytest.mark.parametrize(
    "lost",
    [{"drop": True}, {"status": 500, "body": {"message": "x"}, "after_handler": True}],
)
def test_an_answer_that_got_lost_is_looked_up_and_noted(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, lost: dict[str, Any]
) -> None:
    plan = instance_profiles.plan(admin, PROFILE, ROLE)
    world.faults.add(ADD, **lost)
    profile, events = drive(instance_profiles.register(admin, plan, skip_validation=True))
    assert profile.role_arn == ROLE
    assert len(_posts(world)) == 1
    assert _noted(events) == ["asked", "yes"]


@pytest.mark.parametrize("status", [500, 503])
def test_a_request_that_never_arrived_is_told_and_stays_asked_for(
    world: EmbeddedWorkspace, admin: Workspace, status: int
) -> None:
    plan = instance_profiles.plan(admin, PROFILE, ROLE)
    world.faults.add(ADD, status=status, body={"message": "x"}, headers={"Retry-After": "0"}, times=-1)
    events: list[Event] = []
    with pytest.raises(Problem) as caught:
        events.extend(instance_profiles.register(admin, plan))
    assert caught.value.code == "profile.not_added"
    assert len(_posts(world)) == 2
    assert set(_noted(events)) == {"asked"}


def test_a_refusal_is_noted_as_one(world: EmbeddedWorkspace, admin: Workspace, drive: Drive) -> None:
    plan = instance_profiles.plan(admin, PROFILE, ROLE)
    world.add_registration(PROFILE)
    _, events = drive(instance_profiles.register(admin, plan))
    assert _noted(events) == ["asked", "no"]


def _noted(events: Sequence[Event]) -> list[str]:
    facts = [event.fact for event in events if isinstance(event, Noted)]
    assert all(isinstance(fact, Registered) and fact.instance_profile_arn == PROFILE for fact in facts)
    return [fact.added for fact in facts if isinstance(fact, Registered)]


@pytest.mark.parametrize(("profile", "role"), [("", ROLE), (ROLE, ROLE), (PROFILE, ""), (PROFILE, PROFILE)])
def test_outputs_that_are_no_arns_are_told(admin: Workspace, profile: str, role: str) -> None:
    with pytest.raises(Problem) as caught:
        instance_profiles.plan(admin, profile, role)
    assert (caught.value.code, caught.value.step) == ("profile.arn", "apply")


def test_a_gap_offers_the_command(admin: Workspace) -> None:
    found = instance_profiles.finding(admin, PROFILE, ROLE)
    assert found.problem is not None
    assert re.search(rf"add {PROFILE} --iam-role-arn {ROLE}", found.problem.copy)
