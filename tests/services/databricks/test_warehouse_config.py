"""The SQL configuration: three keys change, everything else survives, and there is always a way back."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from wizard.core.event import Line, Wait
from wizard.core.finding import Verdict
from wizard.core.problem import Problem
from wizard.services.databricks import warehouse_config
from wizard.services.databricks.warehouse_config import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.databricks.conftest import Drive
    from wizard.demo.workspace import EmbeddedWorkspace
    from wizard.services.databricks.client import Workspace

ARN = "arn:aws:iam::123456789012:instance-profile/htd-instance-profile"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def _puts(world: EmbeddedWorkspace) -> int:
    return len([c for c in world.calls if c.mutating])


def test_only_the_profile_changes_and_a_backup_leads_back(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, tmp_path: Path
) -> None:
    before = world.config
    change = warehouse_config.plan(admin, ARN)
    assert (change.changed, change.security_policy, change.replaces) == (True, "DATA_ACCESS_CONTROL", "")
    backup, _ = drive(warehouse_config.put(admin, change, tmp_path / "backups", NOW))
    assert world.config == {**before, "instance_profile_arn": ARN}
    assert backup.name == "sql-config-dbc-a1b2c3d4-e5f6.cloud.databricks.com-20260102-030405.json"
    assert json.loads(backup.read_text()) == before
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert warehouse_config.finding(admin, ARN).verdict is Verdict.PROVEN
    drive(warehouse_config.put(admin, warehouse_config.plan_back(admin, backup, ARN), tmp_path, NOW))
    assert world.config == before
    assert warehouse_config.finding(admin, ARN).verdict is Verdict.GAP


def test_nothing_is_sent_when_nothing_changes(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, tmp_path: Path
) -> None:
    world.set_config({**world.config, "instance_profile_arn": ARN})
    change = warehouse_config.plan(admin, ARN)
    assert not change.changed
    assert drive(warehouse_config.put(admin, change, tmp_path, NOW))[0] is None
    assert _puts(world) == 0
    assert list(tmp_path.glob("*.json")) == []


@pytest.mark.parametrize(
    ("held", "sent"),
    [
        ({"security_policy": "NONE"}, {"security_policy": "NONE", "enable_serverless_compute": True}),
        (
            {"security_policy": "PASSTHROUGH", "enable_serverless_compute": True},
            {"security_policy": "PASSTHROUGH"},
        ),
        ({}, {"security_policy": "DATA_ACCESS_CONTROL", "enable_serverless_compute": True}),
        ({"enable_serverless_compute": False}, {"enable_serverless_compute": True}),
        ({"data_access_config": [], "x": {"y": None}}, {"data_access_config": [], "x": {"y": None}}),
    ],
)
def test_what_is_there_stays_and_what_is_demanded_is_added(
    world: EmbeddedWorkspace,
    admin: Workspace,
    drive: Drive,
    tmp_path: Path,
    held: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    world.set_config(held)
    drive(warehouse_config.put(admin, warehouse_config.plan(admin, ARN), tmp_path, NOW))
    now = world.config
    assert (
        sent.items() <= now.items() if not any(isinstance(v, (list, dict)) for v in sent.values()) else True
    )
    assert {key: now[key] for key in sent} == sent
    assert set(now) == set(held) | {"instance_profile_arn", "security_policy", "enable_serverless_compute"}


def test_another_profile_is_named_before_it_is_replaced(world: EmbeddedWorkspace, admin: Workspace) -> None:
    world.set_config({**world.config, "instance_profile_arn": ARN + "-theirs"})
    change = warehouse_config.plan(admin, ARN)
    assert change.replaces == ARN + "-theirs"
    assert ARN + "-theirs" in change.before_text


def test_a_document_that_moved_is_left_alone(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, tmp_path: Path
) -> None:
    change = warehouse_config.plan(admin, ARN)
    world.set_config({**world.config, "statement_history_days": 31})
    with pytest.raises(Problem) as caught:
        drive(warehouse_config.put(admin, change, tmp_path, NOW))
    assert caught.value.code == "config.moved"
    assert caught.value.evidence == ("Changed meanwhile: statement_history_days",)
    assert _puts(world) == 0


def test_a_document_that_is_not_kept_is_told_with_the_backup(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, tmp_path: Path
) -> None:
    change = warehouse_config.plan(admin, ARN)
    world.faults.add(f"PUT {CONFIG}", status=200, body={})
    with pytest.raises(Problem) as caught:
        drive(warehouse_config.put(admin, change, tmp_path, NOW))
    assert caught.value.code == "config.not_kept"
    assert caught.value.evidence[0] == "Different: instance_profile_arn"


def _config_puts(world: EmbeddedWorkspace) -> list[int]:
    return [c.status for c in world.calls if c.method == "PUT"]


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"status": 503, "body": {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "later"}},
        {"status": 500, "body": {"error_code": "INTERNAL_ERROR", "message": "x"}},
        {"status": 502, "body": "<html>Bad gateway</html>"},
        {"status": 200, "body": "<html>Sign in</html>"},
    ],
)
def test_a_lost_answer_is_looked_up_and_never_sent_again(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, tmp_path: Path, fault: dict[str, Any]
) -> None:
    change = warehouse_config.plan(admin, ARN)
    world.faults.add(f"PUT {CONFIG}", **fault, after_handler=True)
    backup, events = drive(warehouse_config.put(admin, change, tmp_path, NOW))
    assert backup is not None
    assert world.config["instance_profile_arn"] == ARN
    assert len(_config_puts(world)) == 1
    assert any(isinstance(e, Line) and e.text.startswith("The answer got lost") for e in events)


def test_a_change_that_arrives_late_is_found(
    world: EmbeddedWorkspace, admin: Workspace, tmp_path: Path
) -> None:
    change = warehouse_config.plan(admin, ARN)
    world.faults.add(f"PUT {CONFIG}", status=503, body={"message": "later"})
    waits = 0
    for event in warehouse_config.put(admin, change, tmp_path, NOW):
        if isinstance(event, Wait):
            waits += 1
            # The request was still under way; now it is carried out.
            world.set_config({**world.config, "instance_profile_arn": ARN})
    assert waits == 1
    assert _config_puts(world) == [503]


def test_a_change_that_never_arrives_is_told(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, tmp_path: Path
) -> None:
    change = warehouse_config.plan(admin, ARN)
    world.faults.add(f"PUT {CONFIG}", status=503, body={"message": "later"})
    with pytest.raises(Problem) as caught:
        drive(warehouse_config.put(admin, change, tmp_path, NOW))
    assert caught.value.code == "config.not_made"
    assert _config_puts(world) == [503]
    assert "instance_profile_arn" not in world.config


def test_a_workspace_that_falls_silent_leaves_the_change_unknown(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, tmp_path: Path
) -> None:
    change = warehouse_config.plan(admin, ARN)
    world.faults.add(f"PUT {CONFIG}", drop=True)
    world.faults.add(f"GET {CONFIG}", status=500, body={"error_code": "INTERNAL_ERROR"}, skip=1, times=-1)
    with pytest.raises(Problem) as caught:
        drive(warehouse_config.put(admin, change, tmp_path, NOW))
    assert caught.value.code == "config.unknown"
    assert caught.value.evidence[-1].startswith("Backup: ")


def test_a_put_that_was_turned_away_is_sent_again(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, tmp_path: Path
) -> None:
    change = warehouse_config.plan(admin, ARN)
    world.faults.add(f"PUT {CONFIG}", status=429, body={"message": "later"}, headers={"Retry-After": "0"})
    drive(warehouse_config.put(admin, change, tmp_path, NOW))
    assert _config_puts(world) == [429, 200]


def test_a_put_that_is_always_turned_away_ends(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, tmp_path: Path
) -> None:
    change = warehouse_config.plan(admin, ARN)
    world.faults.add(
        f"PUT {CONFIG}", status=429, body={"message": "later"}, headers={"Retry-After": "9"}, times=-1
    )
    with pytest.raises(Problem) as caught:
        drive(warehouse_config.put(admin, change, tmp_path, NOW))
    assert caught.value.code == "databricks.busy"
    assert _config_puts(world) == [429]


def test_a_refusal_is_named(world: EmbeddedWorkspace, admin: Workspace, drive: Drive, tmp_path: Path) -> None:
    change = warehouse_config.plan(admin, "arn:aws:iam::1:instance-profile/odd")
    with pytest.raises(Problem) as caught:
        drive(warehouse_config.put(admin, change, tmp_path, NOW))
    assert caught.value.code == "config.refused"
    assert caught.value.evidence[0].startswith("Instance profile has invalid format.")
    assert caught.value.step == "apply"


@pytest.mark.parametrize(
    ("message", "why", "step"),
    [
        ("enable_serverless_compute is required.", "The workspace demands a field", ""),
        (
            "Endpoint security policy is required and must be one of NONE, DATA_ACCESS_CONTROL, PASSTHROUGH.",
            "The workspace demands a field",
            "",
        ),
        ("Instance profiles are not supported on GCP", "The workspace is of another cloud", "workspace"),
        ("Google Service Account is not supported on AWS", "The workspace is of another cloud", "workspace"),
        ("Something new", "Something new", ""),
    ],
)
def test_refusals_of_fields_and_clouds_are_told_apart(
    world: EmbeddedWorkspace,
    admin: Workspace,
    drive: Drive,
    tmp_path: Path,
    message: str,
    why: str,
    step: str,
) -> None:
    change = warehouse_config.plan(admin, ARN)
    body = {"error_code": "INVALID_PARAMETER_VALUE", "message": message}
    world.faults.add(f"PUT {CONFIG}", status=400, body=body)
    with pytest.raises(Problem) as caught:
        drive(warehouse_config.put(admin, change, tmp_path, NOW))
    assert caught.value.why.startswith(why)
    assert (caught.value.code, caught.value.step, caught.value.evidence) == (
        "config.refused",
        step,
        (message,),
    )


def test_a_backup_that_cannot_be_written_stops_before_the_change(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Problem) as caught:
        drive(warehouse_config.put(admin, warehouse_config.plan(admin, ARN), tmp_path / "file" / "b", NOW))
    assert caught.value.code == "config.no_backup"
    assert _puts(world) == 0


def test_two_backups_in_a_second_have_two_names(admin: Workspace, drive: Drive, tmp_path: Path) -> None:
    first, _ = drive(warehouse_config.put(admin, warehouse_config.plan(admin, ARN), tmp_path, NOW))
    second, _ = drive(warehouse_config.put(admin, warehouse_config.plan(admin, ARN + "2"), tmp_path, NOW))
    assert first != second
    assert len(list(tmp_path.glob("*.json"))) == 2


@pytest.mark.parametrize(
    ("current", "backup", "after"),
    [
        ({"instance_profile_arn": "ours", "a": 1}, {"a": 0}, {"a": 1, "enable_serverless_compute": True}),
        (
            {"instance_profile_arn": "ours", "enable_serverless_compute": True},
            {"instance_profile_arn": "theirs"},
            {"instance_profile_arn": "theirs", "enable_serverless_compute": True},
        ),
        ({"instance_profile_arn": "theirs", "a": 1}, {"a": 0}, {"instance_profile_arn": "theirs", "a": 1}),
        (
            {
                "instance_profile_arn": "ours",
                "security_policy": "DATA_ACCESS_CONTROL",
                "enable_serverless_compute": True,
            },
            {"security_policy": "NONE", "enable_serverless_compute": False},
            {"security_policy": "NONE", "enable_serverless_compute": True},
        ),
        (
            {
                "instance_profile_arn": "ours",
                "security_policy": "PASSTHROUGH",
                "enable_serverless_compute": True,
            },
            {"security_policy": "NONE"},
            {"security_policy": "PASSTHROUGH", "enable_serverless_compute": True},
        ),
    ],
)
def test_only_what_the_wizard_set_is_put_back(
    current: dict[str, object], backup: dict[str, object], after: dict[str, object]
) -> None:
    change = warehouse_config.back(current, backup, "ours", "DATA_ACCESS_CONTROL")
    assert change.after == after
    assert change.changed is (current.get("instance_profile_arn") == "ours")
    assert change.serverless_stays is (backup.get("enable_serverless_compute") is False)


def test_an_old_backup_gets_what_is_demanded_today(tmp_path: Path) -> None:
    backup = tmp_path / "b.json"
    backup.write_text('{"data_access_config": [], "instance_profile_arn": ""}')
    assert warehouse_config.read_backup(backup) == {
        "data_access_config": [],
        "security_policy": "DATA_ACCESS_CONTROL",
        "enable_serverless_compute": True,
    }


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_a_broken_backup_is_told(tmp_path: Path, text: str | None) -> None:
    backup = tmp_path / "b.json"
    if text is not None:
        backup.write_text(text)
    with pytest.raises(Problem) as caught:
        warehouse_config.read_backup(backup)
    assert caught.value.code == "config.backup"


def test_secrets_are_masked_on_screen_but_not_in_the_backup() -> None:
    document = {
        "data_access_config": [
            {"key": "spark.hadoop.javax.jdo.option.ConnectionPassword", "value": "hush"},
            {"key": "fs.s3a.secret.key", "value": "{{secrets/scope/key}}"},
            {"key": "plain", "value": "shown\x1b[2J"},
        ]
    }
    shown = warehouse_config.shown(document)
    assert "hush" not in shown
    assert "{{secrets/scope/key}}" in shown
    assert "ConnectionPassword" in shown
    assert "\x1b" not in shown
    assert "hush" in warehouse_config.backup_text(document)
    assert "hush" not in repr(warehouse_config.Change(document, document, False))


def test_who_is_no_admin_hears_it(analyst: Workspace) -> None:
    with pytest.raises(Problem) as caught:
        warehouse_config.plan(analyst, ARN)
    assert caught.value.code == "databricks.not_admin"
