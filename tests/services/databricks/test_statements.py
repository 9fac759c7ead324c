"""Statements: rows, time, and why one failed."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from wizard.core.event import Line, Wait
from wizard.core.problem import Problem
from wizard.core.work import wait_for
from wizard.services.databricks import statements
from wizard.services.databricks.client import Workspace

if TYPE_CHECKING:
    from tests.services.databricks.conftest import Drive, Scripted
    from wizard.demo.workspace import EmbeddedWorkspace

ID = "f6dd72df81d69f03"
POST = "POST /api/2.0/sql/statements"
GET = "GET /api/2.0/sql/statements/s1"


def test_literals_come_back_and_a_stopped_warehouse_is_started(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive
) -> None:
    result, events = drive(
        statements.execute(admin, ID, "SELECT 1 AS one, NULL AS nothing, 'a\x1b[2Jb' AS t")
    )
    assert result.columns == ("one", "nothing", "t")
    assert result.rows == (("1", "NULL", "ab"),)
    assert 0 < result.seconds < 30
    assert any(isinstance(e, Wait) for e in events)


def test_wait_for_sleeps_by_itself(admin: Workspace) -> None:
    assert wait_for(statements.execute(admin, ID, "SELECT 2")).rows == (("2",),)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (
            "java.nio.file.AccessDeniedException: s3://b: NoAuthWithAWSException: No AWS Credentials provided",
            "query.no_credentials",
        ),
        ("User: x is not authorized to perform: sts:AssumeRole on resource: r", "query.trust"),
        ("User: x is not authorized to perform: s3:GetObject on resource: r", "query.s3_denied"),
        ("com.amazonaws...AmazonS3Exception: Forbidden; Status Code: 403", "query.s3_denied"),
        (
            "s3://b/k: User: x is not authorized to perform: kms:Decrypt on resource: r (Service: Amazon S3)",
            "query.kms_denied",
        ),
        ("KMS.DisabledException: arn:aws:kms:us-east-1:1:key/k is disabled.", "query.kms_denied"),
        ("User: x is not authorized to perform: glue:GetTable on resource: r", "query.glue_denied"),
        ("AccessDeniedException: no (Service: AWSGlue; Status Code: 400)", "query.glue_denied"),
        ("Insufficient Lake Formation permission(s) on db (Service: AWSGlue)", "query.lakeformation"),
        ("Access Denied by somebody", "query.access_denied"),
        ("PERMISSION_DENIED: Access denied. credentialName = None", "query.unity_catalog"),
        ("[PATH_NOT_FOUND] Path does not exist: s3://b/k", "query.path"),
        ("[SCHEMA_NOT_FOUND] The schema x cannot be found", "query.schema"),
        ("[PARSE_SYNTAX_ERROR] Syntax error at or near 'x'", "query.syntax"),
        ("Cluster x could not be started.", "query.warehouse"),
        ("something else", "query.failed"),
    ],
)
def test_every_failure_has_its_name(scripted: Scripted, drive: Drive, message: str, code: str) -> None:
    failed = {"state": "FAILED", "error": {"error_code": "BAD_REQUEST", "message": message}}
    scripted.answers[POST] = [(200, {"statement_id": "s1", "status": {"state": "PENDING"}})]
    scripted.answers[GET] = [(200, {"status": {"state": "RUNNING"}}), (200, {"status": failed})]
    with pytest.raises(Problem) as caught:
        drive(statements.execute(Workspace(scripted.url, "t"), ID, "SELECT x"))
    assert caught.value.code == code
    assert caught.value.evidence == (message, "SELECT x")


@pytest.mark.parametrize("state", ["CANCELED", "CLOSED"])
def test_a_cancelled_one_is_told(scripted: Scripted, drive: Drive, state: str) -> None:
    scripted.answers[POST] = [(200, {"statement_id": "s1", "status": {"state": state}})]
    with pytest.raises(Problem) as caught:
        drive(statements.execute(Workspace(scripted.url, "t"), ID, "SELECT 1"))
    assert caught.value.code == "query.canceled"


def test_five_minutes_end_it_and_cancel_it(scripted: Scripted, drive: Drive) -> None:
    pending = (200, {"statement_id": "s1", "status": {"state": "PENDING"}})
    scripted.answers[POST], scripted.answers[GET] = [pending], [pending]
    scripted.answers["POST /api/2.0/sql/statements/s1/cancel"] = [(200, {})]
    seconds = itertools.count(0, 200)
    with pytest.raises(Problem) as caught:
        drive(
            statements.execute(
                Workspace(scripted.url, "t"), ID, "SELECT 1", clock=lambda: float(next(seconds))
            )
        )
    assert (caught.value.code, caught.value.why) == ("query.too_slow", "It was cancelled.")


@pytest.mark.parametrize(
    ("lost", "sent"),
    [
        ({"drop": True}, 2),
        ({"status": 503, "body": {"message": "x"}, "headers": {"Retry-After": "0"}}, 2),
        ({"status": 429, "body": {"message": "x"}, "headers": {"Retry-After": "0"}}, 2),
        ({"drop": True, "times": -1}, 2),
    ],
)
def test_a_lost_answer_is_said_and_the_query_sent_at_most_once_more(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, lost: dict[str, Any], sent: int
) -> None:
    world.faults.add(POST, **lost)
    run = statements.execute(admin, ID, "SELECT 1")
    if lost.get("times") == -1:
        with pytest.raises(Problem, match="not known whether the query ran") as caught:
            drive(run)
        assert caught.value.code == "databricks.unanswered"
    else:
        _, events = drive(run)
        said = [e.text for e in events if isinstance(e, Line)]
        assert said == ([] if lost.get("status") == 429 else [statements.LOST])
    assert [f"{c.method} {c.path}" for c in world.calls].count(POST) == sent


@pytest.mark.parametrize("answer", [{}, {"status": None}, {"status": {"state": "SUCCEEDED"}, "manifest": 5}])
def test_an_odd_answer_is_no_crash(scripted: Scripted, drive: Drive, answer: dict[str, object]) -> None:
    scripted.answers[POST] = [(200, answer)]
    work = statements.execute(Workspace(scripted.url, "t"), ID, "SELECT 1")
    if answer.get("status"):
        assert drive(work)[0].rows == ()
    else:
        with pytest.raises(Problem, match="does not say what became of the query"):
            drive(work)


@pytest.mark.parametrize(
    ("rows", "columns"), [([["1", None]], ("a",)), ([["1", "{}"]], ("a", "_rescued_data")), ([], ("a",))]
)
def test_the_readers_own_column_is_left_out_when_it_says_nothing(
    scripted: Scripted, drive: Drive, rows: list[list[str | None]], columns: tuple[str, ...]
) -> None:
    schema = {"columns": [{"name": "a"}, {"name": "_rescued_data"}]}
    answer = {
        "status": {"state": "SUCCEEDED"},
        "manifest": {"schema": schema},
        "result": {"data_array": rows},
    }
    scripted.answers[POST] = [(200, answer)]
    result, _ = drive(statements.execute(Workspace(scripted.url, "t"), ID, "SELECT 1"))
    assert result.columns == columns


@pytest.mark.parametrize(
    ("location", "sql"),
    [
        (
            "s3://b-c/k.csv",
            "SELECT * FROM read_files('s3://b-c/k.csv', format => 'csv', header => true) LIMIT 10",
        ),
        (
            " s3://b-c/k.CSV.gz ",
            "SELECT * FROM read_files('s3://b-c/k.CSV.gz', format => 'csv', header => true) LIMIT 10",
        ),
        (
            "s3://b-c/d/k.parquet",
            "SELECT * FROM read_files('s3://b-c/d/k.parquet', format => 'parquet') LIMIT 10",
        ),
        ("s3://b-c/folder/", "LIST 's3://b-c/folder/' LIMIT 10"),
        ("s3://b-c", "LIST 's3://b-c' LIMIT 10"),
        ("db.events", "SELECT * FROM hive_metastore.`db`.`events` LIMIT 10"),
        ("hive_metastore.my-db.t", "SELECT * FROM hive_metastore.`my-db`.`t` LIMIT 10"),
        ("db.*", "SHOW TABLES IN hive_metastore.`db`"),
    ],
)
def test_a_location_becomes_sql(location: str, sql: str) -> None:
    assert statements.location_fault(location) is None
    assert statements.read_location(location) == sql


@pytest.mark.parametrize(
    "location",
    [
        "",
        "b/k.csv",
        "s3:/b/k",
        "s3://B/k",
        "s3://b-c/k') --",
        "s3://b-c/`k",
        's3://b-c/"',
        "s3://b-c/\\k",
        "s3://b-c/\nk",
        "s3://-b/k",
        "db.t`; DROP TABLE x",
        "a.b.c.d",
        "db",
    ],
)
def test_a_location_that_could_end_the_string_is_refused(location: str) -> None:
    assert statements.location_fault(location)
    with pytest.raises(Problem) as caught:
        statements.read_location(location)
    assert caught.value.code == "query.location"
