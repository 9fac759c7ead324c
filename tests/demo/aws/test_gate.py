"""The gate over real HTTP: refusals in each protocol's shape, rights that come and go, the log."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from wizard.demo.aws import EmbeddedAws, Keys

USER = "arn:aws:iam::123456789012:user/htd-user"
NOBODY = Keys("AKIANOBODY0000000000", "secret")


def reads(aws: EmbeddedAws, keys: Keys) -> dict[str, Any]:
    """One read in each protocol."""
    return {
        "query": lambda: aws.client("iam", keys).get_role(RoleName="htd-role"),
        "json": lambda: aws.client("glue", keys).get_database(Name="htd_db"),
        "rest-json": lambda: aws.client("lakeformation", keys).get_data_lake_settings(),
        "rest-xml": lambda: aws.client("s3", keys).get_bucket_policy(Bucket="htd-a"),
    }


DENIED = {
    "query": (
        403,
        "AccessDenied",
        (
            f"User: {USER} is not authorized to perform: iam:GetRole on resource: role htd-role "
            "because no identity-based policy allows the iam:GetRole action"
        ),
    ),
    "json": (
        400,
        "AccessDeniedException",
        (
            f"User: {USER} is not authorized to perform: glue:GetDatabase on resource: "
            "arn:aws:glue:us-east-1:123456789012:database/htd_db "
            "because no identity-based policy allows the glue:GetDatabase action"
        ),
    ),
    "rest-json": (
        400,
        "AccessDeniedException",
        (
            f"User: {USER} is not authorized to perform: lakeformation:GetDataLakeSettings on resource: "
            "arn:aws:lakeformation:us-east-1:123456789012:catalog:123456789012 "
            "because no identity-based policy allows the lakeformation:GetDataLakeSettings action"
        ),
    ),
    "rest-xml": (
        403,
        "AccessDenied",
        (
            f'User: {USER} is not authorized to perform: s3:GetBucketPolicy on resource: "arn:aws:s3:::htd-a" '
            "because no identity-based policy allows the s3:GetBucketPolicy action"
        ),
    ),
}
UNKNOWN = {
    "query": (403, "InvalidClientTokenId"),
    "json": (400, "UnrecognizedClientException"),
    "rest-json": (403, "UnrecognizedClientException"),
    "rest-xml": (403, "InvalidAccessKeyId"),
}
EXPIRED = {
    "query": (403, "ExpiredToken"),
    "json": (400, "ExpiredTokenException"),
    "rest-json": (403, "ExpiredTokenException"),
    "rest-xml": (400, "ExpiredToken"),
}


@pytest.mark.parametrize("protocol", DENIED)
def test_a_denial_is_aws_s_own(aws: EmbeddedAws, refused: Any, protocol: str) -> None:
    aws.client("s3").create_bucket(Bucket="htd-a")
    assert refused(reads(aws, aws.keys_for_user("htd-user"))[protocol]) == DENIED[protocol]


@pytest.mark.parametrize("protocol", UNKNOWN)
def test_an_unknown_key_is_refused_in_the_protocol_s_words(
    aws: EmbeddedAws, refused: Any, protocol: str
) -> None:
    assert refused(reads(aws, NOBODY)[protocol])[:2] == UNKNOWN[protocol]
    assert aws.calls[-1].principal == ""


@pytest.mark.parametrize("protocol", EXPIRED)
def test_an_expired_session_is_refused_in_the_protocol_s_words(
    aws: EmbeddedAws, make_role: Any, refused: Any, protocol: str
) -> None:
    make_role("r", "*", ["*"])
    status, code, message = refused(reads(aws, aws.keys_for_role("r", seconds=-1))[protocol])
    assert (status, code) == EXPIRED[protocol]
    assert "expired" in message


def test_a_session_needs_its_own_token(aws: EmbeddedAws, make_role: Any, refused: Any) -> None:
    make_role("r", "*", ["*"])
    keys = aws.keys_for_role("r")
    aws.client("iam", keys).list_roles()
    for token in ("", "another"):
        wrong = Keys(keys.access_key_id, keys.secret_access_key, token)
        assert refused(lambda: aws.client("iam", wrong).list_roles())[1] == "InvalidClientTokenId"  # noqa: B023 - called at once


def test_sessions_can_all_be_expired(aws: EmbeddedAws, make_role: Any, refused: Any) -> None:
    make_role("r", "*", ["*"])
    iam = aws.client("iam", aws.keys_for_role("r"))
    iam.list_roles()
    aws.expire_sessions()
    assert refused(iam.list_roles)[1] == "ExpiredToken"


def test_a_head_says_nothing_but_forbidden_and_the_region(aws: EmbeddedAws, refused: Any) -> None:
    from botocore.exceptions import ClientError

    place = {"LocationConstraint": "us-west-2"}
    aws.client("s3", region="us-west-2").create_bucket(Bucket="htd-far", CreateBucketConfiguration=place)
    s3 = aws.client("s3", aws.keys_for_user("htd-user"))
    with pytest.raises(ClientError) as caught:
        s3.head_bucket(Bucket="htd-far")
    answer = caught.value.response["ResponseMetadata"]
    assert caught.value.response["Error"]["Code"] == "403"
    assert answer["HTTPStatusCode"] == 403
    assert answer["HTTPHeaders"]["x-amz-bucket-region"] == "us-west-2"


def test_anyone_learns_that_a_bucket_does_not_exist(aws: EmbeddedAws, refused: Any) -> None:
    s3 = aws.client("s3", aws.keys_for_user("htd-user"))
    assert refused(lambda: s3.get_bucket_policy(Bucket="nowhere"))[1] == "NoSuchBucket"
    assert refused(lambda: s3.create_bucket(Bucket="nowhere"))[1] == "AccessDenied"


def test_a_missing_object_is_hidden_from_who_may_not_list(aws: EmbeddedAws, allow: Any, refused: Any) -> None:
    aws.client("s3").create_bucket(Bucket="htd-a")
    s3 = aws.client("s3", aws.keys_for_user("u"))
    allow("u", ["s3:GetObject"], ["arn:aws:s3:::htd-*/*"])
    code, message = refused(lambda: s3.get_object(Bucket="htd-a", Key="k"))[1:]
    assert code == "AccessDenied"
    assert 's3:ListBucket on resource: "arn:aws:s3:::htd-a"' in message
    allow("u", ["s3:ListBucket"])
    assert refused(lambda: s3.get_object(Bucket="htd-a", Key="k"))[1] == "NoSuchKey"


def test_a_right_counts_from_the_moment_it_is_given(
    aws: EmbeddedAws, allow: Any, make_role: Any, refused: Any
) -> None:
    make_role("htd-role", "*")
    iam = aws.client("iam", aws.keys_for_user("htd-user"))
    assert refused(lambda: iam.get_role(RoleName="htd-role"))[1] == "AccessDenied"
    allow("htd-user", ["iam:GetRole"], ["arn:aws:iam::123456789012:role/htd-*"])
    assert iam.get_role(RoleName="htd-role")["Role"]["RoleName"] == "htd-role"
    aws.client("iam").delete_user_policy(UserName="htd-user", PolicyName="policy-0")
    assert refused(lambda: iam.get_role(RoleName="htd-role"))[1] == "AccessDenied"


def test_rights_come_from_attached_policies_and_groups_too(aws: EmbeddedAws, refused: Any) -> None:
    iam, user = aws.client("iam"), aws.client("iam", aws.keys_for_user("u"))
    assert refused(user.list_roles)[1] == "AccessDenied"
    iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    user.list_roles()
    iam.detach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    assert refused(user.list_roles)[1] == "AccessDenied"
    iam.attach_group_policy(GroupName="g", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    user.list_roles()


def test_the_default_version_of_a_managed_policy_counts_and_is_named_when_it_denies(
    aws: EmbeddedAws, refused: Any
) -> None:
    def document(effect: str) -> str:
        statement = {"Effect": effect, "Action": "iam:ListRoles", "Resource": "*"}
        return json.dumps({"Version": "2012-10-17", "Statement": statement})

    iam, user = aws.client("iam"), aws.client("iam", aws.keys_for_user("u"))
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document("Allow"))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="u", PolicyArn=arn)
    user.list_roles()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("Deny"), SetAsDefault=True)
    message = refused(user.list_roles)[2]
    assert message.endswith(f"with an explicit deny in an identity-based policy: {arn}")


def test_keys_made_by_iam_work_and_die(aws: EmbeddedAws, allow: Any, refused: Any) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="u")
    allow("u", ["iam:ListRoles"])
    made = iam.create_access_key(UserName="u")["AccessKey"]
    user = aws.client("iam", Keys(made["AccessKeyId"], made["SecretAccessKey"]))
    user.list_roles()
    iam.update_access_key(UserName="u", AccessKeyId=made["AccessKeyId"], Status="Inactive")
    assert refused(user.list_roles)[1] == "InvalidClientTokenId"


def test_a_well_known_key_can_be_given_to_a_user(aws: EmbeddedAws) -> None:
    keys = aws.keys_for_user("u", "AKIAWELLKNOWN0000001")
    assert keys.access_key_id == "AKIAWELLKNOWN0000001"
    identity = aws.client("sts", keys).get_caller_identity()
    assert (identity["Arn"], identity["Account"]) == ("arn:aws:iam::123456789012:user/u", "123456789012")
    aws.client("iam").delete_access_key(UserName="u", AccessKeyId="AKIAWELLKNOWN0000001")


LAYERS = {
    "service_control_policy": "a service control policy",
    "resource_control_policy": "a resource control policy",
    "permissions_boundary": "a permissions boundary",
    "session_policy": "a session policy",
    "vpc_endpoint_policy": "a VPC endpoint policy",
}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_guardrail_denies_in_its_layer_s_words(
    aws: EmbeddedAws, make_role: Any, refused: Any, layer: str
) -> None:
    make_role("admin", "*", ["*"])
    iam = aws.client("iam", aws.keys_for_role("admin", "ann"))
    arn = "arn:aws:organizations::999999999999:policy/o-1/x/p-1"
    aws.restrict("arn:aws:*role/admin*", ["iam:Get*"], layer=layer, policy_arn=arn)
    message = refused(lambda: iam.get_role(RoleName="admin"))[2]
    assert message == (
        "User: arn:aws:sts::123456789012:assumed-role/admin/ann is not authorized to perform: iam:GetRole "
        f"on resource: role admin with an explicit deny in {LAYERS[layer]}: {arn}"
    )
    iam.list_roles()
    aws.lift(layer)
    iam.get_role(RoleName="admin")


def test_a_guardrail_is_about_its_principals_and_resources(
    aws: EmbeddedAws, allow: Any, refused: Any
) -> None:
    one, other = (aws.client("iam", aws.keys_for_user(name)) for name in ("one", "other"))
    for name in ("one", "other"):
        allow(name, ["*"])
    narrow = ["arn:aws:iam::123456789012:user/one"]
    aws.restrict("*:user/one", ["iam:GetUser"], layer="service_control_policy", resources=narrow)
    assert refused(lambda: one.get_user(UserName="one"))[2].endswith("deny in a service control policy")
    one.get_user(UserName="other")
    other.get_user(UserName="one")
    with pytest.raises(ValueError, match="No such layer"):
        aws.restrict("*", ["*"], layer="weather")


def test_a_boundary_in_iam_limits_what_policies_allow(aws: EmbeddedAws, refused: Any) -> None:
    iam = aws.client("iam")
    statement = {"Effect": "Allow", "Action": "iam:List*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=document)["Policy"]["Arn"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=document, PermissionsBoundary=boundary)
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    session = aws.client("iam", aws.keys_for_role("r"))
    session.list_roles()
    message = refused(lambda: session.get_role(RoleName="r"))[2]
    assert message.endswith("because no permissions boundary allows the iam:GetRole action")


def test_a_bucket_policy_denies_with_its_conditions_and_allows_inside_the_account(
    aws: EmbeddedAws, make_role: Any, refused: Any
) -> None:
    trusted, other = (aws.client("s3", aws.keys_for_role(n)) for n in _two_roles(make_role))
    root = aws.client("s3")
    root.create_bucket(Bucket="htd-a")
    root.put_object(Bucket="htd-a", Key="k", Body=b"rows")
    bucket = ["arn:aws:s3:::htd-a", "arn:aws:s3:::htd-a/*"]
    plain_http = {"Bool": {"aws:SecureTransport": "false"}}
    statements: list[dict[str, Any]] = [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": bucket, "Condition": plain_http},
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:role/trusted"},
            "Action": "s3:GetObject",
            "Resource": bucket[1],
        },
    ]
    root.put_bucket_policy(
        Bucket="htd-a", Policy=json.dumps({"Version": "2012-10-17", "Statement": statements})
    )
    assert trusted.get_object(Bucket="htd-a", Key="k")["Body"].read() == b"rows"
    assert refused(lambda: other.get_object(Bucket="htd-a", Key="k"))[1] == "AccessDenied"
    del statements[0]["Condition"]
    root.put_bucket_policy(
        Bucket="htd-a", Policy=json.dumps({"Version": "2012-10-17", "Statement": statements})
    )
    message = refused(lambda: trusted.get_object(Bucket="htd-a", Key="k"))[2]
    assert message.endswith("with an explicit deny in a resource-based policy")


def _two_roles(make_role: Any) -> tuple[str, str]:
    make_role("trusted", "*")
    make_role("other", "*")
    return "trusted", "other"


def test_a_policy_scoped_to_s3_objects_and_glue_databases_works(
    aws: EmbeddedAws, make_role: Any, refused: Any
) -> None:
    make_role("r", "*", ["glue:GetDatabase"], resource="arn:aws:glue:us-east-1:123456789012:database/htd_*")
    aws.client("glue").create_database(DatabaseInput={"Name": "htd_db"})
    glue = aws.client("glue", aws.keys_for_role("r"))
    message = refused(lambda: glue.get_database(Name="htd_db"))[2]
    assert "on resource: arn:aws:glue:us-east-1:123456789012:catalog because" in message
    make_role("s", "*", ["glue:GetDatabase"], resource="arn:aws:glue:us-east-1:123456789012:*")
    aws.client("glue", aws.keys_for_role("s")).get_database(Name="htd_db")


def test_the_log_keeps_order_and_status(aws: EmbeddedAws, refused: Any) -> None:
    before = time.time()
    iam = aws.client("iam")
    iam.create_user(UserName="u")
    refused(lambda: iam.get_user(UserName="nobody"))
    first, second = aws.calls
    assert (first.action, first.status, first.mutating) == ("iam:CreateUser", 200, True)
    assert (second.action, second.status, second.mutating) == ("iam:GetUser", 404, False)
    assert before <= first.at <= second.at <= time.time()


def test_many_threads_at_once(aws: EmbeddedAws) -> None:
    iam = aws.client("iam")
    problems: list[BaseException] = []

    def work(number: int) -> None:
        try:
            iam.create_user(UserName=f"user-{number}")
            iam.list_users()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert problems == []
    assert len(iam.list_users()["Users"]) == 16
    assert len(aws.calls) == 33


def test_what_this_aws_does_not_know_is_a_loud_and_final_no(aws: EmbeddedAws, refused: Any) -> None:
    status, code, message = refused(lambda: aws.client("iam").list_organizations_features())
    assert (status, code) == (400, "InvalidAction")
    assert "does not know iam:ListOrganizationsFeatures" in message
    assert refused(lambda: aws.client("sts").get_session_token())[1] == "InvalidAction"


def test_a_condition_nobody_knows_is_told_not_guessed(aws: EmbeddedAws, refused: Any) -> None:
    condition = {"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    iam = aws.client("iam", aws.keys_for_user("u"))
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    aws.client("iam").put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document)
    assert refused(iam.list_roles)[1:] == (
        "MalformedPolicyDocument",
        "The demo's AWS does not know the condition operator DateLessThan.",
    )


def test_every_world_is_fresh_and_only_one_is_open() -> None:
    with EmbeddedAws() as first:
        first.client("iam").create_user(UserName="u")
        first.client("s3").create_bucket(Bucket="htd-a")
        with pytest.raises(RuntimeError, match="already open"):
            EmbeddedAws()
    with EmbeddedAws() as second:
        assert second.client("iam").list_users()["Users"] == []
        second.client("s3").create_bucket(Bucket="htd-a")
        second.close()
        second.close()


def test_secrets_never_show(aws: EmbeddedAws) -> None:
    keys = aws.databricks
    assert keys.secret_access_key
    assert keys.session_token
    assert keys.secret_access_key not in repr(keys)
    assert keys.session_token not in repr(keys)


def test_clients_read_nothing_of_the_operator_s(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_PROFILE": "no-such-profile",
        "AWS_ACCESS_KEY_ID": "AKIAREAL000000000000",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_ENDPOINT_URL_IAM": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    assert aws.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"
    aws.client("iam").list_roles()


def test_an_unsigned_call_is_told_so(aws: EmbeddedAws, fetch: Any) -> None:
    status, text, _ = fetch(aws.url, {"Action": "GetCallerIdentity", "Version": "2011-06-15"})
    assert status == 403
    assert "<Code>MissingAuthenticationToken</Code>" in text


def test_latency_slows_every_call_down(aws: EmbeddedAws) -> None:
    sts = aws.client("sts")
    sts.get_caller_identity()
    aws.latency = 0.2
    started = time.monotonic()
    sts.get_caller_identity()
    assert time.monotonic() - started >= 0.2
    aws.latency = 0.0
