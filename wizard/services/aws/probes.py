"""The reads Terraform's refresh will make, made by us first. Nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from wizard.core.text import one_line
from wizard.services.aws import denials
from wizard.services.aws.denials import Denial
from wizard.services.aws.errors import code_of, failures, problem
from wizard.services.aws.reasons import DENIALS
from wizard.services.aws.requirements import Need, ResourceRef
from wizard.services.aws.session import AwsSession

NOBODY = "htd-wizard-looks-whether-it-may"
"""Name of something that does not exist: AWS checks the right to look before it says "not found"."""


_INLINE = ("aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy")


class Answer(Enum):
    """What one read proved."""

    ALLOWED = "allowed"
    DENIED = "denied"
    SILENT = "silent"
    """AWS answers this way to everyone, allowed or not."""
    FAILED = "failed"
    """It could not be asked."""


@dataclass(frozen=True)
class Read:
    """The outcome of one read."""

    need: Need
    answer: Answer
    evidence: str
    denial: Denial | None = None
    can_retry: bool = False


@dataclass(frozen=True)
class Call:
    """One read of botocore: service, method, and which of the need's properties each argument is."""

    service: str
    method: str
    arguments: Mapping[str, str] = field(default_factory=dict)

    def make(self, session: AwsSession, need: Need) -> Mapping[str, Any]:
        """Make it and return the answer. Raises what botocore raises."""
        region = None if self.service in ("iam", "sts") else need.region
        given = {name: _property(which, need) for name, which in self.arguments.items()}
        answer: Mapping[str, Any] = getattr(session.client(self.service, region), self.method)(**given)
        return answer


def _property(which: str, need: Need) -> object:
    ref = need.ref
    if which == "role":
        return ref.parent if ref.type == "aws_iam_instance_profile" else ref.holder
    if which == "policy":
        return ref.own_name if ref.type in _INLINE and ref.own_name else NOBODY
    if which in ("v1", "1", "default"):
        return 1 if which == "1" else which
    known: dict[str, str] = {
        "holder": ref.holder,
        "own": ref.own_name,
        "arn": ref.arn,
        "key": _key(ref),
        "need": need.resource_arn,
    }
    return known[which]


def _key(ref: ResourceRef) -> str:
    """A key is named by its ARN or id, or by an alias; the ARN of an alias is not that of its key."""
    return ref.arn if ":key/" in ref.arn else ref.own_name


def _s3(method: str) -> Call:
    return Call("s3", method, {"Bucket": "holder"})


CALLS: dict[str, Call] = {
    "sts:GetCallerIdentity": Call("sts", "get_caller_identity"),
    "iam:GetRole": Call("iam", "get_role", {"RoleName": "role"}),
    "iam:GetRolePolicy": Call("iam", "get_role_policy", {"RoleName": "role", "PolicyName": "policy"}),
    "iam:ListRolePolicies": Call("iam", "list_role_policies", {"RoleName": "role"}),
    "iam:ListAttachedRolePolicies": Call("iam", "list_attached_role_policies", {"RoleName": "role"}),
    "iam:GetInstanceProfile": Call("iam", "get_instance_profile", {"InstanceProfileName": "own"}),
    "iam:GetUser": Call("iam", "get_user", {"UserName": "holder"}),
    "iam:GetUserPolicy": Call("iam", "get_user_policy", {"UserName": "holder", "PolicyName": "policy"}),
    "iam:ListAttachedUserPolicies": Call("iam", "list_attached_user_policies", {"UserName": "holder"}),
    "iam:ListAccessKeys": Call("iam", "list_access_keys", {"UserName": "holder"}),
    "iam:GetGroup": Call("iam", "get_group", {"GroupName": "holder"}),
    "iam:GetGroupPolicy": Call("iam", "get_group_policy", {"GroupName": "holder", "PolicyName": "policy"}),
    "iam:ListAttachedGroupPolicies": Call("iam", "list_attached_group_policies", {"GroupName": "holder"}),
    "iam:GetOpenIDConnectProvider": Call(
        "iam", "get_open_id_connect_provider", {"OpenIDConnectProviderArn": "need"}
    ),
    "iam:GetPolicy": Call("iam", "get_policy", {"PolicyArn": "arn"}),
    "iam:ListPolicies": Call("iam", "list_policies", {"MaxItems": "1"}),
    "iam:GetPolicyVersion": Call("iam", "get_policy_version", {"PolicyArn": "arn", "VersionId": "v1"}),
    "s3:ListBucket": _s3("head_bucket"),
    "s3:GetBucketPolicy": _s3("get_bucket_policy"),
    "s3:GetBucketLocation": _s3("get_bucket_location"),
    "s3:GetBucketAcl": _s3("get_bucket_acl"),
    "s3:GetBucketCORS": _s3("get_bucket_cors"),
    "s3:GetBucketWebsite": _s3("get_bucket_website"),
    "s3:GetBucketVersioning": _s3("get_bucket_versioning"),
    "s3:GetAccelerateConfiguration": _s3("get_bucket_accelerate_configuration"),
    "s3:GetBucketRequestPayment": _s3("get_bucket_request_payment"),
    "s3:GetBucketLogging": _s3("get_bucket_logging"),
    "s3:GetLifecycleConfiguration": _s3("get_bucket_lifecycle_configuration"),
    "s3:GetReplicationConfiguration": _s3("get_bucket_replication"),
    "s3:GetEncryptionConfiguration": _s3("get_bucket_encryption"),
    "s3:GetBucketObjectLockConfiguration": _s3("get_object_lock_configuration"),
    "s3:GetBucketNotification": _s3("get_bucket_notification_configuration"),
    "s3:ListAllMyBuckets": Call("s3", "list_buckets"),
    "s3:GetBucketTagging": _s3("get_bucket_tagging"),
    "s3:GetBucketPublicAccessBlock": _s3("get_public_access_block"),
    "s3:GetBucketOwnershipControls": _s3("get_bucket_ownership_controls"),
    "s3:GetObject": Call("s3", "head_object", {"Bucket": "holder", "Key": "own"}),
    "s3:GetObjectTagging": Call("s3", "get_object_tagging", {"Bucket": "holder", "Key": "own"}),
    "glue:GetDatabase": Call("glue", "get_database", {"Name": "own"}),
    "glue:GetTags": Call("glue", "get_tags", {"ResourceArn": "need"}),
    "glue:GetTable": Call("glue", "get_table", {"DatabaseName": "holder", "Name": "own"}),
    "glue:GetPartitionIndexes": Call(
        "glue", "get_partition_indexes", {"DatabaseName": "holder", "TableName": "own"}
    ),
    "glue:GetCrawler": Call("glue", "get_crawler", {"Name": "own"}),
    "kms:DescribeKey": Call("kms", "describe_key", {"KeyId": "key"}),
    "kms:GetKeyPolicy": Call("kms", "get_key_policy", {"KeyId": "key", "PolicyName": "default"}),
    "kms:GetKeyRotationStatus": Call("kms", "get_key_rotation_status", {"KeyId": "key"}),
    "kms:ListResourceTags": Call("kms", "list_resource_tags", {"KeyId": "key"}),
    "kms:ListAliases": Call("kms", "list_aliases", {"Limit": "1"}),
    "lakeformation:ListPermissions": Call("lakeformation", "list_permissions", {"MaxResults": "1"}),
    "lakeformation:GetDataLakeSettings": Call("lakeformation", "get_data_lake_settings"),
    "lakeformation:DescribeResource": Call("lakeformation", "describe_resource", {"ResourceArn": "arn"}),
}
"""IAM action -> the call it authorises."""

