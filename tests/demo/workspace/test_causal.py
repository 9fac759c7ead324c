"""The pretend workspace really tries: each joint to AWS is broken once, and the failure is named."""

# ruff: noqa: S608  # the statements go to the pretend workspace

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.demo.workspace.conftest import Joined
    from wizard.demo.workspace import EmbeddedWorkspace

GOOD = "databricks-serverless-1234567890123456"


def _reason(seen: dict[str, Any]) -> dict[str, Any]:
    assert seen["state"] == "STOPPED", seen
    assert seen["health"]["status"] == "FAILED"
    reason = seen["health"]["failure_reason"]
    assert isinstance(reason, dict)
    return reason


def test_every_joint_in_place_makes_it_healthy_and_it_reads_s3(joined: Joined) -> None:
    seen = joined.start()
    assert (seen["state"], seen["health"], seen["num_clusters"]) == ("RUNNING", {"status": "HEALTHY"}, 1)
    answer = joined.query(f"SELECT * FROM read_files('s3://{joined.bucket}/proof/proof.csv', header => true)")
    assert answer["status"] == {"state": "SUCCEEDED"}
    assert [c["name"] for c in answer["manifest"]["schema"]["columns"]] == ["id", "name", "_rescued_data"]
    assert answer["result"]["data_array"] == [["1", "one", None], ["2", "two", None]]
    principals = {call.principal for call in joined.aws.calls if call.action == "s3:GetObject"}
    assert any(f"assumed-role/{joined.prefix}-role/" in principal for principal in principals)


def _trust(joined: Joined, document: dict[str, object]) -> None:
    joined.iam.update_assume_role_policy(
        RoleName=f"{joined.prefix}-role", PolicyDocument=json.dumps(document)
    )


def _statement(**changes: object) -> dict[str, object]:
    principal = "arn:aws:iam::790110701330:role/serverless-customer-resource-role"
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"AWS": [principal]},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": [GOOD]}},
    }
    return {"Version": "2012-10-17", "Statement": [{**statement, **changes}]}


def _external(value: str) -> Callable[[Joined], None]:
    return lambda joined: _trust(joined, _statement(Condition={"StringEquals": {"sts:ExternalId": [value]}}))


@pytest.fixture
def alone_reason(alone: EmbeddedWorkspace, call: Callable[..., Any]) -> dict[str, Any]:
    """The failure reason of a workspace whose AWS is not there."""
    arn = "arn:aws:iam::123456789012:instance-profile/p"
    alone.add_registration(arn)
    alone.set_config({**alone.config, "instance_profile_arn": arn})
    path = "/api/2.0/sql/warehouses/f6dd72df81d69f03"
    assert call(alone, "POST", path + "/start", {})[0] == 200
    end = time.monotonic() + 20
    while time.monotonic() < end:
        _, seen, _ = call(alone, "GET", path)
        if seen["state"] == "STOPPED" and "health" in seen:
            reason = seen["health"]["failure_reason"]
            assert isinstance(reason, dict)
            return reason
        time.sleep(0.02)
    pytest.fail(f"still {seen}")


TRUST_BREAKS: dict[str, Callable[[Joined], None]] = {
    "no statement": lambda j: _trust(j, _statement(Principal={"Service": "ec2.amazonaws.com"}, Condition={})),
    "bare number": _external("1234567890123456"),
    "other workspace": _external("databricks-serverless-42"),
    "wildcard": _external("databricks-serverless-*"),
    "other principal": lambda j: _trust(
        j, _statement(Principal={"AWS": [f"arn:aws:iam::{j.aws.account_id}:root"]})
    ),
    "other action": lambda j: _trust(j, _statement(Action="sts:TagSession")),
}


@pytest.mark.parametrize("name", TRUST_BREAKS)
def test_a_broken_trust_is_an_authorization_failure_with_the_aws_text(joined: Joined, name: str) -> None:
    TRUST_BREAKS[name](joined)
    reason = _reason(joined.start())
    assert (reason["code"], reason["type"]) == ("AWS_AUTHORIZATION_FAILURE", "CLIENT_ERROR")
    said = reason["parameters"]["databricks_error_message"]
    assert "is not authorized to perform: sts:AssumeRole" in said
    assert joined.role_arn in said


def test_several_ids_in_the_trust_still_work(joined: Joined) -> None:
    ids = {"StringEquals": {"sts:externalid": ["databricks-serverless-7", GOOD]}}
    _trust(joined, _statement(Condition=ids))
    assert joined.start()["state"] == "RUNNING"


