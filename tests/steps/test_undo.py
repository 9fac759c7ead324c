"""The way back in Databricks: only what the wizard itself did, and only while nothing needs it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.steps.alone import FAULTS, PROFILE, ROLE, WAREHOUSE, Alone
from wizard.core.drive import drive
from wizard.core.event import Ask, Diff, Event, Forgotten, Line, Wait
from wizard.core.facts import Connected, Facts, Registered, WarehouseRunning
from wizard.core.journey import Script, Visit
from wizard.core.problem import Problem, Who
from wizard.core.taken import TakenBack
from wizard.services.databricks import instance_profiles
from wizard.services.databricks.client import Workspace
from wizard.steps.undo import BACK

YES = {"change": "yes", "skip_validation": "yes"}
ALL = {"config": "yes", "registration": "yes", "stop": "yes"}
COMMAND = f"databricks instance-profiles remove {PROFILE}"
CONFIG = "/api/2.0/sql/config/warehouses"


class Taken:
    """What the three steps in Databricks gave."""

    def __init__(self, alone: Alone, answers: dict[str, str], *steps: str, running: bool = False) -> None:
        self.alone, self.events = alone, list[Event]()
        self.parts: list[TakenBack] = []
        self.facts: Facts = alone.facts
        for step in BACK[:3]:
            if not steps or step.id in steps:
                if step.id == "stop" and running:
                    alone.world.add_warehouse(WAREHOUSE, state="RUNNING")
                self.parts.append(
                    drive(
                        step.id,
                        step.run(self.facts, alone.services),
                        on_event=self.events.append,
                        asker=Script(Visit(step.id, answers)),
                        cancel=threading.Event(),
                        pace=0.01,
                    )
                )

    @property
    def done(self) -> str:
        return "\n".join(line for part in self.parts for line in part.done)

    @property
    def stays(self) -> list[str]:
        return [way for part in self.parts for _, way in part.stays]

    @property
    def asked(self) -> list[str]:
        return [q.key for event in self.events if isinstance(event, Ask) for q in event.questions]

    @property
    def forgotten(self) -> set[type]:
        return {kind for event in self.events if isinstance(event, Forgotten) for kind in event.kinds}

    def question(self, key: str) -> Any:
        return next(e for e in self.events if isinstance(e, Ask) and e.questions[0].key == key)


def registered(alone: Alone) -> list[str]:
    assert isinstance(alone.services.workspace, Workspace)
    return [profile.arn for profile in instance_profiles.listed(alone.services.workspace)]


def test_nothing_is_written_before_each_yes_and_each_change_is_shown(alone: Alone) -> None:
    before = alone.world.config
    alone.perform("connect", YES)
    made = len(alone.changes)
    taken = Taken(alone, {"config": "no", "registration": "no", "stop": "no"}, running=True)
    assert (taken.asked, len(alone.changes), taken.done) == (["stop", "config"], made, "")
    assert [part.declined for part in taken.parts] == [True, True, False]
    assert taken.forgotten == set()
    taken = Taken(alone, ALL, running=True)
    assert taken.asked == ["stop", "config", "registration"]
    assert alone.world.config == before
    assert registered(alone) == []
    assert alone.changes[made:] == ["POST stop 200", "PUT warehouses 200", "POST remove 200"]
    assert {Connected, Registered, WarehouseRunning} <= taken.forgotten
    assert [e.before.count(ROLE) for e in taken.events if isinstance(e, Diff) and not e.after] == [1]
    question = taken.question("registration").questions[0]
    assert "htd-instance-profile" in question.prompt
    assert COMMAND in question.help
    assert (question.default, question.always_ask) == ("no", True)
    assert COMMAND not in taken.stays


def test_what_was_added_before_the_step_failed_is_still_ours(alone: Alone) -> None:
    alone.world.faults.add(f"PUT {CONFIG}", status=403, body={"message": "no"})
    alone.stopped("connect", YES)
    assert alone.facts.get(Connected) is None
    Taken(alone, ALL)
    assert registered(alone) == []


def test_what_was_set_before_the_step_failed_is_put_back_from_its_backup(alone: Alone) -> None:
    before = alone.world.config
    alone.world.faults.add("GET /api/2.0/instance-profiles/list", status=403, body={"message": "no"}, skip=2)
    alone.stopped("connect", YES)
    assert alone.world.config != before
    assert alone.facts.get(Connected) is None
    Taken(alone, ALL)
    assert alone.world.config == before


def test_serverless_that_was_off_stays_on_and_that_is_said(alone: Alone) -> None:
    alone.world.set_config({**alone.world.config, "enable_serverless_compute": False})
    alone.perform("connect", YES)
    taken = Taken(alone, ALL)
    assert alone.world.config["enable_serverless_compute"] is True
    assert "be switched on only" in taken.question("config").questions[0].help
    assert "ask a workspace administrator" in taken.stays


@pytest.mark.parametrize("before", [ROLE, ""])
def test_what_somebody_else_registered_is_left_and_its_command_is_told(alone: Alone, before: str) -> None:
    alone.world.add_registration(PROFILE, before)
    alone.perform("connect", YES)
    taken = Taken(alone, ALL)
    assert "registration" not in taken.asked
    assert registered(alone) == [PROFILE]
    assert COMMAND in taken.stays


def test_while_others_changed_it_it_is_left(alone: Alone) -> None:
    alone.perform("connect", YES)
    alone.world.add_registration(PROFILE, "arn:aws:iam::123456789012:role/theirs")
    assert "registration" not in Taken(alone, ALL).asked
    assert registered(alone) == [PROFILE]


def test_a_configuration_that_is_somebody_elses_by_now_is_left(alone: Alone) -> None:
    alone.perform("connect", YES)
    theirs = {**alone.world.config, "instance_profile_arn": PROFILE.replace("htd", "theirs")}
    alone.world.set_config(theirs)
    taken = Taken(alone, ALL)
    assert alone.world.config == theirs
    assert "by somebody else" in taken.parts[1].told
    assert any(isinstance(e, Line) and e.text == taken.parts[1].told for e in taken.events)
    assert taken.asked == ["registration"]


def test_a_warehouse_that_is_gone_or_down_needs_no_question(alone: Alone) -> None:
    assert Taken(alone, {}, "stop").asked == []
    alone.world.faults.add("GET /api/2.0/sql/warehouses/*", status=404, body={"message": "none"})
    taken = Taken(alone, {}, "stop")
    assert (taken.asked, taken.stays) == ([], [])


def test_who_may_not_stop_it_hears_which_right_is_missing(alone: Alone) -> None:
    alone.perform("connect", YES)
    denied = "PERMISSION_DENIED: you@example.com is not authorized to use or monitor this SQL Endpoint"
    body = {"error_code": "PERMISSION_DENIED", "message": denied}
    alone.world.faults.add("POST /api/2.0/sql/warehouses/*/stop", status=403, body=body)
    with pytest.raises(Problem) as caught:
        Taken(alone, ALL, "stop", running=True)
    assert caught.value.who is Who.WORKSPACE_ADMIN
    assert "CAN_MANAGE" in caught.value.copy


CALLS = (
    "GET /api/2.0/instance-profiles/list",
    "POST /api/2.0/instance-profiles/remove",
    f"GET {CONFIG}",
    f"PUT {CONFIG}",
    "GET /api/2.0/sql/warehouses",
    "GET /api/2.0/sql/warehouses/*",
    "POST /api/2.0/sql/warehouses/*/stop",
)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_every_call_is_survived_or_told_and_nothing_is_written_twice(
    alone: Alone, fault: str
) -> None:
    before = alone.world.config
    alone.perform("connect", YES)
    first = len(alone.world.calls)
    for call in CALLS:
        alone.world.faults.add(call, **FAULTS[fault])
    for _ in range(len(CALLS) + 1):
        try:
            Taken(alone, ALL, running=True)
        except Problem as told:
            assert told.remedy  # noqa: PT017  # some are survived without a word
            assert told.step in ("", "undo")  # noqa: PT017  # as above
        else:
            break
    assert alone.world.config == before
    assert registered(alone) == []
    sent = [c.status for c in alone.world.calls[first:] if c.method == "PUT"]
    assert len(sent) == (2 if fault in ("429", "500", "503") else 1), sent


def test_a_first_look_after_each_change_may_be_old_news(alone: Alone) -> None:
    before = alone.world.config
    alone.perform("connect", YES)
    listed = {"instance_profiles": [{"instance_profile_arn": PROFILE, "iam_role_arn": ROLE}]}
    alone.world.faults.add(f"GET {CONFIG}", status=200, body=alone.world.config, skip=2)
    alone.world.faults.add("GET /api/2.0/instance-profiles/list", status=200, body=listed, skip=1)
    first = len(alone.world.calls)
    taken = Taken(alone, ALL)
    assert alone.world.config == before
    assert registered(alone) == []
    assert [c.method for c in alone.world.calls[first:]].count("PUT") == 1
    assert len([e for e in taken.events if isinstance(e, Wait) and "may not show yet" in e.reason]) == 2


@pytest.mark.parametrize("step", ["configuration", "registration"])
def test_who_is_no_administrator_gets_a_sheet_for_the_way_back(alone: Alone, step: str) -> None:
    theirs = PROFILE.replace("htd", "theirs")
    alone.world.set_config({**alone.world.config, "instance_profile_arn": theirs})
    alone.perform("connect", {**YES, "replace": "yes"})
    alone.sign_in(alone.world.user_token)
    with pytest.raises(Problem) as caught:
        Taken(alone, ALL, step)
    assert caught.value.who is Who.WORKSPACE_ADMIN
    assert f'.instance_profile_arn = "{theirs}"' in caught.value.message
    assert "THIS RESTARTS EVERY RUNNING SQL WAREHOUSE" in caught.value.message
    assert COMMAND in caught.value.copy


def test_who_does_not_sign_in_leaves_it_all_and_goes_on(alone: Alone) -> None:
    alone.perform("connect", YES)
    alone.services.workspace = None
    taken = Taken(alone, {})
    assert (taken.asked, taken.done) == ([], "")
    assert all(part.declined and "not to sign in" in part.told for part in taken.parts)
    assert set(taken.stays) == {"htd-wizard undo"}
    assert [e.text for e in taken.events if isinstance(e, Line)] == [part.told for part in taken.parts]