ABSENT = frozenset(
    {
        "NoSuchEntity",
        "EntityNotFoundException",
        "NoSuchBucketPolicy",
        "NoSuchCORSConfiguration",
        "NoSuchWebsiteConfiguration",
        "NoSuchLifecycleConfiguration",
        "ReplicationConfigurationNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
        "ObjectLockConfigurationNotFoundError",
        "NoSuchTagSet",
        "NoSuchTagSetError",
        "NoSuchPublicAccessBlockConfiguration",
        "OwnershipControlsNotFoundError",
        "NotFoundException",
        "NoSuchKey",
        "UnsupportedArgument",
    }
)
"""Codes of "not there" that only those get to read who may look."""
_BUSY = frozenset(
    {"Throttling", "ThrottlingException", "TooManyRequestsException", "SlowDown", "RequestLimitExceeded"}
)


def can_read(need: Need) -> bool:
    """There is a call for this action, and enough is known of the resource to make it."""
    call = CALLS.get(need.action)
    if need.phase != "read" or call is None:
        return False
    ref = need.ref
    known = {
        "role": bool(ref.holder),
        "holder": bool(ref.holder),
        "own": bool(ref.own_name),
        "arn": bool(ref.arn),
        "key": bool(_key(ref)),
        "need": need.resource_arn != "*",
    }
    return all(known.get(which, True) for which in call.arguments.values())


def key(need: Need) -> tuple[str, str, str, str]:
    """Needs with the same key are answered by one call. What cannot be named yet is told apart by its address."""
    service = need.action.partition(":")[0]
    region = "" if service in ("iam", "sts") else need.region
    return need.action, need.resource_arn, region, need.address if need.nameless else ""


def read(session: AwsSession, need: Need) -> Read:
    """Make the read. Never raises for what AWS answers."""
    try:
        CALLS[need.action].make(session, need)
    except failures() as error:
        return _judge(need, error)
    return Read(need, Answer.ALLOWED, "read")


def _judge(need: Need, error: Exception) -> Read:
    """What a failed read proves. Missing and forbidden look alike in places, and never in the same way."""
    code, text = code_of(error), one_line(error)
    if code in _BUSY:
        return Read(need, Answer.FAILED, "AWS was too busy to answer", can_retry=True)
    if code in ABSENT:
        return Read(need, Answer.ALLOWED, "nothing there, and AWS says so only to who may look")
    if code == "NoSuchBucket" or (code == "404" and need.action == "s3:ListBucket"):
        return Read(need, Answer.SILENT, "the bucket is not there yet, so it cannot be tried")
    if code == "404":
        return Read(need, Answer.ALLOWED, "nothing there, and S3 says so only to who may look")
    denial = denials.read(str(error)) if code else None
    if denial is None or denial.reason not in DENIALS:
        failed = problem(error, f"trying {need.action}")
        return Read(need, Answer.FAILED, text, can_retry=failed.code in ("aws.timeout", "aws.network"))
    hidden = denial.reason == "lakeformation" or need.action in ("s3:GetObject", "s3:GetObjectTagging")
    if hidden and not need.ref.exists:
        return Read(need, Answer.SILENT, "not there yet or not allowed: AWS says the same to both")
    told = replace(denial, action=need.action)
    if denial.reason in ("identity_implicit", "unspecified"):
        # Where any key may be meant, AWS names the one.
        meant = need.resource_arn.endswith("*") and (denial.resource or "").startswith("arn:")
        told = replace(told, resource=denial.resource if meant else need.resource_arn)
    return Read(need, Answer.DENIED, text, denial=told)
