"""Failures on order."""

from __future__ import annotations

import time
from typing import Any

from wizard.demo.aws import EmbeddedAws, Faults


def test_orders_are_counted_and_come_in_turn() -> None:
    faults = Faults()
    first = faults.add("iam:Get*", 500, times=2)
    faults.add("iam:GetRole", 403, resource="*role/b")
    assert faults.take("s3:GetObject", "*") is None
    assert faults.take("iam:GetRole", "role/a") is first
    assert faults.take("IAM:getrole", "role/a") is first
    assert first.remaining == 0
    assert faults.take("iam:GetRole", "arn:role/a") is None
    assert faults.take("iam:GetRole", "arn:role/b") is not None


def test_for_ever_and_never_again() -> None:
    faults = Faults()
    faults.add("*", 500, times=0)
    assert all(faults.take("a:B", "*") for _ in range(5))
    faults.clear()
    assert faults.take("a:B", "*") is None


def test_a_call_fails_as_often_as_ordered(aws: EmbeddedAws, refused: Any) -> None:
    glue = aws.client("glue")
    message = "Insufficient Lake Formation permission(s): Required Describe on htd_db"
    aws.faults.add("glue:GetDatabase", status=400, code="AccessDeniedException", message=message)
    assert refused(lambda: glue.get_database(Name="htd_db")) == (400, "AccessDeniedException", message)
    assert refused(lambda: glue.get_database(Name="htd_db"))[1] == "EntityNotFoundException"


def test_a_client_s_own_retry_gets_past_one_failure(aws: EmbeddedAws) -> None:
    aws.faults.add("iam:ListRoles", status=503, code="ServiceUnavailable")
    assert aws.client("iam").list_roles()["Roles"] == []
    assert [call.status for call in aws.calls] == [503, 200]


def test_the_work_is_done_and_the_answer_lost(aws: EmbeddedAws, refused: Any) -> None:
    aws.faults.add("iam:CreateUser", status=400, code="RequestLost", message="gone", after_handler=True)
    iam = aws.client("iam")
    assert refused(lambda: iam.create_user(UserName="u")) == (400, "RequestLost", "gone")
    assert iam.get_user(UserName="u")["User"]["UserName"] == "u"
    assert refused(lambda: iam.create_user(UserName="u"))[1] == "EntityAlreadyExists"


def test_a_delay_is_only_a_delay(aws: EmbeddedAws) -> None:
    iam = aws.client("iam")
    iam.list_users()
    aws.faults.add("iam:ListRoles", delay=0.3)
    started = time.monotonic()
    iam.list_roles()
    assert time.monotonic() - started >= 0.3
    assert [call.status for call in aws.calls] == [200, 200]


def test_the_portal_can_fail_too(aws: EmbeddedAws, refused: Any) -> None:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    aws.faults.add("sso-oidc:RegisterClient", status=400, code="InvalidRequestException", message="no")
    oidc = boto3.client(
        "sso-oidc",
        region_name="us-east-1",
        endpoint_url=aws.url,
        config=Config(signature_version=UNSIGNED),
    )
    assert (
        refused(lambda: oidc.register_client(clientName="x", clientType="public"))[1]
        == "InvalidRequestException"
    )
