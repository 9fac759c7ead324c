"""From requests to IAM actions and ARNs, as boto3 really sends them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from wizard.demo.aws import EmbeddedAws
from wizard.demo.aws.actions import scope_of
from wizard.demo.aws.wire import Request

IAM = "arn:aws:iam::123456789012"
GLUE = "arn:aws:glue:us-east-1:123456789012"
B = "arn:aws:s3:::htd-a"
CATALOG = "arn:aws:lakeformation:us-east-1:123456789012:catalog:123456789012"
SEEN = [
    ("iam", "get_role", {"RoleName": "r"}, "iam:GetRole", f"{IAM}:role/r", False),
    ("iam", "list_roles", {}, "iam:ListRoles", f"{IAM}:role/", False),
    (
        "iam",
        "create_policy",
        {"PolicyName": "p", "PolicyDocument": "{}"},
        "iam:CreatePolicy",
        f"{IAM}:policy/p",
        True,
    ),
    ("iam", "get_policy", {"PolicyArn": f"{IAM}:policy/p"}, "iam:GetPolicy", f"{IAM}:policy/p", False),
    (
        "iam",
        "get_instance_profile",
        {"InstanceProfileName": "i"},
        "iam:GetInstanceProfile",
        f"{IAM}:instance-profile/i",
        False,
    ),
    (
        "iam",
        "put_role_policy",
        {"RoleName": "r", "PolicyName": "p", "PolicyDocument": "{}"},
        "iam:PutRolePolicy",
        f"{IAM}:role/r",
        True,
    ),
    ("sts", "get_caller_identity", {}, "sts:GetCallerIdentity", "*", False),
    ("s3", "list_buckets", {}, "s3:ListAllMyBuckets", "*", False),
    ("s3", "head_bucket", {"Bucket": "htd-a"}, "s3:ListBucket", B, False),
    ("s3", "list_objects_v2", {"Bucket": "htd-a"}, "s3:ListBucket", B, False),
    ("s3", "create_bucket", {"Bucket": "htd-a"}, "s3:CreateBucket", B, True),
    ("s3", "delete_bucket", {"Bucket": "htd-a"}, "s3:DeleteBucket", B, True),
    ("s3", "get_bucket_policy", {"Bucket": "htd-a"}, "s3:GetBucketPolicy", B, False),
    ("s3", "delete_bucket_policy", {"Bucket": "htd-a"}, "s3:DeleteBucketPolicy", B, True),
    ("s3", "get_bucket_encryption", {"Bucket": "htd-a"}, "s3:GetEncryptionConfiguration", B, False),
    (
        "s3",
        "get_bucket_lifecycle_configuration",
        {"Bucket": "htd-a"},
        "s3:GetLifecycleConfiguration",
        B,
        False,
    ),
    ("s3", "get_public_access_block", {"Bucket": "htd-a"}, "s3:GetBucketPublicAccessBlock", B, False),
    ("s3", "delete_public_access_block", {"Bucket": "htd-a"}, "s3:PutBucketPublicAccessBlock", B, True),
    ("s3", "list_object_versions", {"Bucket": "htd-a"}, "s3:ListBucketVersions", B, False),
    (
        "s3",
        "get_object_lock_configuration",
        {"Bucket": "htd-a"},
        "s3:GetBucketObjectLockConfiguration",
        B,
        False,
    ),
    ("s3", "head_object", {"Bucket": "htd-a", "Key": "d/k"}, "s3:GetObject", f"{B}/d/k", False),
    ("s3", "put_object", {"Bucket": "htd-a", "Key": "d k/ä"}, "s3:PutObject", f"{B}/d k/ä", True),
    ("s3", "delete_object", {"Bucket": "htd-a", "Key": "k"}, "s3:DeleteObject", f"{B}/k", True),
    ("s3", "get_object_tagging", {"Bucket": "htd-a", "Key": "k"}, "s3:GetObjectTagging", f"{B}/k", False),
    (
        "s3",
        "delete_objects",
        {"Bucket": "htd-a", "Delete": {"Objects": [{"Key": "k"}]}},
        "s3:DeleteObject",
        f"{B}/k",
        True,
    ),
    ("glue", "get_database", {"Name": "Db"}, "glue:GetDatabase", f"{GLUE}:database/db", False),
    ("glue", "get_databases", {}, "glue:GetDatabases", f"{GLUE}:catalog", False),
    (
        "glue",
        "create_database",
        {"DatabaseInput": {"Name": "db"}},
        "glue:CreateDatabase",
        f"{GLUE}:database/db",
        True,
    ),
    ("glue", "get_table", {"DatabaseName": "db", "Name": "t"}, "glue:GetTable", f"{GLUE}:table/db/t", False),
    ("glue", "get_tables", {"DatabaseName": "db"}, "glue:GetTables", f"{GLUE}:table/db/*", False),
    (
        "glue",
        "get_partitions",
        {"DatabaseName": "db", "TableName": "t"},
        "glue:GetPartitions",
        f"{GLUE}:table/db/t",
        False,
    ),
    (
        "glue",
        "get_tags",
        {"ResourceArn": f"{GLUE}:database/db"},
        "glue:GetTags",
        f"{GLUE}:database/db",
        False,
    ),
    ("lakeformation", "get_data_lake_settings", {}, "lakeformation:GetDataLakeSettings", CATALOG, False),
    ("lakeformation", "list_permissions", {}, "lakeformation:ListPermissions", CATALOG, False),
    (
        "lakeformation",
        "grant_permissions",
        {
            "Principal": {"DataLakePrincipalIdentifier": "x"},
            "Resource": {"Catalog": {}},
            "Permissions": ["ALL"],
        },
        "lakeformation:GrantPermissions",
        CATALOG,
        True,
    ),
]


@pytest.mark.parametrize(("service", "method", "params", "action", "resource", "mutating"), SEEN)
def test_what_boto3_sends_is_understood(
    aws: EmbeddedAws,
    service: str,
    method: str,
    params: dict[str, Any],
    action: str,
    resource: str,
    mutating: bool,
) -> None:
    from botocore.exceptions import ClientError

    with contextlib.suppress(ClientError):  # whether it exists is not the point: the log is
        getattr(aws.client(service), method)(**params)
    call = aws.calls[-1]
    assert (call.action, call.resource, call.mutating) == (action, resource, mutating)
    assert call.region == "us-east-1"
    assert call.principal == "arn:aws:iam::123456789012:root"


def test_a_path_is_part_of_an_arn(aws: EmbeddedAws) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="u", Path="/team/")
    iam.get_user(UserName="u")
    assert [call.resource for call in aws.calls[-2:]] == [f"{IAM}:user/team/u"] * 2


def test_the_region_is_the_signature_s(aws: EmbeddedAws) -> None:
    aws.client("glue", region="us-west-2").get_databases()
    assert aws.calls[-1].region == "us-west-2"
    assert aws.calls[-1].resource == "arn:aws:glue:us-west-2:123456789012:catalog"


def test_regions_are_kept_apart(aws: EmbeddedAws, refused: Callable[..., tuple[int, str, str]]) -> None:
    aws.client("glue").create_database(DatabaseInput={"Name": "db"})
    code = refused(lambda: aws.client("glue", region="us-west-2").get_database(Name="db"))[1]
    assert code == "EntityNotFoundException"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_is_signed(aws: EmbeddedAws, fetch: Any, version: str) -> None:
    import boto3
    from botocore.config import Config

    aws.client("s3").create_bucket(Bucket="htd-a")
    aws.client("s3").put_object(Bucket="htd-a", Key="k", Body=b"rows")
    s3 = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=aws.url,
        aws_access_key_id=aws.root.access_key_id,
        aws_secret_access_key=aws.root.secret_access_key,
        config=Config(signature_version=version),
    )
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "htd-a", "Key": "k"})
    assert fetch(url)[:2] == (200, "rows")
    assert fetch(url.replace(aws.root.access_key_id, "AKIANOBODY0000000000"))[0] == 403


def test_an_unsigned_request_has_no_key() -> None:
    assert scope_of(Request("GET", "/bucket", {})).access_key_id == ""


def test_passing_a_role_is_a_right_of_its_own(
    aws: EmbeddedAws, allow: Any, make_role: Any, refused: Any
) -> None:
    arn = make_role("r", "*")
    aws.client("iam").create_instance_profile(InstanceProfileName="i")
    iam = aws.client("iam", aws.keys_for_user("u"))
    allow("u", ["iam:AddRoleToInstanceProfile"])
    message = refused(lambda: iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r"))[2]
    assert f"is not authorized to perform: iam:PassRole on resource: {arn} because" in message
    allow("u", ["iam:PassRole"], [arn])
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")


def test_tagging_at_birth_is_a_right_of_its_own(aws: EmbeddedAws, allow: Any, refused: Any) -> None:
    iam = aws.client("iam", aws.keys_for_user("u"))
    allow("u", ["iam:CreateUser"])
    iam.create_user(UserName="plain")
    message = refused(lambda: iam.create_user(UserName="v", Tags=[{"Key": "a", "Value": "b"}]))[2]
    assert "iam:TagUser on resource: arn:aws:iam::123456789012:user/v" in message


def test_an_alias_is_checked_with_its_keys_and_reading_by_it_with_the_key_alone(aws: EmbeddedAws) -> None:
    kms = aws.client("kms")
    one, two = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    before = len(aws.calls)
    kms.create_alias(AliasName="alias/a", TargetKeyId=one)
    kms.describe_key(KeyId="alias/a")
    kms.update_alias(AliasName="alias/a", TargetKeyId=two.rpartition("/")[2])
    kms.delete_alias(AliasName="alias/a")
    alias = "arn:aws:kms:us-east-1:123456789012:alias/a"
    seen = [(call.action, call.resource) for call in aws.calls[before:]]
    assert seen == [
        ("kms:CreateAlias", alias),
        ("kms:DescribeKey", one),
        ("kms:UpdateAlias", alias),
        ("kms:DeleteAlias", alias),
    ]


def test_an_alias_does_not_move_away_from_a_key_that_may_not_lose_it(
    aws: EmbeddedAws, allow: Any, refused: Any
) -> None:
    kms = aws.client("kms")
    one, two = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    kms.create_alias(AliasName="alias/a", TargetKeyId=one)
    theirs = aws.client("kms", aws.keys_for_user("u"))
    alias = "arn:aws:kms:us-east-1:123456789012:alias/a"
    allow("u", ["kms:UpdateAlias"], [alias, two])
    message = refused(lambda: theirs.update_alias(AliasName="alias/a", TargetKeyId=two))[2]
    assert f"kms:UpdateAlias on resource: {one}" in message