def _empty_profile(joined: Joined) -> None:
    joined.iam.remove_role_from_instance_profile(
        InstanceProfileName=f"{joined.prefix}-instance-profile", RoleName=f"{joined.prefix}-role"
    )


def _no_profile(joined: Joined) -> None:
    _empty_profile(joined)
    joined.iam.delete_instance_profile(InstanceProfileName=f"{joined.prefix}-instance-profile")


PROFILE_BREAKS: dict[str, tuple[Callable[[Joined], None], str]] = {
    "no role in the profile": (_empty_profile, "AWS_INSTANCE_PROFILE_UPDATE_FAILURE"),
    "profile deleted": (_no_profile, "AWS_INSTANCE_PROFILE_UPDATE_FAILURE"),
    "registered without a role": (
        lambda j: j.workspace.add_registration(j.profile_arn),
        "AWS_INSTANCE_PROFILE_UPDATE_FAILURE",
    ),
    "registered with another role": (
        lambda j: j.workspace.add_registration(j.profile_arn, j.role_arn + "-other"),
        "AWS_INSTANCE_PROFILE_UPDATE_FAILURE",
    ),
    "not registered": (
        lambda j: j.workspace.set_config(
            {
                **j.workspace.config,
                "instance_profile_arn": j.profile_arn.replace("instance-profile/", "instance-profile/x"),
            }
        ),
        "INVALID_ARGUMENT",
    ),
}


@pytest.mark.parametrize("name", PROFILE_BREAKS)
def test_a_broken_profile_is_named(joined: Joined, name: str) -> None:
    break_it, code = PROFILE_BREAKS[name]
    break_it(joined)
    reason = _reason(joined.start())
    assert (reason["code"], reason["type"]) == (code, "CLIENT_ERROR")
    assert reason["parameters"]["databricks_error_message"]


def test_a_profile_named_like_its_role_needs_no_registered_role(joined: Joined) -> None:
    name = f"{joined.prefix}-role"
    joined.iam.create_instance_profile(InstanceProfileName=name)
    joined.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    arn = joined.role_arn.replace(":role/", ":instance-profile/")
    joined.workspace.add_registration(arn)
    joined.workspace.set_config({**joined.workspace.config, "instance_profile_arn": arn})
    assert joined.start()["state"] == "RUNNING"


def test_a_trust_mended_while_it_starts_heals_it(patient: Joined) -> None:
    TRUST_BREAKS["bare number"](patient)
    patient.ask_start()
    ill = patient.settle(lambda seen: "health" in seen)
    assert (ill["state"], ill["health"]["status"]) == ("STARTING", "DEGRADED")
    _trust(patient, _statement())
    assert patient.settle(lambda seen: seen["state"] != "STARTING")["health"] == {"status": "HEALTHY"}


def test_without_a_profile_it_is_healthy_but_reads_nothing(joined: Joined) -> None:
    config = {k: v for k, v in joined.workspace.config.items() if k != "instance_profile_arn"}
    joined.workspace.set_config(config)
    assert joined.start()["health"] == {"status": "HEALTHY"}
    assert joined.query("SELECT 1")["result"]["data_array"] == [["1"]]
    answer = joined.query(f"LIST 's3://{joined.bucket}/proof'")
    assert answer["status"]["state"] == "FAILED"
    assert "No AWS Credentials" in answer["status"]["error"]["message"]


def test_classic_compute_never_comes_up(joined: Joined) -> None:
    joined.workspace.add_warehouse("aaaaaaaaaaaaaaaa", "Classic", serverless=False, warehouse_type="CLASSIC")
    joined.warehouse = "aaaaaaaaaaaaaaaa"
    joined.ask_start()
    seen = joined.settle(lambda seen: "health" in seen)
    assert seen["state"] == "STARTING"
    assert seen["health"]["failure_reason"]["type"] == "CLOUD_FAILURE"


def test_an_aws_that_does_not_answer_is_no_client_error(alone_reason: dict[str, Any]) -> None:
    assert (alone_reason["code"], alone_reason["type"]) == ("STS_CLIENT_SETUP_FAILURE", "CLOUD_FAILURE")


