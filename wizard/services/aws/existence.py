"""Whether things are there: looked at directly, past Terraform, which takes "you may not look" for "it is gone".

Measured with provider 5.100.0: without s3:ListBucket or lakeformation:ListPermissions a plan succeeds and proposes to
make again what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from wizard.core.text import one_line
from wizard.services.aws import probes
from wizard.services.aws.errors import code_of, failures
from wizard.services.aws.requirements import Need, ResourceRef, related, resource_arns
from wizard.services.aws.session import AwsSession

_AT_ONCE = 16


class Presence(Enum):
    """What a direct look told."""

    EXISTS = "exists"
    ABSENT = "absent"
    UNKNOWN = "could not tell"


@dataclass(frozen=True)
class Look:
    """One thing, looked at."""

    ref: ResourceRef
    presence: Presence
    evidence: str


def _always(_answer: Mapping[str, Any], _ref: ResourceRef) -> bool:
    return True


def _attached(answer: Mapping[str, Any], ref: ResourceRef) -> bool:
    """The policy is among those attached; the id of an attachment ends in its policy's ARN."""
    return any(ref.name.endswith(str(each["PolicyArn"])) for each in answer["AttachedPolicies"])


def _key(answer: Mapping[str, Any], ref: ResourceRef) -> bool:
    return any(each["AccessKeyId"] == ref.own_name for each in answer["AccessKeyMetadata"])


def _alive(answer: Mapping[str, Any], _ref: ResourceRef) -> bool:
    return answer["KeyMetadata"]["KeyState"] not in ("PendingDeletion", "PendingReplicaDeletion")


def _alias(answer: Mapping[str, Any], ref: ResourceRef) -> bool:
    return any(each["AliasName"] == ref.own_name for each in answer["Aliases"])


def _versions(answer: Mapping[str, Any], _ref: ResourceRef) -> bool:
    return bool(answer.get("Status"))


def _holding(name: str) -> Callable[[Mapping[str, Any], ResourceRef], bool]:
    return lambda answer, _: bool(answer.get(name))


def _notifying(answer: Mapping[str, Any], _ref: ResourceRef) -> bool:
    return any(
        value is not None
        for name, value in answer.items()
        if name.endswith(("Configuration", "Configurations"))
    )


_LOOKS: dict[str, tuple[str, Callable[[Mapping[str, Any], ResourceRef], bool]]] = {
    "aws_iam_role": ("iam:GetRole", _always),
    "aws_iam_role_policy": ("iam:GetRolePolicy", _always),
    "aws_iam_role_policy_attachment": ("iam:ListAttachedRolePolicies", _attached),
    "aws_iam_policy": ("iam:GetPolicy", _always),
    "aws_iam_instance_profile": ("iam:GetInstanceProfile", _always),
    "aws_iam_user": ("iam:GetUser", _always),
    "aws_iam_user_policy": ("iam:GetUserPolicy", _always),
    "aws_iam_user_policy_attachment": ("iam:ListAttachedUserPolicies", _attached),
    "aws_iam_access_key": ("iam:ListAccessKeys", _key),
    "aws_iam_group": ("iam:GetGroup", _always),
    "aws_iam_group_policy": ("iam:GetGroupPolicy", _always),
    "aws_iam_group_policy_attachment": ("iam:ListAttachedGroupPolicies", _attached),
    "aws_iam_group_membership": ("iam:GetGroup", _holding("Users")),
    "aws_iam_openid_connect_provider": ("iam:GetOpenIDConnectProvider", _always),
    "aws_s3_bucket": ("s3:ListBucket", _always),
    "aws_s3_bucket_acl": ("s3:GetBucketAcl", _always),
    "aws_s3_bucket_cors_configuration": ("s3:GetBucketCORS", _always),
    "aws_s3_bucket_logging": ("s3:GetBucketLogging", _holding("LoggingEnabled")),
    "aws_s3_bucket_notification": ("s3:GetBucketNotification", _notifying),
    "aws_s3_bucket_website_configuration": ("s3:GetBucketWebsite", _always),
    "aws_s3_bucket_policy": ("s3:GetBucketPolicy", _always),
    "aws_s3_bucket_versioning": ("s3:GetBucketVersioning", _versions),
    "aws_s3_bucket_server_side_encryption_configuration": ("s3:GetEncryptionConfiguration", _always),
    "aws_s3_bucket_public_access_block": ("s3:GetBucketPublicAccessBlock", _always),
    "aws_s3_bucket_ownership_controls": ("s3:GetBucketOwnershipControls", _always),
    "aws_s3_bucket_lifecycle_configuration": ("s3:GetLifecycleConfiguration", _always),
    "aws_s3_object": ("s3:GetObject", _always),
    "aws_glue_catalog_database": ("glue:GetDatabase", _always),
    "aws_glue_catalog_table": ("glue:GetTable", _always),
    "aws_glue_crawler": ("glue:GetCrawler", _always),
    "aws_lakeformation_resource": ("lakeformation:DescribeResource", _always),
    "aws_lakeformation_data_lake_settings": ("lakeformation:GetDataLakeSettings", _always),
    "aws_kms_key": ("kms:DescribeKey", _alive),
    "aws_kms_key_policy": ("kms:GetKeyPolicy", _always),
    "aws_kms_alias": ("kms:ListAliases", _alias),
}
"""Type -> the read that finds it, and what in the answer is it."""


