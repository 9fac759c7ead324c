"""The workspace's REST shapes, refusals, faults and timing, over plain HTTP and without AWS."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wizard.demo.workspace import sql

if TYPE_CHECKING:
    from wizard.demo.workspace import EmbeddedWorkspace

CONFIG = "/api/2.0/sql/config/warehouses"
WAREHOUSE = "/api/2.0/sql/warehouses/f6dd72df81d69f03"
ARN = "arn:aws:iam::123456789012:instance-profile/p"
Call = Callable[..., Any]


def test_the_host_says_who_it_is_without_a_token(alone: EmbeddedWorkspace, call: Call) -> None:
    status, body, _ = call(alone, "GET", "/.well-known/databricks-config", token=None)
    assert (status, body["workspace_id"], body["cloud"], body["host_type"]) == (
        200,
        "1234567890123456",
        "AWS",
        "WORKSPACE_HOST",
    )


def test_me_carries_the_workspace_id_in_a_header(alone: EmbeddedWorkspace, call: Call) -> None:
    _, admin, headers = call(alone, "GET", "/api/2.0/preview/scim/v2/Me")
    assert headers["X-Databricks-Org-Id"] == "1234567890123456"
    assert "admins" in [group["display"] for group in admin["groups"]]
    _, user, _ = call(alone, "GET", "/api/2.0/preview/scim/v2/Me", token=alone.user_token)
    assert "admins" not in [group["display"] for group in user["groups"]]


@pytest.mark.parametrize("token", ["dapi-wrong", None])
def test_a_bad_token_is_a_403_with_a_number(alone: EmbeddedWorkspace, call: Call, token: str | None) -> None:
    status, body, headers = call(alone, "GET", CONFIG, token=token)
    assert (status, body["error_code"]) == (403, 403)
    assert body["message"].startswith("Invalid access token.")
    assert "X-Databricks-Reason-Phrase" in headers


def test_an_unknown_route_is_loud(alone: EmbeddedWorkspace, call: Call) -> None:
    status, body, _ = call(alone, "GET", "/api/2.1/jobs/list")
    assert (status, body) == (501, {"message": "No stub found for pattern: GET /api/2.1/jobs/list"})


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"'])
def test_what_is_no_json_object_is_malformed(alone: EmbeddedWorkspace, call: Call, body: bytes) -> None:
    status, answer, _ = call(alone, "PUT", CONFIG, body)
    assert (status, answer["error_code"]) == (400, "MALFORMED_REQUEST")


def test_put_replaces_the_whole_document(alone: EmbeddedWorkspace, call: Call) -> None:
    wanted = {
        "instance_profile_arn": ARN,
        "security_policy": "DATA_ACCESS_CONTROL",
        "enable_serverless_compute": True,
    }
    assert call(alone, "PUT", CONFIG, wanted)[:2] == (200, {})
    assert alone.config == wanted


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"security_policy": None}, "Endpoint security policy is required and must be one of NONE"),
        ({"security_policy": "OPEN"}, "Endpoint security policy is required and must be one of NONE"),
        ({"enable_serverless_compute": None}, "enable_serverless_compute is required."),
        ({"instance_profile_arn": ""}, "Instance profile has invalid format."),
        (
            {"instance_profile_arn": "arn:aws:iam::123456789012:role/r"},
            "Instance profile has invalid format.",
        ),
        ({"google_service_account": "x@y"}, "Google Service Account is not supported on AWS"),
    ],
)
def test_put_refuses(alone: EmbeddedWorkspace, call: Call, change: dict[str, object], message: str) -> None:
    before = alone.config
    document = {k: v for k, v in {**before, **change}.items() if v is not None}
    status, body, _ = call(alone, "PUT", CONFIG, document)
    assert status == 400
    assert body["message"].startswith(message)
    assert alone.config == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", CONFIG, None),
        ("PUT", CONFIG, {}),
        ("POST", "/api/2.0/instance-profiles/add", {"instance_profile_arn": ARN}),
        ("POST", "/api/2.0/instance-profiles/edit", {"instance_profile_arn": ARN}),
        ("POST", "/api/2.0/instance-profiles/remove", {"instance_profile_arn": ARN}),
        ("POST", WAREHOUSE + "/stop", {}),
    ],
)
def test_who_is_no_admin_is_refused(
    alone: EmbeddedWorkspace, call: Call, method: str, path: str, body: object
) -> None:
    status, answer, _ = call(alone, method, path, body, token=alone.user_token)
    assert (status, answer["error_code"]) == (403, "PERMISSION_DENIED")


def test_who_may_use_a_warehouse_may_start_it(alone: EmbeddedWorkspace, call: Call) -> None:
    assert call(alone, "POST", WAREHOUSE + "/start", {}, token=alone.user_token)[:2] == (200, {})
    alone.add_warehouse("b" * 16, "Hidden", user_permission="")
    assert (
        call(alone, "POST", f"/api/2.0/sql/warehouses/{'b' * 16}/start", {}, token=alone.user_token)[0] == 403
    )
    _, listed, _ = call(alone, "GET", "/api/2.0/sql/warehouses", token=alone.user_token)
    assert [w["id"] for w in listed["warehouses"]] == ["f6dd72df81d69f03"]


@pytest.mark.parametrize(("method", "end"), [("GET", ""), ("POST", "/start"), ("POST", "/stop")])
def test_a_missing_warehouse_is_a_404(alone: EmbeddedWorkspace, call: Call, method: str, end: str) -> None:
    status, body, _ = call(
        alone, method, f"/api/2.0/sql/warehouses/none{end}", {} if method == "POST" else None
    )
    assert (status, body["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def _until(alone: EmbeddedWorkspace, call: Call, state: str) -> dict[str, Any]:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        _, seen, _ = call(alone, "GET", WAREHOUSE)
        if seen["state"] == state:
            assert isinstance(seen, dict)
            return seen
        time.sleep(0.01)
    pytest.fail(f"never {state}")


def test_the_first_look_after_a_start_is_stale(alone: EmbeddedWorkspace, call: Call) -> None:
    assert call(alone, "POST", WAREHOUSE + "/start", {})[:2] == (200, {})
    assert call(alone, "GET", WAREHOUSE)[1]["state"] == "STOPPED"
    assert call(alone, "GET", WAREHOUSE)[1]["state"] in ("STARTING", "RUNNING")
    seen = _until(alone, call, "RUNNING")
    assert seen["health"] == {"status": "HEALTHY"}
    assert call(alone, "POST", WAREHOUSE + "/start", {})[0] == 200
    assert call(alone, "GET", WAREHOUSE)[1]["state"] == "RUNNING"


def test_stop_passes_through_stopping_and_a_start_waits_for_it(alone: EmbeddedWorkspace, call: Call) -> None:
    call(alone, "POST", WAREHOUSE + "/start", {})
    _until(alone, call, "RUNNING")
    alone._launcher._seconds = 2.0
    assert call(alone, "POST", WAREHOUSE + "/stop", {})[0] == 200
    assert call(alone, "GET", WAREHOUSE)[1]["state"] == "STOPPING"
    status, body, _ = call(alone, "POST", WAREHOUSE + "/start", {})
    assert (status, body["error_code"]) == (400, "INVALID_STATE")
    assert "health" not in _until(alone, call, "STOPPED")


def test_a_put_restarts_what_runs(alone: EmbeddedWorkspace, call: Call) -> None:
    call(alone, "POST", WAREHOUSE + "/start", {})
    _until(alone, call, "RUNNING")
    alone._launcher._seconds = 0.3
    assert call(alone, "PUT", CONFIG, alone.config)[0] == 200
    seen = call(alone, "GET", WAREHOUSE)[1]
    assert (seen["state"], seen["num_clusters"]) == ("STARTING", 0)
    _until(alone, call, "RUNNING")


def test_faults_strike_as_often_as_asked_and_are_logged(alone: EmbeddedWorkspace, call: Call) -> None:
    alone.faults.add(
        f"PUT {CONFIG}*", status=500, body={"error_code": "INTERNAL_ERROR", "message": "x"}, times=2
    )
    before = alone.config
    wanted = {**before, "security_policy": "NONE"}
    assert [call(alone, "PUT", CONFIG, wanted)[0] for _ in range(3)] == [500, 500, 200]
    assert alone.config == wanted
    assert [(c.method, c.status, c.mutating, c.user) for c in alone.calls] == [
        ("PUT", 500, True, "admin@example.com"),
        ("PUT", 500, True, "admin@example.com"),
        ("PUT", 200, True, "admin@example.com"),
    ]


def test_a_fault_may_lose_only_the_answer_delay_or_be_a_web_page(
    alone: EmbeddedWorkspace, call: Call
) -> None:
    alone.faults.add(f"PUT {CONFIG}", status=503, body={"message": "lost"}, after_handler=True)
    wanted = {**alone.config, "security_policy": "NONE"}
    assert call(alone, "PUT", CONFIG, wanted)[0] == 503
    assert alone.config == wanted
    alone.faults.add("GET *", delay=0.2)
    begun = time.monotonic()
    assert call(alone, "GET", CONFIG)[0] == 200
    assert time.monotonic() - begun >= 0.2
    alone.faults.add("GET *", status=200, body="<html>sign in</html>", skip=1)
    assert call(alone, "GET", CONFIG)[1] == wanted
    assert call(alone, "GET", CONFIG)[1] == "<html>sign in</html>"


def test_the_shape_of_a_statement(alone: EmbeddedWorkspace, call: Call) -> None:
    body = {
        "statement": "SELECT 1 AS one, 'a, b' AS t, NULL AS n -- why",
        "warehouse_id": "f6dd72df81d69f03",
        "wait_timeout": "30s",
    }
    _, answer, _ = call(alone, "POST", "/api/2.0/sql/statements", body)
    assert answer["status"] == {"state": "SUCCEEDED"}
    assert answer["manifest"]["schema"]["columns"][0] == {
        "name": "one",
        "type_text": "INT",
        "type_name": "INT",
        "position": 0,
    }
    assert answer["result"]["data_array"] == [["1", "a, b", None]]
    assert call(alone, "GET", f"/api/2.0/sql/statements/{answer['statement_id']}")[1] == answer
    assert call(alone, "GET", "/api/2.0/sql/statements/none")[0] == 404


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE x",
        "SELECT",
        "SELECT a FROM t",
        "SELECT 1 FROM",
        "SELECT * FROM read_files('s3://b/k', format => 'parquet')",
        "LIST '/local'",
        "x",
    ],
)
def test_what_is_not_understood_is_a_syntax_error(
    alone: EmbeddedWorkspace, call: Call, statement: str
) -> None:
    body = {"statement": statement, "warehouse_id": "f6dd72df81d69f03", "wait_timeout": "30s"}
    _, answer, _ = call(alone, "POST", "/api/2.0/sql/statements", body)
    assert answer["status"]["state"] == "FAILED"
    assert "[PARSE_SYNTAX_ERROR]" in answer["status"]["error"]["message"]


@pytest.mark.parametrize(
    "change", [{"wait_timeout": "3s"}, {"wait_timeout": "1m"}, {"warehouse_id": "none"}, {"statement": ""}]
)
def test_a_wrong_request_for_a_statement_is_refused(
    alone: EmbeddedWorkspace, call: Call, change: dict[str, str]
) -> None:
    body = {"statement": "SELECT 1", "warehouse_id": "f6dd72df81d69f03", **change}
    status, answer, _ = call(alone, "POST", "/api/2.0/sql/statements", body)
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("LIST 's3://b/p' LIMIT 3;", sql.ListFiles("b", "p", 3)),
        ('list "s3a://b"', sql.ListFiles("b", "", 0)),
        ("SHOW TABLES IN hive_metastore.`my_db`", sql.ShowTables("my_db")),
        ("show databases", sql.ShowSchemas()),
        ("SELECT *, a FROM csv.`s3://b/k.csv`", sql.ReadFile("b", "k.csv", False, ("*", "a"), "", 0, False)),
        (
            "select count(*) as n from read_files('s3://b/k', format => 'csv', header => TRUE) limit 1",
            sql.ReadFile("b", "k", True, (), "n", 1, True),
        ),
        ("SELECT -1.5, true", sql.Literals((("-1.5", "DECIMAL", "-1.5"), ("true", "BOOLEAN", "true")))),
    ],
)
def test_statements_are_read(text: str, read: sql.Statement) -> None:
    assert sql.read(text) == read


def test_secrets_do_not_show(alone: EmbeddedWorkspace) -> None:
    from wizard.demo.workspace.aws_side import Keys

    assert "hush" not in repr(Keys("AKIA", "hush", "hush"))
    assert alone.token not in repr(alone)


def test_close_may_be_called_twice(alone: EmbeddedWorkspace) -> None:
    alone.close()
    alone.close()
