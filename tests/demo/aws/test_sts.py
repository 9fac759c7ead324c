"""AssumeRole is decided by the trust policy moto holds, and by the caller's own rights."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.demo.aws import EmbeddedAws, Keys

DATABRICKS = "arn:aws:iam::790110701330:role/serverless-customer-resource-role"
OURS = {"StringEquals": {"sts:ExternalId": ["databricks-serverless-42", "databricks-serverless-43"]}}


def assume(aws: EmbeddedAws, keys: Keys, role_arn: str, **more: Any) -> Keys:
    made = aws.client("sts", keys).assume_role(RoleArn=role_arn, RoleSessionName="session", **more)
    found = made["Credentials"]
    return Keys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def test_databricks_gets_in_with_the_right_external_id(aws: EmbeddedAws, make_role: Any) -> None:
    arn = make_role("htd-role", DATABRICKS, ["s3:ListAllMyBuckets"], OURS)
    keys = assume(aws, aws.databricks, arn, ExternalId="databricks-serverless-43")
    identity = aws.client("sts", keys).get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/htd-role/session"
    assert identity["Account"] == "123456789012"
    assert identity["UserId"].endswith(":session")
    assert aws.client("s3", keys).list_buckets()["Buckets"] == []


@pytest.mark.parametrize("external_id", [{}, {"ExternalId": "databricks-serverless-44"}])
def test_databricks_is_refused_with_a_wrong_or_missing_external_id(
    aws: EmbeddedAws, make_role: Any, refused: Any, external_id: dict[str, str]
) -> None:
    arn = make_role("htd-role", DATABRICKS, ["*"], OURS)
    assert refused(lambda: assume(aws, aws.databricks, arn, **external_id)) == (
        403,
        "AccessDenied",
        (
            "User: arn:aws:sts::790110701330:assumed-role/serverless-customer-resource-role/"
            f"databricks-serverless is not authorized to perform: sts:AssumeRole on resource: {arn}"
        ),
    )


def test_databricks_may_do_nothing_else(aws: EmbeddedAws, refused: Any) -> None:
    assert aws.client("sts", aws.databricks).get_caller_identity()["Account"] == "790110701330"
    assert refused(aws.client("iam", aws.databricks).list_roles)[1] == "AccessDenied"
    aws.client("s3").create_bucket(Bucket="htd-a")
    s3 = aws.client("s3", aws.databricks)
    assert refused(lambda: s3.list_objects_v2(Bucket="htd-a"))[1:] == ("AccessDenied", "Access Denied")


def test_a_role_that_is_not_there_is_refused_like_one_that_does_not_trust(
    aws: EmbeddedAws, make_role: Any, refused: Any
) -> None:
    for arn in (
        "arn:aws:iam::123456789012:role/none",
        make_role("closed", "arn:aws:iam::1:root"),
        "arn:aws:iam::123456789012:user/somebody",
    ):
        assert refused(lambda: assume(aws, aws.databricks, arn))[1] == "AccessDenied"  # noqa: B023 - called at once


def test_naming_a_user_is_enough_and_naming_its_account_is_not(
    aws: EmbeddedAws, make_role: Any, allow: Any, refused: Any
) -> None:
    keys = aws.keys_for_user("u")
    assume(aws, keys, make_role("direct", "arn:aws:iam::123456789012:user/u"))
    through = make_role("through", "arn:aws:iam::123456789012:root")
    assert refused(lambda: assume(aws, keys, through))[2].endswith(
        "because no identity-based policy allows the sts:AssumeRole action"
    )
    allow("u", ["sts:AssumeRole"], [through])
    assume(aws, keys, through)


def test_an_explicit_deny_beats_the_trust(aws: EmbeddedAws, make_role: Any, allow: Any, refused: Any) -> None:
    keys = aws.keys_for_user("u")
    arn = make_role("direct", "arn:aws:iam::123456789012:user/u")
    allow("u", ["sts:*"], effect="Deny")
    assert refused(lambda: assume(aws, keys, arn))[2].endswith(
        "with an explicit deny in an identity-based policy"
    )
    assert aws.client("sts", keys).get_caller_identity()["Arn"].endswith(":user/u")


def test_a_session_policy_narrows_a_session(aws: EmbeddedAws, make_role: Any, refused: Any) -> None:
    arn = make_role("wide", DATABRICKS, ["*"])
    policy = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:List*","Resource":"*"}}'
    iam = aws.client("iam", assume(aws, aws.databricks, arn, Policy=policy))
    iam.list_roles()
    assert refused(lambda: iam.get_role(RoleName="wide"))[2].endswith(
        "because no session policy allows the iam:GetRole action"
    )


def test_a_changed_trust_counts_for_the_next_call(aws: EmbeddedAws, make_role: Any, refused: Any) -> None:
    arn = make_role("htd-role", DATABRICKS)
    assume(aws, aws.databricks, arn)
    closed = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}}'
    )
    aws.client("iam").update_assume_role_policy(RoleName="htd-role", PolicyDocument=closed)
    assert refused(lambda: assume(aws, aws.databricks, arn))[1] == "AccessDenied"


def test_a_chained_session_lasts_an_hour_at_most(aws: EmbeddedAws, make_role: Any, refused: Any) -> None:
    arn = make_role("r", DATABRICKS)
    assert refused(lambda: assume(aws, aws.databricks, arn, DurationSeconds=7200))[1] == "ValidationError"


def test_a_foreign_role_of_any_name(aws: EmbeddedAws, make_role: Any) -> None:
    catalog = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole"
    arn = make_role("uc", catalog)
    assume(aws, aws.keys_for_foreign_role(catalog), arn)


def test_a_role_that_wants_a_second_factor(aws: EmbeddedAws, make_role: Any, refused: Any) -> None:
    user = aws.keys_for_user("htd-user")
    who = "arn:aws:iam::123456789012:user/htd-user"
    arn = make_role("guarded", who, ["*"], {"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    assert refused(lambda: assume(aws, user, arn))[1] == "AccessDenied"
    device = {"SerialNumber": "arn:aws:iam::123456789012:mfa/me"}
    wrong = refused(lambda: assume(aws, user, arn, TokenCode="654321", **device))
    assert wrong[1:] == (
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
    )
    assert assume(aws, user, arn, TokenCode="123456", **device).session_token
