"""Listing, starting and following warehouses: over the pretend workspace, and over scripted answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wizard.core.event import Line, WarehouseSeen
from wizard.core.finding import Verdict
from wizard.core.problem import Problem
from wizard.services.databricks import warehouses
from wizard.services.databricks.client import Workspace

if TYPE_CHECKING:
    from tests.services.databricks.conftest import Drive, Scripted
    from wizard.demo.workspace import EmbeddedWorkspace

ID = "f6dd72df81d69f03"
PATH = f"/api/2.0/sql/warehouses/{ID}"


class Clock:
    """Seconds that pass by themselves: so many a look."""

    def __init__(self, step: float) -> None:
        self._now = 0.0
        self._step = step

    def __call__(self) -> float:
        self._now += self._step
        return self._now


def test_serverless_ones_come_first(world: EmbeddedWorkspace, admin: Workspace) -> None:
    world.add_warehouse("b" * 16, "A classic", serverless=False, warehouse_type="CLASSIC")
    world.add_warehouse("c" * 16, "Another", size="Small", auto_stop_mins=0)
    listed = warehouses.listed(admin)
    assert [w.name for w in listed] == ["Another", "Serverless Starter Warehouse", "A classic"]
    assert listed[0].summary == "Small, serverless, STOPPED"
    assert (listed[0].unfit, listed[0].auto_stop_minutes) == ("", 0)
    assert "Serverless" in listed[2].unfit
    assert listed[2].summary == "2X-Small, classic, STOPPED"


@pytest.mark.parametrize("state", ["DELETING", "DELETED"])
@pytest.mark.parametrize("serverless", [True, False])
def test_a_deleted_one_cannot_be_chosen(
    world: EmbeddedWorkspace, admin: Workspace, state: str, serverless: bool
) -> None:
    world.add_warehouse("d" * 16, "Gone", state=state, serverless=serverless)
    gone = next(w for w in warehouses.listed(admin) if w.name == "Gone")
    assert "deleted" in gone.unfit


def test_no_warehouse_is_an_empty_list(scripted: Scripted) -> None:
    scripted.answers["GET /api/2.0/sql/warehouses"] = [(200, {})]
    assert warehouses.listed(Workspace(scripted.url, "t")) == []


def test_a_start_is_followed_to_healthy_through_the_stale_look(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive
) -> None:
    assert not warehouses.get(admin, ID).running
    assert warehouses.findings(admin, ID)[0].verdict is Verdict.GAP
    warehouses.start(admin, ID)
    end, events = drive(warehouses.follow(admin, ID))
    assert end.warehouse.healthy
    seen = [e for e in events if isinstance(e, WarehouseSeen)]
    assert seen[0].state == "STOPPED"
    assert seen[0].note == "The start was accepted; the state will follow."
    assert (seen[-1].state, seen[-1].health, seen[-1].note) == (
        "RUNNING",
        "HEALTHY",
        "It runs and is healthy.",
    )
    assert ("clusters", "1 of 1") in seen[-1].details
    assert warehouses.findings(admin, ID)[0].verdict is Verdict.PROVEN
    warehouses.start(admin, ID)
    warehouses.stop(admin, ID)
    assert warehouses.get(admin, ID).state in ("STOPPING", "STOPPED")


def test_a_warehouse_that_is_stopping_is_started_once_it_stopped(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive
) -> None:
    warehouses.start(admin, ID)
    drive(warehouses.follow(admin, ID))
    world._launcher._seconds = 0.5
    warehouses.stop(admin, ID)
    warehouses.start(admin, ID)
    end, events = drive(warehouses.follow(admin, ID))
    assert end.warehouse.healthy
    assert any(isinstance(e, Line) and "has stopped; starting it" in e.text for e in events)


def test_a_missing_one_is_named(admin: Workspace) -> None:
    for ask in (warehouses.get, warehouses.start, warehouses.stop):
        with pytest.raises(Problem) as caught:
            ask(admin, "0" * 16)
        assert (caught.value.code, caught.value.step) == ("warehouse.missing", "workspace")
    with pytest.raises(Problem) as caught:
        warehouses.get(admin, "../config/warehouses")
    assert caught.value.code == "warehouse.id"


def test_who_may_not_use_it_hears_it(world: EmbeddedWorkspace, analyst: Workspace) -> None:
    world.add_warehouse(user_permission="CAN_VIEW")
    with pytest.raises(Problem) as caught:
        warehouses.start(analyst, ID)
    assert caught.value.code == "databricks.warehouse_denied"


def test_a_broken_start_ends_with_its_reason(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive
) -> None:
    arn = "arn:aws:iam::123456789012:instance-profile/none"
    world.set_config({**world.config, "instance_profile_arn": arn})
    warehouses.start(admin, ID)
    with pytest.raises(Problem) as caught:
        drive(warehouses.follow(admin, ID))
    assert caught.value.code == "warehouse.invalid_argument"
    assert any("is not registered" in line for line in caught.value.evidence)
    problem = warehouses.findings(admin, ID)[0].problem
    assert problem is not None
    assert problem.code == "warehouse.invalid_argument"


def _seen(state: str, status: str = "", code: str = "", kind: str = "") -> tuple[int, object]:
    raw: dict[str, Any] = {"id": ID, "name": "W", "state": state}
    if status:
        raw["health"] = {"status": status}
    if code:
        raw["health"]["failure_reason"] = {"code": code, "type": kind}
    return 200, raw


def _follow(scripted: Scripted, drive: Drive, step: float, *answers: tuple[int, object]) -> Any:
    scripted.answers[f"GET {PATH}"] = list(answers)
    scripted.answers[f"POST {PATH}/start"] = [(200, {})]
    workspace = Workspace(scripted.url, "t", timeout_seconds=2, retry_seconds=1)
    return drive(warehouses.follow(workspace, ID, clock=Clock(step)))


SERIES = json.loads((Path(__file__).parents[2] / "data" / "warehouse_polls.json").read_text("utf-8"))


def _answer(poll: list[Any]) -> tuple[int, object]:
    if len(poll) > 1:
        return _seen(*poll)
    status = poll[0]
    return status, "<html>Bad gateway</html>" if status == 502 else {
        "error_code": {500: "INTERNAL_ERROR", 503: "TEMPORARILY_UNAVAILABLE"}[status],
        "message": "x",
    }


@pytest.mark.parametrize("series", SERIES, ids=lambda series: series["name"])
def test_every_series_of_looks_reaches_the_right_end(
    scripted: Scripted, drive: Drive, series: dict[str, Any]
) -> None:
    events: list[Any] = []
    problem = None
    scripted.answers[f"GET {PATH}"] = [_answer(poll) for poll in series["polls"]]
    scripted.answers[f"POST {PATH}/start"] = [(200, {})]
    workspace = Workspace(scripted.url, "t", timeout_seconds=2, retry_seconds=1)
    following = warehouses.follow(workspace, ID, clock=Clock(series["look_seconds"]))
    try:
        while True:
            events.append(next(following))
    except StopIteration:
        pass
    except Problem as stopped:
        problem = stopped
    assert (problem.code if problem else "healthy") == series["end"]
    assert scripted.asked.count(f"GET {PATH}") == series["looks"]
    notes = [e.note for e in events if isinstance(e, WarehouseSeen)]
    assert any(note.startswith(series.get("note", "")) for note in notes)
    assert any("much later than usual" in note for note in notes) is series.get("late", False)
    if problem:
        assert problem.step == series.get("step", problem.step)
        assert problem.remedy


def test_no_health_counts_as_healthy(scripted: Scripted, drive: Drive) -> None:
    end, _ = _follow(scripted, drive, 1, _seen("STARTING"), _seen("RUNNING"))
    assert (end.warehouse.state, end.warehouse.health) == ("RUNNING", "")


def test_a_client_error_while_starting_ends_at_once(scripted: Scripted, drive: Drive) -> None:
    failed = _seen("STARTING", "FAILED", "AWS_AUTHORIZATION_FAILURE", "CLIENT_ERROR")
    with pytest.raises(Problem, match="does not come up"):
        _follow(scripted, drive, 1, _seen("STARTING"), failed)
    assert len([a for a in scripted.asked if a == f"GET {PATH}"]) == 2


def test_degraded_while_starting_may_still_heal(scripted: Scripted, drive: Drive) -> None:
    ill = _seen("STARTING", "DEGRADED", "AWS_AUTHORIZATION_FAILURE", "CLIENT_ERROR")
    end, events = _follow(scripted, drive, 1, ill, ill, _seen("RUNNING", "HEALTHY"))
    assert end.warehouse.healthy
    note = next(e.note for e in events if isinstance(e, WarehouseSeen))
    assert note.startswith("AWS does not let Databricks take on the role")
    assert note.endswith("Databricks tries again by itself.")


def test_running_but_ill_gets_a_minute(scripted: Scripted, drive: Drive) -> None:
    ill = _seen("RUNNING", "DEGRADED")
    end, _ = _follow(scripted, drive, 10, ill, ill, _seen("RUNNING", "HEALTHY"))
    assert end.warehouse.healthy
    with pytest.raises(Problem) as caught:
        _follow(scripted, drive, 10, ill)
    assert caught.value.code == "warehouse.failed"


def test_running_and_failed_for_good_ends_at_once(scripted: Scripted, drive: Drive) -> None:
    with pytest.raises(Problem) as caught:
        _follow(scripted, drive, 1, _seen("RUNNING", "FAILED", "INVALID_ARGUMENT", "CLIENT_ERROR"))
    assert caught.value.code == "warehouse.invalid_argument"


def test_an_old_failure_on_a_stale_look_is_not_the_answer(scripted: Scripted, drive: Drive) -> None:
    old = _seen("STOPPED", "FAILED", "AWS_AUTHORIZATION_FAILURE", "CLIENT_ERROR")
    end, _ = _follow(scripted, drive, 1, old, old, _seen("STARTING"), _seen("RUNNING", "HEALTHY"))
    assert end.warehouse.healthy


def test_stopped_for_longer_than_the_grace_is_an_answer(scripted: Scripted, drive: Drive) -> None:
    with pytest.raises(Problem) as caught:
        _follow(scripted, drive, 5, _seen("STOPPED"))
    assert caught.value.code == "warehouse.stopped"
    assert len([a for a in scripted.asked if a == f"GET {PATH}"]) == 7


def test_stopped_after_starting_is_an_answer_at_once(scripted: Scripted, drive: Drive) -> None:
    with pytest.raises(Problem) as caught:
        _follow(scripted, drive, 1, _seen("STARTING"), _seen("STOPPED"))
    assert caught.value.code == "warehouse.stopped"


def test_a_changed_configuration_starts_it_again_but_not_for_ever(scripted: Scripted, drive: Drive) -> None:
    changed = _seen("STOPPED", "DEGRADED", "DATA_ACCESS_CONFIG_CHANGED", "SUCCESS")
    end, _ = _follow(scripted, drive, 1, changed, _seen("STARTING"), _seen("RUNNING", "HEALTHY"))
    assert end.warehouse.healthy
    with pytest.raises(Problem) as caught:
        _follow(scripted, drive, 6, changed)
    assert caught.value.code == "warehouse.data_access_config_changed"
    assert scripted.asked.count(f"POST {PATH}/start") == 3


@pytest.mark.parametrize(
    ("elapsed", "note"),
    [(30.0, ""), (90.0, "This is slower than usual"), (200.0, "This is much later than usual")],
)
def test_slow_and_late_are_said(scripted: Scripted, drive: Drive, elapsed: float, note: str) -> None:
    _, events = _follow(scripted, drive, elapsed, _seen("STARTING"), _seen("RUNNING"))
    first = next(e for e in events if isinstance(e, WarehouseSeen))
    assert first.note.startswith(note)
    assert bool(first.note) is bool(note)


def test_ten_minutes_end_the_wait(scripted: Scripted, drive: Drive) -> None:
    with pytest.raises(Problem) as caught:
        _follow(scripted, drive, 301, _seen("STARTING"))
    assert caught.value.code == "warehouse.too_late"
    classic = _seen("STARTING", "DEGRADED", "CLOUD_PROVIDER_LAUNCH_FAILURE", "CLOUD_FAILURE")
    with pytest.raises(Problem) as caught:
        _follow(scripted, drive, 301, classic)
    assert caught.value.code == "warehouse.cloud_provider_launch_failure"


def test_a_start_that_was_refused_while_it_stopped_is_asked_for_again(
    scripted: Scripted, drive: Drive
) -> None:
    refused = (400, {"error_code": "INVALID_STATE", "message": "It is STOPPING and cannot be started now."})
    scripted.answers[f"POST {PATH}/start"] = [refused, (200, {})]
    scripted.answers[f"GET {PATH}"] = [_seen("STOPPING"), _seen("STOPPED"), _seen("RUNNING", "HEALTHY")]
    workspace = Workspace(scripted.url, "t", timeout_seconds=2, retry_seconds=1)
    taken = warehouses.start(workspace, ID)
    assert not taken
    end, _ = drive(warehouses.follow(workspace, ID, clock=Clock(1), stopping=not taken))
    assert end.warehouse.healthy
    assert scripted.asked.count(f"POST {PATH}/start") == 2


def test_deleted_is_told(scripted: Scripted, drive: Drive) -> None:
    with pytest.raises(Problem) as caught:
        _follow(scripted, drive, 1, _seen("DELETED"))
    assert caught.value.code == "warehouse.deleted"


def test_busy_for_a_while_is_not_the_warehouse(scripted: Scripted, drive: Drive) -> None:
    busy = (503, {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "later"})
    scripted.answers[f"GET {PATH}"] = [busy, _seen("RUNNING", "HEALTHY")]
    workspace = Workspace(scripted.url, "t", timeout_seconds=2, retry_seconds=1)
    end, events = drive(warehouses.follow(workspace, ID))
    assert end.warehouse.healthy
    assert any(isinstance(e, Line) and e.text.endswith("Still trying.") for e in events)


def test_silence_is_told_apart_from_slowness(drive: Drive) -> None:
    gone = Workspace("http://127.0.0.1:9", "t", timeout_seconds=1, retry_seconds=1)
    with pytest.raises(Problem) as caught:
        drive(warehouses.follow(gone, ID, clock=Clock(70)))
    assert caught.value.code == "warehouse.silent"


def test_a_refused_token_ends_the_following(world: EmbeddedWorkspace, drive: Drive) -> None:
    with pytest.raises(Problem) as caught:
        drive(warehouses.follow(Workspace(world.url, "dapi-old"), ID))
    assert caught.value.code == "databricks.token"
