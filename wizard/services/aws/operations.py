"""Which IAM action an API operation needs, where the two have different names.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html names the permission of each operation.
"""

from __future__ import annotations

_PREFIXES = {
    "sso": "sso",
    "ssooidc": "sso-oauth",
    "lakeformation": "lakeformation",
    "cloudwatchlogs": "logs",
}

_S3 = {
    "HeadBucket": "s3:ListBucket",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListBuckets": "s3:ListAllMyBuckets",
    "HeadObject": "s3:GetObject",
    "GetBucketCors": "s3:GetBucketCORS",
    "PutBucketCors": "s3:PutBucketCORS",
    "DeleteBucketCors": "s3:PutBucketCORS",
    "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "GetBucketReplication": "s3:GetReplicationConfiguration",
    "PutBucketReplication": "s3:PutReplicationConfiguration",
    "GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "s3:PutAccelerateConfiguration",
    "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "DeleteBucketTagging": "s3:PutBucketTagging",
    "DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "DeleteObjects": "s3:DeleteObject",
    "CopyObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
}


def action(service: str, operation: str) -> str:
    """The action that `operation` of `service` (as SDKs spell it: "IAM", "S3", "Glue") is authorised by."""
    prefix = service.lower().replace(" ", "")
    if prefix == "s3":
        return _S3.get(operation, f"s3:{operation}")
    return f"{_PREFIXES.get(prefix, prefix)}:{operation}"


_SERVICE_OF = {
    "CreateDatabase": "glue",
    "GetDatabase": "glue",
    "GetDatabases": "glue",
    "UpdateDatabase": "glue",
    "DeleteDatabase": "glue",
    "GetTable": "glue",
    "GetTables": "glue",
    "CreateTable": "glue",
    "GrantPermissions": "lakeformation",
    "RevokePermissions": "lakeformation",
    "ListPermissions": "lakeformation",
    "GetDataLakeSettings": "lakeformation",
    "PutDataLakeSettings": "lakeformation",
    "AssumeRole": "sts",
    "GetCallerIdentity": "sts",
    "GetRoleCredentials": "sso",
}


def service_of(operation: str) -> str:
    """The service an operation belongs to, when its name alone tells; empty otherwise."""
    if operation in _SERVICE_OF:
        return _SERVICE_OF[operation]
    if "Bucket" in operation or "Object" in operation or operation == "GetPublicAccessBlock":
        return "s3"
    words = ("Role", "InstanceProfile", "User", "Policy", "AccessKey", "Group", "PrincipalPolicy")
    return "iam" if operation.endswith(words) or operation.endswith(("Policies", "Roles", "Users")) else ""
