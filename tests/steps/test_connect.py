"""The connect step over the wire: every change has its own yes, and what others set is asked about."""

from __future__ import annotations

import pytest

from tests.steps.alone import FAULTS, PROFILE, ROLE, Alone
from wizard.core.event import Ask, Diff, Table, Wait
from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who
from wizard.services.databricks.warehouse_config import CONFIG
from wizard.steps import STEPS

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
    ask = next(e for e in alone.events if isinstance(e, Ask))
    assert "Nightly will restart. 3 sessions will be cut off." in ask.questions[0].help
    assert alone.world.host in ask.questions[0].prompt
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
    assert problem.message == sheet, "a key opens it, to copy or save"
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


def test_what_was_changed_is_put_back_after_its_own_yes(alone: Alone) -> None:
    before = alone.world.config
    alone.perform("connect", YES)
    alone.world.set_config({**alone.world.config, "statement_history_days": 99})
    count = len(alone.changes)
    assert alone.stopped("connect", {"undo": "no"}, undo=True).code == "connect.kept"
    assert alone.stopped("connect", {}, undo=True).code == "answers.missing"
    assert len(alone.changes) == count
    answers = {"undo": "yes", "registration": "no"}
    assert alone.stopped("connect", answers, undo=True).code == "connect.undone"
    assert alone.world.config == {**before, "statement_history_days": 99}, "what others changed since stays"
    assert alone.changes[count:] == ["PUT warehouses 200"]
    # The wizard added the profile, so it offers to take it out as well.
    again = alone.stopped("connect", {"registration": "yes"}, undo=True)
    assert "was taken out" in again.why
    assert alone.changes[count + 1 :] == ["POST remove 200"]
    assert alone.stopped("connect", {}, undo=True).code == "connect.undone"
    assert len(alone.changes) == count + 2


def test_the_way_back_is_found_again_in_a_later_session(alone: Alone) -> None:
    first = alone.perform("connect", YES)
    again = alone.perform("connect", {})
    assert (again.changed, again.backup) == (False, first.backup)


def test_what_somebody_else_set_since_is_not_undone(alone: Alone) -> None:
    alone.perform("connect", YES)
    alone.world.set_config({**alone.world.config, "instance_profile_arn": OTHER})
    count = len(alone.changes)
    assert alone.stopped("connect", {"undo": "yes"}, undo=True).code == "config.others"
    assert len(alone.changes) == count


def test_only_a_step_that_changed_something_can_be_undone(alone: Alone) -> None:
    connect = next(step for step in STEPS if step.id == "connect")
    assert connect.undo(alone.facts) is None
    alone.perform("connect", YES)
    assert connect.undo(alone.facts) is not None
    assert [step.id for step in STEPS if step.undo(alone.facts) is not None] == ["connect"]


CALLS = (
    "GET /api/2.0/instance-profiles/list",
    "POST /api/2.0/instance-profiles/add",
    f"GET {CONFIG}",
    f"PUT {CONFIG}",
    "GET /api/2.0/sql/warehouses",
)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS)
def test_a_fault_of_any_call_is_survived_or_told_and_nothing_is_written_twice(
    alone: Alone, call: str, fault: str
) -> None:
    before = alone.world.config
    alone.world.faults.add(call, **FAULTS[fault])
    told = None
    try:
        alone.perform("connect", YES)
    except Problem as problem:
        told = problem
    if told is not None:
        assert told.remedy
        assert alone.world.config == before
        alone.perform("connect", YES)
    assert alone.world.config == {**before, "instance_profile_arn": PROFILE}
    done = [c.status for c in alone.world.calls if c.method == "PUT"]
    refused_first = call.startswith("PUT") and fault in ("429", "500", "503")
    assert len(done) == (2 if refused_first else 1)
    found = next(s for s in STEPS if s.id == "connect").prove(alone.facts, alone.services)
    assert {finding.verdict for finding in found} == {Verdict.PROVEN}


def test_a_first_look_after_each_change_may_be_old_news(alone: Alone) -> None:
    before = alone.world.config
    alone.world.faults.add("GET /api/2.0/instance-profiles/list", status=200, body={}, skip=1)
    alone.world.faults.add(f"GET {CONFIG}", status=200, body=before, skip=2)
    alone.perform("connect", YES)
    assert alone.world.config == {**before, "instance_profile_arn": PROFILE}
    assert [c.method for c in alone.world.calls].count("PUT") == 1
    assert {e.reason for e in alone.events if isinstance(e, Wait)} == {
        "The registration may not show yet.",
        "The change may not show yet.",
    }


def test_a_first_look_that_is_old_news_stops_before_anything_is_written(alone: Alone) -> None:
    old = {**alone.world.config, "statement_history_days": 1}
    alone.world.faults.add(f"GET {CONFIG}", status=200, body=old)
    problem = alone.stopped("connect", YES)
    assert (problem.code, problem.evidence) == (
        "config.moved",
        ("Changed meanwhile: statement_history_days",),
    )
    assert [c for c in alone.world.calls if c.method == "PUT"] == []
