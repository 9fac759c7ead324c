"""S3's own map from method and sub-resource to IAM action.

The names differ from the API's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from wizard.demo.aws.target import Need, Scope, Target
from wizard.demo.aws.wire import Request

_BUCKET_CONFIGURATIONS = {
    "accelerate": "AccelerateConfiguration",
    "acl": "BucketAcl",
    "analytics": "AnalyticsConfiguration",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "intelligent-tiering": "IntelligentTieringConfiguration",
    "inventory": "InventoryConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "metadataTable": "BucketMetadataTableConfiguration",
    "metrics": "MetricsConfiguration",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
# Only these have a Delete action of their own; the others are deleted with the right to put.
_OWN_DELETE = {"policy": "DeleteBucketPolicy", "website": "DeleteBucketWebsite"}
_OBJECT_PARTS = {
    "acl": "ObjectAcl",
    "attributes": "ObjectAttributes",
    "legal-hold": "ObjectLegalHold",
    "retention": "ObjectRetention",
    "tagging": "ObjectTagging",
    "torrent": "ObjectTorrent",
}
_CONTROL_TAGS = {"GET": "ListTagsForResource", "POST": "TagResource", "DELETE": "UntagResource"}


def understand(request: Request, scope: Scope, account: str) -> Target:
    """What a path-style S3 (or S3 Control) request asks for. `account` owns what is not a bucket."""
    if request.path.startswith("/v20180820/"):
        return _control(request, scope, account)
    bucket, _, key = request.path.lstrip("/").partition("/")
    if not bucket:
        return _target(request, scope, (Need("s3:ListAllMyBuckets", "*"),), "", "")
    if key:
        needs = _object_needs(request, f"arn:aws:s3:::{bucket}/{key}")
    else:
        needs = _bucket_needs(request, f"arn:aws:s3:::{bucket}")
    return _target(request, scope, needs, bucket, key)


def need(action: str, arn: str) -> Need:
    """An S3 need: S3 puts the ARN in quotation marks when it refuses."""
    return Need(f"s3:{action}", arn, f'"{arn}"')


def _target(request: Request, scope: Scope, needs: tuple[Need, ...], bucket: str, key: str) -> Target:
    context = {"s3:prefix": request.query["prefix"]} if "prefix" in request.query else {}
    operation = needs[0].action.partition(":")[2]
    return Target("s3", operation, scope.region, "rest-xml", needs, {}, bucket, key, context)


def _control(request: Request, scope: Scope, account: str) -> Target:
    arn = f"arn:aws:s3:{scope.region}:{account}:*"
    action = "Unknown"
    if request.path.startswith("/v20180820/tags/"):
        action, arn = _CONTROL_TAGS.get(request.method, action), request.path.removeprefix("/v20180820/tags/")
    elif request.path.startswith("/v20180820/configuration/publicAccessBlock"):
        verb = "Get" if request.method == "GET" else "Put"
        action, arn = f"{verb}AccountPublicAccessBlock", "*"
    return Target("s3control", action, scope.region, "rest-xml", (need(action, arn),))


def _verb(method: str) -> str:
    return "Get" if method in ("GET", "HEAD") else "Put"


def _bucket_needs(request: Request, arn: str) -> tuple[Need, ...]:
    query, method = request.query, request.method
    for part, name in _BUCKET_CONFIGURATIONS.items():
        if part in query:
            if method == "DELETE" and part in _OWN_DELETE:
                return (need(_OWN_DELETE[part], arn),)
            return (need(_verb(method) + name, arn),)
    if method == "POST" and "delete" in query:
        objects = re.findall(r"<Object>(.*?)</Object>", request.body.decode("utf-8", "replace"), re.DOTALL)
        found = [
            need("DeleteObjectVersion" if "<VersionId>" in each else "DeleteObject", f"{arn}/{key[1]}")
            for each in objects
            if (key := re.search(r"<Key>([^<]*)</Key>", each))
        ]
        return tuple(found) or (need("DeleteObject", arn),)
    if "versions" in query:
        return (need("ListBucketVersions", arn),)
    if "uploads" in query:
        return (need("ListBucketMultipartUploads", arn),)
    plain = {"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
    return (need(plain.get(method, "PutObject"), arn),)


def _object_needs(request: Request, arn: str) -> tuple[Need, ...]:
    query, method = request.query, request.method
    version = "Version" if "versionId" in query else ""
    for part, name in _OBJECT_PARTS.items():
        if part in query:
            verb = "Delete" if method == "DELETE" else _verb(method)
            return (need(verb + name.replace("Object", f"Object{version}"), arn),)
    if "uploadId" in query:
        plain = {"GET": "ListMultipartUploadParts", "DELETE": "AbortMultipartUpload"}
        return (need(plain.get(method, "PutObject"), arn),)
    if method in ("GET", "HEAD"):
        return (need(f"GetObject{version}", arn),)
    if method == "DELETE":
        return (need(f"DeleteObject{version}", arn),)
    source = unquote(request.headers.get("x-amz-copy-source", "")).lstrip("/").partition("?")[0]
    copied = (need("GetObject", f"arn:aws:s3:::{source}"),) if source else ()
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
    tagged = (need("PutObjectTagging", arn),) if request.headers.get("x-amz-tagging") else ()
    return (need("PutObject", arn), *copied, *tagged)
