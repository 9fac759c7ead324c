"""The client through the real SDK: what the workspace answers becomes JSON or a Problem with the right name."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.core.problem import Problem, Who
from wizard.services.databricks.client import ME, Workspace
from wizard.services.databricks.warehouse_config import CONFIG

if TYPE_CHECKING:
    from wizard.demo.workspace import EmbeddedWorkspace


def test_raw_json_comes_through_untouched(world: EmbeddedWorkspace, admin: Workspace) -> None:
    world.set_config({**world.config, "data_access_config": [], "news": {"a": [1, None]}})
    assert admin.get(CONFIG) == world.config


def test_me_gives_the_header(admin: Workspace) -> None:
    me, answered = admin.me()
    assert (me["userName"], answered) == ("admin@example.com", "1234567890123456")
    assert "X-Databricks-Org-Id" not in me


def test_the_host_speaks_for_itself_without_a_token(world: EmbeddedWorkspace) -> None:
    word = Workspace(world.url, "none").about()
    assert (word.workspace_id, word.cloud, word.kind, word.answered) == (
        "1234567890123456",
        "AWS",
        "WORKSPACE_HOST",
        True,
    )


@pytest.mark.parametrize("body", [{"message": "none"}, "<html></html>"])
def test_a_host_without_the_document_says_nothing(
    world: EmbeddedWorkspace, admin: Workspace, body: object
) -> None:
    world.faults.add("GET /.well-known/*", status=404, body=body)
    assert not admin.about().answered
    world.faults.add("GET /.well-known/*", status=200, body="<html></html>")
    assert not admin.about().answered


REFUSALS: dict[str, tuple[int, object, str, Who]] = {
    "bad token": (
        403,
        {"error_code": 403, "message": "Invalid access token. [ReqId: 1]"},
        "databricks.token",
        Who.YOU,
    ),
    "unauthenticated": (401, {"error_code": "UNAUTHENTICATED", "message": "no"}, "databricks.token", Who.YOU),
    "not admin": (
        403,
        {"error_code": "PERMISSION_DENIED", "message": "This API is reserved to admin users"},
        "databricks.not_admin",
        Who.WORKSPACE_ADMIN,
    ),
    "no right to use": (
        403,
        {
            "error_code": "PERMISSION_DENIED",
            "message": "a is not authorized to use or monitor this SQL Endpoint",
        },
        "databricks.warehouse_denied",
        Who.WORKSPACE_ADMIN,
    ),
    "ip list": (
        403,
        {
            "error_code": "PERMISSION_DENIED",
            "message": "Source IP address: 44.208.188.173 is blocked by Databricks IP ACL for workspace: 155",
        },
        "databricks.network",
        Who.WORKSPACE_ADMIN,
    ),
    "account console": (
        405,
        {"error_code": "METHOD_NOT_ALLOWED", "message": "HTTP method POST is not supported by this URL"},
        "databricks.wrong_host",
        Who.YOU,
    ),
    "unified host": (400, {"message": "Unable to load OAuth Config"}, "databricks.routing", Who.YOU),
    "dry run": (
        400,
        {"error_code": "DRY_RUN_FAILED", "message": "Verification of the instance profile failed."},
        "databricks.dry_run_failed",
        Who.WORKSPACE_ADMIN,
    ),
    "web page": (200, "<!DOCTYPE html><html>Sign in</html>", "databricks.not_json", Who.YOU),
    "web page of an error": (404, "<html><body>Not here</body></html>", "databricks.not_json", Who.YOU),
    "list": (200, [1], "databricks.not_json", Who.YOU),
    "missing": (
        404,
        {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "x"},
        "databricks.not_found",
        Who.YOU,
    ),
    "fault": (
        500,
        {"error_code": "INTERNAL_ERROR", "message": "x"},
        "databricks.internal_error",
        Who.DATABRICKS,
    ),
    "no code": (418, {"message": "teapot"}, "databricks.refused", Who.WORKSPACE_ADMIN),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_has_its_name(world: EmbeddedWorkspace, admin: Workspace, name: str) -> None:
    status, body, code, who = REFUSALS[name]
    world.faults.add(f"GET {CONFIG}", status=status, body=body, times=-1)
    with pytest.raises(Problem) as caught:
        admin.get(CONFIG)
    problem = caught.value
    assert (problem.code, problem.who) == (code, who)
    assert problem.remedy
    assert world.host in problem.what or "warehouse" in problem.what
    everything = str(problem.as_dict())
    assert "Config:" not in everything
    assert world.token not in everything


COMMANDS = {
    "bad token": "databricks auth login --host https://dbc-a1b2c3d4-e5f6.cloud.databricks.com",
    "unauthenticated": "databricks auth login --host https://dbc-a1b2c3d4-e5f6.cloud.databricks.com",
    "ip list": "databricks ip-access-lists create --json "
    '\'{"label": "htd-wizard", "list_type": "ALLOW", "ip_addresses": ["44.208.188.173"]}\'',
    "unified host": "curl -sS https://dbc-a1b2c3d4-e5f6.cloud.databricks.com/.well-known/databricks-config",
    "web page": "curl -sS https://dbc-a1b2c3d4-e5f6.cloud.databricks.com/.well-known/databricks-config",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_refusal_carries_the_command_that_mends_it(
    world: EmbeddedWorkspace, admin: Workspace, name: str
) -> None:
    status, body, _, _ = REFUSALS[name]
    world.faults.add(f"GET {CONFIG}", status=status, body=body, times=-1)
    with pytest.raises(Problem) as caught:
        admin.get(CONFIG)
    assert caught.value.copy == COMMANDS[name]


def test_an_address_that_is_none_is_not_put_into_a_command(
    world: EmbeddedWorkspace, admin: Workspace
) -> None:
    body = {"message": "Source IP address: 10.0'; rm -rf is blocked by Databricks IP ACL"}
    world.faults.add(f"GET {CONFIG}", status=403, body=body)
    with pytest.raises(Problem) as caught:
        admin.get(CONFIG)
    assert caught.value.copy == "databricks ip-access-lists list"


def test_a_wrong_token_against_the_real_refusal(world: EmbeddedWorkspace) -> None:
    with pytest.raises(Problem) as caught:
        Workspace(world.url, "dapi-wrong").get(CONFIG)
    assert caught.value.code == "databricks.token"
    assert caught.value.evidence[0].startswith("Invalid access token. [ReqId:")
    assert "dapi-wrong" not in str(caught.value.as_dict())


def test_busy_is_not_unreachable(world: EmbeddedWorkspace) -> None:
    world.faults.add(
        f"GET {CONFIG}", status=429, body={"message": "later"}, times=-1, headers={"Retry-After": "1"}
    )
    with pytest.raises(Problem) as caught:
        Workspace(world.url, world.token, retry_seconds=1).get(CONFIG)
    assert caught.value.code == "databricks.busy"


def test_silence_is_told(world: EmbeddedWorkspace) -> None:
    world.faults.add(f"GET {ME}", delay=1.0, times=-1)
    with pytest.raises(Problem) as caught:
        Workspace(world.url, world.token, timeout_seconds=0.2, retry_seconds=1).me()
    assert caught.value.code == "databricks.silent"


def _closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_nobody_there() -> None:
    gone = Workspace(
        f"http://127.0.0.1:{_closed_port()}", "t", host="dbc-x.cloud.databricks.com", retry_seconds=1
    )
    for ask in (gone.about, gone.me):
        with pytest.raises(Problem) as caught:
            ask()
        assert caught.value.code == "databricks.unreachable"
        assert caught.value.what == "dbc-x.cloud.databricks.com cannot be reached."


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(Problem) as caught:
        Workspace("https://no-such-host.invalid", "t").about()
    assert caught.value.why == "There is no such host name."


def test_nothing_reaches_the_terminal(
    world: EmbeddedWorkspace, admin: Workspace, capfd: pytest.CaptureFixture[str]
) -> None:
    world.faults.add("GET /.well-known/*", status=404, body="<html>", times=-1)
    world.faults.add(f"GET {CONFIG}", status=500, body="<html>odd", times=-1)
    with pytest.raises(Problem):
        admin.get(CONFIG)
    assert capfd.readouterr() == ("", "")
    assert not logging.getLogger("databricks.sdk").propagate


def test_the_environment_does_not_mix_in(
    world: EmbeddedWorkspace, admin: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (Path.home() / ".databrickscfg").write_text("[somebody]\nhost = https://elsewhere.cloud.databricks.com\n")
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "nobody")
    monkeypatch.setenv("DATABRICKS_CLIENT_ID", "x")
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", "y")
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-other")
    monkeypatch.setenv("DATABRICKS_HOST", "https://elsewhere.cloud.databricks.com")
    assert admin.get(CONFIG) == world.config


def test_the_token_is_not_in_the_repr(world: EmbeddedWorkspace, admin: Workspace) -> None:
    assert world.token not in repr(admin)
