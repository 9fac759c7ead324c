"""A direct look tells what is there, what is not, and what it could not tell; and never takes one for another."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from wizard.demo.aws import EmbeddedAws
from wizard.services.aws.existence import _LOOKS, Presence, look
from wizard.services.aws.requirements import ResourceRef, table
from wizard.services.aws.session import AwsSession

AsUser = Callable[..., AwsSession]
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/there"
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def document(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def ref(type: str, name: str, parent: str = "", **more: object) -> ResourceRef:
    return ResourceRef(f"{type}.{name}", type, name, parent=parent, exists=True, **more)  # type: ignore[arg-type]  # passed through


@pytest.fixture
def there(aws: EmbeddedAws) -> list[ResourceRef]:
    """One of every type, made past Terraform."""
    iam, s3, glue, lake = (aws.client(name) for name in ("iam", "s3", "glue", "lakeformation"))
    west, kms = aws.client("s3", region="us-west-2"), aws.client("kms")
    iam.create_role(RoleName="there", AssumeRolePolicyDocument=document({**TRUST}))
    iam.put_role_policy(RoleName="there", PolicyName="p", PolicyDocument=document({**ALLOW}))
    iam.create_user(UserName="there")
    iam.put_user_policy(UserName="there", PolicyName="p", PolicyDocument=document({**ALLOW}))
    policy = iam.create_policy(PolicyName="there", PolicyDocument=document({**ALLOW}))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="there", PolicyArn=policy)
    iam.attach_user_policy(UserName="there", PolicyArn=policy)
    iam.create_instance_profile(InstanceProfileName="there")
    key = iam.create_access_key(UserName="there")["AccessKey"]["AccessKeyId"]
    provider, group = grouped(iam, policy)
    s3.create_bucket(Bucket="there")
    configured(s3)
    west.create_bucket(Bucket="there-west", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_bucket_policy(
        Bucket="there",
        Policy=document({**ALLOW, "Principal": {"AWS": ROLE}, "Resource": "arn:aws:s3:::there/*"}),
    )
    s3.put_bucket_versioning(Bucket="there", VersioningConfiguration={"Status": "Enabled"})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket="there", ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_public_access_block(Bucket="there", PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_ownership_controls(
        Bucket="there", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_bucket_lifecycle_configuration(
        Bucket="there",
        LifecycleConfiguration={
            "Rules": [{"ID": "x", "Status": "Enabled", "Filter": {"Prefix": "x"}, "Expiration": {"Days": 1}}]
        },
    )
    s3.put_object(Bucket="there", Key="a/b", Body=b"x")
    glue.create_database(DatabaseInput={"Name": "there"})
    glue.create_table(DatabaseName="there", TableInput={"Name": "rows"})
    glue.create_crawler(Name="there", Role="there", DatabaseName="there", Targets={"S3Targets": []})
    lake.register_resource(ResourceArn="arn:aws:s3:::there", RoleArn=ROLE)
    for resource, rights in (
        ({"Database": {"Name": "there"}}, ["DESCRIBE"]),
        ({"Table": {"DatabaseName": "there", "TableWildcard": {}}}, ["SELECT"]),
    ):
        lake.grant_permissions(
            Principal={"DataLakePrincipalIdentifier": ROLE}, Resource=resource, Permissions=rights
        )
    made = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/there", TargetKeyId=made)
    return [
        ref("aws_iam_role", "there"),
        ref("aws_iam_role_policy", "p", "there"),
        ref("aws_iam_role_policy_attachment", f"there-{policy}", "there"),
        ref("aws_iam_policy", "there", arn=policy),
        ref("aws_iam_instance_profile", "there"),
        ref("aws_iam_user", "there"),
        ref("aws_iam_user_policy", "p", "there"),
        ref("aws_iam_user_policy_attachment", f"there-{policy}", "there"),
        ref("aws_iam_access_key", key, "there"),
        ref("aws_iam_group", group),
        ref("aws_iam_group_policy", "p", group),
        ref("aws_iam_group_policy_attachment", f"{group}-{policy}", group),
        ref("aws_iam_group_membership", "x", group),
        ref("aws_iam_openid_connect_provider", "there.example.com", arn=provider),
        *(ref(kind, "there") for kind in _LOOKS if kind.startswith("aws_s3_bucket")),
        ref("aws_s3_bucket", "there-west", region="us-west-2"),
        ref("aws_s3_object", "a/b", "there"),
        ref("aws_glue_catalog_database", "there"),
        ref("aws_glue_catalog_table", "rows", "there"),
        ref("aws_glue_crawler", "there"),
        ref("aws_lakeformation_resource", "x", arn="arn:aws:s3:::there"),
        ref("aws_lakeformation_data_lake_settings", "x"),
        ref("aws_lakeformation_permissions", "there", ROLE),
        ref("aws_lakeformation_permissions", "there", ROLE, options=frozenset({"table"})),
        ref("aws_kms_key", "x", arn=made),
        ref("aws_kms_key_policy", made.rpartition("/")[2]),
        ref("aws_kms_alias", "alias/there"),
    ]  # fmt: skip


def grouped(iam: Any, policy: str) -> tuple[str, str]:
    """A group with all that a group may have, and an identity provider: (the provider's ARN, the group's name)."""
    iam.create_group(GroupName="there")
    iam.put_group_policy(GroupName="there", PolicyName="p", PolicyDocument=document({**ALLOW}))
    iam.attach_group_policy(GroupName="there", PolicyArn=policy)
    iam.add_user_to_group(GroupName="there", UserName="there")
    made = iam.create_open_id_connect_provider(
        Url="https://there.example.com", ThumbprintList=["cf23df2207d99a74fbe169e3eba035e633b65d94"]
    )
    return str(made["OpenIDConnectProviderArn"]), "there"


def configured(s3: Any) -> None:
    """What a bucket may have beside what most have."""
    s3.put_bucket_acl(Bucket="there", ACL="log-delivery-write")
    s3.put_bucket_cors(
        Bucket="there",
        CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
    )
    s3.put_bucket_logging(
        Bucket="there", BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "there", "TargetPrefix": "x"}}
    )
    s3.put_bucket_website(Bucket="there", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    queue = {"QueueArn": "arn:aws:sqs:us-east-1:123456789012:q", "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="there", NotificationConfiguration={"QueueConfigurations": [queue]}
    )


def seen(session: AwsSession, refs: list[ResourceRef]) -> dict[str, Presence]:
    return {
        f"{each.ref.address} {sorted(each.ref.options)}": each.presence
        for each in look(session, refs, ACCOUNT)
    }


def test_what_is_there_is_seen(there: list[ResourceRef], as_user: AsUser) -> None:
    kinds = {each.type for each in there}
    assert kinds == {kind for kind in table() if not kind.startswith("data.")}, "every type of the table"
    found = seen(as_user("operator", ["*"]), there)
    assert {name for name, presence in found.items() if presence is not Presence.EXISTS} == set()


def test_what_is_not_there_is_absent(as_user: AsUser) -> None:
    gone = [
        ref("aws_iam_role", "no"),
        ref("aws_iam_role_policy", "p", "no"),
        ref("aws_iam_role_policy_attachment", "no-arn:aws:iam::aws:policy/x", "no"),
        ref("aws_iam_policy", "no"),
        ref("aws_iam_instance_profile", "no"),
        ref("aws_iam_user", "no"),
        ref("aws_iam_access_key", "AKIA", "no"),
        *(ref(kind, "no-such-bucket") for kind in _LOOKS if kind.startswith("aws_s3_bucket")),
        ref("aws_s3_object", "a/b", "no-such-bucket"),
        ref("aws_glue_catalog_database", "no"),
        ref("aws_glue_catalog_table", "rows", "no"),
        ref("aws_glue_crawler", "no"),
        ref("aws_lakeformation_permissions", "no", ROLE),
        ref("aws_lakeformation_resource", "x", arn="arn:aws:s3:::no"),
        ref("aws_kms_alias", "alias/no"),
        ref("aws_iam_group", "no"),
        ref("aws_iam_group_membership", "x", "no"),
        ref("aws_iam_openid_connect_provider", "no.example.com"),
    ]
    found = seen(as_user("operator", ["*"]), gone)
    assert {name for name, presence in found.items() if presence is not Presence.ABSENT} == set()


def test_who_may_not_look_is_told_neither(there: list[ResourceRef], as_user: AsUser) -> None:
    found = seen(as_user("nobody"), there)
    assert Presence.ABSENT not in found.values(), "a refusal is never taken for an absence"
    seen_anyway = {name.split()[0] for name, presence in found.items() if presence is Presence.EXISTS}
    assert seen_anyway == {"aws_s3_bucket.there", "aws_s3_bucket.there-west"}, "S3 tells where a bucket is"


def test_a_key_that_is_to_be_deleted_is_gone(aws: EmbeddedAws, as_user: AsUser) -> None:
    kms = aws.client("kms")
    made = kms.create_key()["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=made.rpartition("/")[2], PendingWindowInDays=7)
    (found,) = look(as_user("operator", ["*"]), [ref("aws_kms_key", "x", arn=made)], ACCOUNT)
    assert found.presence is Presence.ABSENT


def test_another_grant_on_the_same_database_is_another(there: list[ResourceRef], as_user: AsUser) -> None:
    others = [
        ref("aws_lakeformation_permissions", "there", f"{ROLE}-other"),
        ref("aws_lakeformation_permissions", "there"),
    ]
    found = [each.presence for each in look(as_user("operator", ["*"]), others, ACCOUNT)]
    assert found == [Presence.ABSENT, Presence.UNKNOWN]


def test_an_outage_is_no_absence(aws: EmbeddedAws, there: list[ResourceRef], as_user: AsUser) -> None:
    session = as_user("operator", ["*"])
    aws.faults.add("iam:GetRole", 500, "InternalFailure", times=0)
    (found,) = look(session, [ref("aws_iam_role", "there")], ACCOUNT)
    assert found.presence is Presence.UNKNOWN
