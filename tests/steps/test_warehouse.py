"""The warehouse step over the wire: one yes, then it is watched; who comes back looks on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.steps.alone import FAULTS, PROFILE, ROLE, WAREHOUSE, Alone
from wizard.core.event import Ask, Line, WarehouseSeen
from wizard.core.facts import Connected
from wizard.core.problem import Problem
from wizard.services.databricks.starts import Starts

START = f"/api/2.0/sql/warehouses/{WAREHOUSE}/start"
HEALTHY = {"id": WAREHOUSE, "name": "W", "state": "RUNNING", "enable_serverless_compute": True}
STARTING = {**HEALTHY, "state": "STARTING"}


@pytest.fixture(autouse=True)
def ready(alone: Alone) -> None:
    alone.facts = alone.facts.put(Connected(PROFILE, ROLE, "DATA_ACCESS_CONTROL", True))


def test_nothing_is_started_before_a_yes(alone: Alone) -> None:
    assert alone.stopped("warehouse", {}).code == "answers.missing"
    assert alone.stopped("warehouse", {"start": "no"}).code == "warehouse.declined"
    assert alone.changes == []
    ask = next(e for e in alone.events if isinstance(e, Ask))
    assert "It stops by itself after 10 idle minutes. Estimate: 4 DBU an hour" in ask.questions[0].help
    fact = alone.perform("warehouse", {"start": "yes"})
    assert (fact.state, fact.health) == ("RUNNING", "HEALTHY")
    assert alone.changes == ["POST start 200"]
    path = [e.text for e in alone.events if isinstance(e, Line)]
    assert path[-1].endswith("then RUNNING HEALTHY.")


def test_one_that_runs_is_left_alone_and_teaches_nothing(alone: Alone) -> None:
    alone.perform("warehouse", {"start": "yes"})
    alone.perform("warehouse", {})
    assert alone.changes == ["POST start 200"]
    starts = (alone.services.paths.state / "starts.json").read_text()
    assert starts.count(".") < 10
    assert '"begun": ""' in starts


def test_what_is_usual_comes_from_ones_own_starts(alone: Alone) -> None:
    known = Starts(alone.services.paths.state / "starts.json", alone.world.host, WAREHOUSE)
    for seconds in (8.0, 9.0, 10.0):
        known.ended(seconds)
    alone.perform("warehouse", {"start": "yes"})
    looks = [e for e in alone.events if isinstance(e, WarehouseSeen)]
    assert {(look.typical_from, look.typical) for look in looks} == {("your last 3 starts", (8.0, 10.0))}
    assert known.typical().origin == "your last 4 starts"


def test_one_that_starts_already_is_watched_without_a_second_start(alone: Alone) -> None:
    path = f"GET /api/2.0/sql/warehouses/{WAREHOUSE}"
    alone.world.faults.add(path, status=200, body=STARTING, times=3)
    alone.world.faults.add(path, status=200, body=HEALTHY, times=-1)
    alone.perform("warehouse", {})
    assert alone.changes == []
    assert [e.state for e in alone.events if isinstance(e, WarehouseSeen)] == [
        "STARTING",
        "STARTING",
        "RUNNING",
    ]


def test_who_comes_back_goes_on_counting(alone: Alone) -> None:
    path = f"GET /api/2.0/sql/warehouses/{WAREHOUSE}"
    noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    alone.services.now = lambda: noon
    # A start that went out and whose end nobody saw.
    Starts(alone.services.paths.state / "starts.json", alone.world.host, WAREHOUSE).begun(noon)
    alone.services.now = lambda: noon + timedelta(seconds=75)
    alone.world.faults.add(path, status=200, body=STARTING, times=2)
    alone.world.faults.add(path, status=200, body=HEALTHY, times=-1)
    fact = alone.perform("warehouse", {})
    assert fact.seconds >= 75
    notes = [e.note for e in alone.events if isinstance(e, WarehouseSeen)]
    assert notes[0].startswith("This is slower than usual")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_every_call_is_survived_or_told_and_it_runs_in_the_end(alone: Alone, fault: str) -> None:
    looking = f"GET /api/2.0/sql/warehouses/{WAREHOUSE}"
    for call, skip in ((looking, 0), (looking, 1), (looking, 2), (f"POST {START}", 0)):
        alone.world.faults.add(call, **FAULTS[fault], skip=skip)
    answers = {"start": "yes"}
    for _ in range(4):
        try:
            fact = alone.perform("warehouse", answers)
        except Problem as told:
            assert told.remedy  # noqa: PT017  # some are survived without a word
            assert told.code != "warehouse.stopped"  # noqa: PT017  # as above
        else:
            break
    assert fact.state == "RUNNING"
    assert {change.rsplit(" ", 1)[0] for change in alone.changes} == {"POST start"}


def test_who_may_not_start_it_hears_it(alone: Alone) -> None:
    alone.world.add_warehouse(WAREHOUSE, user_permission="CAN_VIEW")
    alone.sign_in(alone.world.user_token)
    problem = alone.stopped("warehouse", {"start": "yes"})
    assert problem.code == "databricks.warehouse_denied"
    grant = '{"access_control_list": [{"user_name": "analyst@example.com", "permission_level": "CAN_USE"}]}'
    assert problem.copy == f"databricks warehouses update-permissions {WAREHOUSE} --json '{grant}'"


def test_a_failure_leads_to_the_first_broken_joint(alone: Alone) -> None:
    other = PROFILE.replace("htd-", "other-")
    alone.world.set_config({**alone.world.config, "instance_profile_arn": other})
    problem = alone.stopped("warehouse", {"start": "yes"})
    assert (problem.code, problem.step) == ("warehouse.invalid_argument", "connect")
    assert "does not know which role the instance profile stands for" in problem.why
    assert f"databricks instance-profiles add {PROFILE}" in problem.copy
    assert any("is not registered in this workspace" in line for line in problem.evidence)
    alone.world.add_registration(PROFILE, ROLE)
    problem = alone.stopped("warehouse", {"start": "yes"})
    assert problem.why.startswith("The workspace's SQL configuration does not name the instance profile.")
    assert alone.changes == ["POST start 200", "POST start 200"], "looking for the cause changes nothing"
