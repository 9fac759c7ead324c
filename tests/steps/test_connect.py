"""The connect step over the wire: every change has its own yes, and what others set is asked about."""

from __future__ import annotations

import pytest

from tests.steps.alone import PROFILE, ROLE, Alone
from wizard.core.event import Diff, Table
from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Who
from wizard.services.databricks.warehouse_config import CONFIG

YES = {"change": "yes", "skip_validation": "yes"}
OTHER = "arn:aws:iam::999999999999:instance-profile/lake"


def test_every_change_has_its_own_yes(alone: Alone) -> None:
    assert alone.stopped("connect", {"change": "no"}).code == "connect.declined"
    assert alone.changes == []
    assert alone.stopped("connect", {}).code == "answers.missing"
    assert alone.changes == []
    problem = alone.stopped("connect", {"change": "yes", "skip_validation": "no"})
    assert (problem.code, problem.who) == ("profile.validation", Who.AWS_ADMIN)
    assert alone.changes == ["POST add 400"]
    before = alone.world.config
    fact = alone.perform("connect", YES)
    assert alone.changes[1:] == ["POST add 400", "POST add 200", "PUT warehouses 200"]
    assert alone.world.config == {**before, "instance_profile_arn": PROFILE}
    assert (fact.changed, fact.role_arn, fact.security_policy) == (True, ROLE, "DATA_ACCESS_CONTROL")
    dry = next(e for e in alone.events if isinstance(e, Finding) and e.id == "connect.dry_run")
    assert dry.verdict is Verdict.UNKNOWN
    count = len(alone.changes)
    assert not alone.perform("connect", {}).changed
    assert len(alone.changes) == count


def test_what_restarts_and_who_is_cut_off_is_shown_first(alone: Alone) -> None:
    alone.world.add_warehouse("a" * 16, "Nightly", state="RUNNING", sessions=3)
    alone.world.add_warehouse("b" * 16, "Resting")
    alone.stopped("connect", {"change": "no"})
    table = next(e for e in alone.events if isinstance(e, Table))
    assert [row[0] for row in table.rows] == ["Nightly"]
    assert table.note == "3 sessions will be cut off."
    assert [e.title for e in alone.events if isinstance(e, Diff)] == [
        "Registered instance profile",
        "SQL warehouse configuration of the workspace",
    ]


def test_another_profile_is_replaced_only_when_that_is_wanted(alone: Alone) -> None:
    alone.world.set_config({**alone.world.config, "instance_profile_arn": OTHER})
    problem = alone.stopped("connect", YES | {"replace": "no"})
    assert (problem.code, problem.evidence) == ("connect.others", (OTHER,))
    assert "999999999999" in problem.why
    assert alone.stopped("connect", YES).code == "answers.missing"
    assert alone.changes == []
    alone.perform("connect", YES | {"replace": "yes"})
    assert alone.world.config["instance_profile_arn"] == PROFILE


@pytest.mark.parametrize("held", ["NONE", "PASSTHROUGH"])
def test_another_policy_stays_unless_it_is_changed_on_purpose(alone: Alone, held: str) -> None:
    alone.world.set_config({**alone.world.config, "security_policy": held})
    assert alone.perform("connect", YES).security_policy == held
    assert alone.world.config["security_policy"] == held


def test_another_policy_can_be_changed_with_the_rest(alone: Alone) -> None:
    alone.world.set_config({**alone.world.config, "security_policy": "NONE"})
    alone.perform("connect", YES | {"security_policy": "DATA_ACCESS_CONTROL"})
    assert alone.world.config["security_policy"] == "DATA_ACCESS_CONTROL"


def test_who_is_no_administrator_gets_a_sheet_to_hand_on(alone: Alone) -> None:
    alone.sign_in(alone.world.user_token)
    problem = alone.stopped("connect", YES)
    assert (problem.code, problem.who) == ("connect.not_admin", Who.WORKSPACE_ADMIN)
    assert alone.changes == []
    sheet = problem.copy
    assert f"# For an administrator of the Databricks workspace {alone.world.host}" in sheet
    assert "you@example.com" in sheet
    assert f"databricks instance-profiles add {PROFILE} --iam-role-arn {ROLE} --skip-validation" in sheet
    assert f"databricks api put {CONFIG} --json @sql-config-after.json" in sheet
    assert sheet.endswith(f"databricks api put {CONFIG} --json @sql-config-before.json")


def test_an_administrator_of_the_document_only_gets_the_sheet_as_well(alone: Alone) -> None:
    body = {"error_code": "PERMISSION_DENIED", "message": "This API is reserved to admin users"}
    alone.world.faults.add(f"PUT {CONFIG}", status=403, body=body)
    assert alone.stopped("connect", YES).code == "connect.not_admin"


def test_an_expired_token_and_an_address_list_keep_their_own_words(alone: Alone) -> None:
    alone.sign_in("dapi-old")
    problem = alone.stopped("connect", YES)
    assert (problem.code, problem.step) == ("databricks.token", "workspace")
    alone.sign_in(alone.world.token)
    body = {"message": "Source IP address: 10.1.2.3 is blocked by Databricks IP ACL for workspace: 1"}
    alone.world.faults.add(f"GET {CONFIG}", status=403, body=body)
    problem = alone.stopped("connect", YES)
    assert (problem.code, problem.who) == ("databricks.network", Who.WORKSPACE_ADMIN)
    assert "10.1.2.3" in problem.copy