def look(
    session: AwsSession, refs: Sequence[ResourceRef], account: str, partition: str = "aws"
) -> list[Look]:
    """Look at each of `refs`, all at once, each in its own region. Never raises for what AWS answers."""
    if not refs:
        return []

    def one(ref: ResourceRef) -> Look:
        if ref.type == "aws_lakeformation_permissions":
            return _grant(session, ref)
        return _thing(session, ref, account, partition)

    with ThreadPoolExecutor(min(_AT_ONCE, len(refs)), thread_name_prefix="aws-look") as pool:
        return list(pool.map(one, related(refs)))


def _thing(session: AwsSession, ref: ResourceRef, account: str, partition: str) -> Look:
    if ref.type not in _LOOKS:
        return Look(ref, Presence.UNKNOWN, f"the wizard has no way to look at a resource of type {ref.type}")
    action, is_it = _LOOKS[ref.type]
    if ref.type == "aws_iam_policy" and not ref.arn and ref.own_name:
        ref = replace(ref, arn=f"arn:{partition}:iam::{account}:policy/{ref.own_name}")
    region = ref.region or session.region
    arn = resource_arns(action, ref, account, region, partition)[0]
    need = Need(action, arn, region, "read", ref.address, ref)
    if not probes.can_read(need):
        return Look(ref, Presence.UNKNOWN, "its name is not known yet")
    try:
        answer = probes.CALLS[action].make(session, need)
    except failures() as error:
        return _unanswered(ref, error)
    return Look(ref, Presence.EXISTS, "AWS shows it") if is_it(answer, ref) else _absent(ref)


def _unanswered(ref: ResourceRef, error: Exception) -> Look:
    if code_of(error) in (*probes.ABSENT, "404", "NoSuchBucket"):
        return _absent(ref)
    response = getattr(error, "response", {}).get("ResponseMetadata", {})
    if ref.type == "aws_s3_bucket" and response.get("HTTPHeaders", {}).get("x-amz-bucket-region"):
        # S3 tells the region of a bucket that is there even to those whom it refuses.
        return Look(ref, Presence.EXISTS, "the bucket is there, and you may not look into it")
    return Look(ref, Presence.UNKNOWN, one_line(error, 300))


def _absent(ref: ResourceRef) -> Look:
    return Look(ref, Presence.ABSENT, "AWS says that it is not there")


def _grant(session: AwsSession, ref: ResourceRef) -> Look:
    """A grant is found by its principal (the resource's parent) and its database (the resource's name)."""
    if not ref.parent.startswith("arn:") or not ref.name:
        return Look(ref, Presence.UNKNOWN, "whom it is given to is not known yet")
    database: dict[str, Any] = {"Database": {"Name": ref.name}}
    tables = {"Table": {"DatabaseName": ref.name, "TableWildcard": {}}}
    client = session.client("lakeformation", ref.region or session.region)
    asked = {
        "Principal": {"DataLakePrincipalIdentifier": ref.parent},
        "Resource": tables if "table" in ref.options else database,
    }
    try:
        answer = client.list_permissions(**asked)
        found = list(answer["PrincipalResourcePermissions"])
        while not found and answer.get("NextToken"):
            answer = client.list_permissions(**asked, NextToken=answer["NextToken"])
            found = list(answer["PrincipalResourcePermissions"])
    except failures() as error:
        # LakeFormation says the same of what is not there and of what may not be seen.
        return Look(ref, Presence.UNKNOWN, one_line(error, 300))
    return Look(ref, Presence.EXISTS, "LakeFormation lists it") if found else _absent(ref)