def test_the_policies_of_the_role_decide_what_a_query_may_read(joined: Joined) -> None:
    joined.start()
    joined.allow(["s3:ListBucket"])
    listed = joined.query(f"LIST 's3://{joined.bucket}/proof'")
    assert [row[:3] for row in listed["result"]["data_array"]] == [
        [f"s3://{joined.bucket}/proof/proof.csv", "proof.csv", "20"]
    ]
    read = joined.query(f"SELECT count(*) AS n FROM csv.`s3://{joined.bucket}/proof/proof.csv`")
    assert read["status"]["state"] == "FAILED"
    message = read["status"]["error"]["message"]
    assert "s3:GetObject" in message
    assert "Status Code: 403" in message
    tables = joined.query(f"SHOW TABLES IN {joined.prefix}_db")
    assert "glue:GetDatabase" in tables["status"]["error"]["message"]


def test_a_trust_lost_after_the_start_fails_the_query(joined: Joined) -> None:
    joined.start()
    TRUST_BREAKS["no statement"](joined)
    answer = joined.query(f"LIST 's3://{joined.bucket}/proof'")
    assert "sts:AssumeRole" in answer["status"]["error"]["message"]


def test_glue_answers_as_long_as_the_configuration_keeps_its_switch(joined: Joined) -> None:
    joined.start()
    tables = joined.query(f"SHOW TABLES IN hive_metastore.{joined.prefix}_db")
    assert tables["result"]["data_array"] == [[f"{joined.prefix}_db", "events", "false"]]
    schemas = joined.query("SHOW SCHEMAS")
    assert [f"{joined.prefix}_db"] in schemas["result"]["data_array"]
    missing = joined.query("SHOW TABLES IN nowhere")
    assert "[SCHEMA_NOT_FOUND]" in missing["status"]["error"]["message"]
    joined.workspace.set_config({**joined.workspace.config, "data_access_config": []})
    lost = joined.query(f"SHOW TABLES IN {joined.prefix}_db")
    assert "[SCHEMA_NOT_FOUND]" in lost["status"]["error"]["message"]


def test_a_missing_file_is_told_apart_from_a_denial(joined: Joined) -> None:
    joined.start()
    answer = joined.query(f"SELECT * FROM read_files('s3://{joined.bucket}/none.csv', header => true)")
    assert "[PATH_NOT_FOUND]" in answer["status"]["error"]["message"]
    answer = joined.query("LIST 's3://no-such-bucket-anywhere/x'")
    assert "[PATH_NOT_FOUND]" in answer["status"]["error"]["message"]


def test_a_query_starts_a_stopped_warehouse_and_fails_with_it(joined: Joined) -> None:
    assert joined.query("SELECT 1")["status"] == {"state": "SUCCEEDED"}
    assert joined.seen()["state"] == "RUNNING"


def test_a_query_on_a_warehouse_that_cannot_start_fails(joined: Joined) -> None:
    TRUST_BREAKS["other workspace"](joined)
    answer = joined.query("SELECT 1")
    assert answer["status"]["state"] == "FAILED"
    assert "could not be started" in answer["status"]["error"]["message"]


def test_a_bucket_in_another_region_can_be_read(joined: Joined) -> None:
    s3 = joined.aws.client("s3", region="us-west-2")
    bucket = f"{joined.prefix}-far"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket=bucket, Key="a.csv", Body=b"x\n1\n")
    joined.start()
    answer = joined.query(f"SELECT x FROM read_files('s3://{bucket}/a.csv', format => 'csv', header => true)")
    assert answer["result"]["data_array"] == [["1"]]


def test_adding_a_profile_really_looks_for_it(joined: Joined, call: Callable[..., Any]) -> None:
    account = joined.aws.account_id
    unknown = {"instance_profile_arn": f"arn:aws:iam::{account}:instance-profile/none"}
    status, body, _ = call(joined.workspace, "POST", "/api/2.0/instance-profiles/add", unknown)
    assert (status, body["error_code"]) == (400, "DRY_RUN_FAILED")
    assert "Invalid IAM Instance Profile ARN" in body["message"]
    _, known, _ = call(joined.workspace, "GET", "/api/2.0/instance-profiles/list")
    assert known["instance_profiles"][0]["iam_role_arn"] == joined.role_arn
    removal = {"instance_profile_arn": joined.profile_arn}
    assert call(joined.workspace, "POST", "/api/2.0/instance-profiles/remove", removal)[0] == 200
    status, body, _ = call(joined.workspace, "POST", "/api/2.0/instance-profiles/add", removal)
    assert body["message"].endswith("AWS error: You are not authorized to perform this operation.")
    skipping = {**removal, "skip_validation": True}
    assert call(joined.workspace, "POST", "/api/2.0/instance-profiles/add", skipping)[0] == 200
    status, body, _ = call(joined.workspace, "POST", "/api/2.0/instance-profiles/add", skipping)
    assert (status, body["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")
