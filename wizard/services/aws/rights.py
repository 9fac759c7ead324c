"""What the role behind the instance profile may read, asked of AWS: S3 and its key, Glue, LakeFormation.

A prediction by AWS weighs the role's own policies; what the bucket's policy says is read beside it, because inside
one account either of them is enough:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.aws import bucket_key, lake_grants
from wizard.services.aws.errors import code_of, failures, problem
from wizard.services.aws.resource_policy import Request, Ruling, judge, role_context, statements_of
from wizard.services.aws.rights_part import Look, Part, Wanted, hanging, is_listing, unpredicted
from wizard.services.aws.session import AwsSession, intercepted

__all__ = ["Wanted", "finding"]

_TITLE = "The role may read S3, Glue and LakeFormation"
_GRAVITY = (Verdict.GAP, Verdict.UNKNOWN, Verdict.PREDICTED, Verdict.PROVEN)


def finding(session: AwsSession, wanted: Wanted) -> Finding:
    """`chain.rights`: the gravest of the parts, each with its evidence. Changes nothing; raises nothing AWS says."""
    look = Look(session, wanted)
    parts = list(_parts(look))
    if not parts:
        return Finding("chain.rights", _TITLE, Verdict.UNKNOWN, "nothing was named to read")
    first = min(parts, key=lambda part: _GRAVITY.index(part.verdict))
    evidence = "; ".join(f"{part.name}: {part.evidence}" for part in parts)
    return Finding("chain.rights", _TITLE, first.verdict, one_line(evidence), first.problem)


def _parts(look: Look) -> Iterator[Part]:
    place: str | Part | None = look.wanted.location
    if look.wanted.table[0]:
        place = _place(look)
    if isinstance(place, Part):
        yield place
    elif place:
        yield from _s3(look, place)
    yield from _glue(look)
    yield from lake_grants.parts(look)


def _place(look: Look) -> str | Part | None:
    """Where the files of the table are; None for all tables of a database."""
    database, table = look.wanted.table
    if table == "*":
        return None
    try:
        found = look.session.client("glue").get_table(DatabaseName=database, Name=table)["Table"]
    except failures() as error:
        if code_of(error) == "EntityNotFoundException":
            return None  # LakeFormation, or the prediction for Glue, says more
        told = problem(error, "asking Glue where the table is")
        return Part("S3", Verdict.UNKNOWN, one_line(told.what, 200), told)
    except LookupError:
        told = intercepted()
        return Part("S3", Verdict.UNKNOWN, told.what, told)
    place = str((found.get("StorageDescriptor") or {}).get("Location") or "")
    if not place.startswith(("s3://", "s3a://")):
        return None
    return f"s3://{place.partition('://')[2].rstrip('/')}/"


def _s3(look: Look, location: str) -> Iterator[Part]:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    whole = f"arn:{look.partition}:s3:::{bucket}"
    listing = is_listing(key)
    asks = [("s3:ListBucket", whole)] if listing else [("s3:GetObject", f"{whole}/{key}")]
    if look.wanted.table[0]:
        asks.append(("s3:GetObject", f"{whole}/{key}*"))
    statements, unread = _bucket_policy(look.session, bucket)
    context = _context(look, key if listing else "", listing=listing)
    worst: Part | None = None
    for action, resource in asks:
        seen = _one(
            look, bucket, Request(look.wanted.role_arn, action, resource, context), statements, unread
        )
        if worst is None or _GRAVITY.index(seen.verdict) < _GRAVITY.index(worst.verdict):
            worst = seen
    if worst is not None:
        yield worst
    if worst is None or worst.verdict is not Verdict.GAP:
        key_part = bucket_key.part(look, bucket)
        if key_part is not None:
            yield key_part


def _one(
    look: Look,
    bucket: str,
    request: Request,
    statements: Sequence[Mapping[str, Any]],
    unread: Problem | None,
) -> Part:
    """One action. Inside one account the role's policies or the bucket's are enough; a deny of either is the end."""
    action, resource = request.action, request.resource
    ruling = judge(statements, request) if unread is None else Ruling("")
    command = f"aws s3api get-bucket-policy --bucket {bucket} --query Policy --output text"
    if ruling.word == "Deny":
        denial = look.refused("S3", action, resource, "resource_explicit")
        return Part("S3", Verdict.GAP, f"the bucket's policy denies {action}", denial)
    prediction = look.predict(action, resource)
    if prediction.allowed is False and (
        prediction.reason.endswith("explicit") or prediction.reason[:3] == "scp"
    ):
        denial = look.refused("S3", action, resource, prediction.reason)
        return Part("S3", Verdict.GAP, f"the role may not do {action} on {resource}", denial)
    if ruling.unsure == "Deny":
        return hanging("S3", ruling, "the bucket's policy", command)
    if prediction.allowed and (unread is None or unread.code.startswith("aws.denied")):
        hidden = "" if unread is None else " (the bucket's policy is not shown to you)"
        return Part("S3", Verdict.PREDICTED, f"AWS predicts that it may read{hidden}")
    if ruling.word == "Allow":
        return Part("S3", Verdict.PREDICTED, f"the bucket's policy lets the role do {action}")
    if ruling.unsure:
        return hanging("S3", ruling, "the bucket's policy", command)
    if prediction.allowed is None:
        return Part("S3", Verdict.UNKNOWN, prediction.evidence, unpredicted(prediction.evidence))
    if unread is not None:
        return Part("S3", Verdict.UNKNOWN, f"the bucket's policy could not be read: {unread.what}", unread)
    denial = look.refused("S3", action, resource, prediction.reason)
    return Part("S3", Verdict.GAP, f"the role may not do {action} on {resource}", denial)


def _context(look: Look, prefix: str, *, listing: bool) -> dict[str, Sequence[str]]:
    """What a read through HTTPS with a session of the role carries."""
    unsent = (
        "s3:x-amz-acl",
        "s3:x-amz-server-side-encryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    )
    only_lists: dict[str, Sequence[str]] = (
        {"s3:prefix": (prefix,)}
        if listing
        else dict.fromkeys(("s3:prefix", "s3:delimiter", "s3:max-keys"), ())
    )
    return {
        **role_context(look.wanted.role_arn),
        **dict.fromkeys((*unsent, "s3:versionid"), ()),
        "s3:signatureversion": ("AWS4-HMAC-SHA256",),
        **only_lists,
    }


def _bucket_policy(session: AwsSession, bucket: str) -> tuple[Sequence[Mapping[str, Any]], Problem | None]:
    """The statements of the bucket's policy, and why they could not be read; no policy is an empty one."""
    try:
        document = json.loads(session.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    except failures() as error:
        if code_of(error) in ("NoSuchBucketPolicy", "NoSuchBucket"):
            return [], None
        if isinstance(error, ValueError):
            return [], intercepted()
        return [], problem(error, "reading the bucket's policy")
    statements = statements_of(document)
    return (statements, None) if statements is not None else ([], intercepted())


def _glue(look: Look) -> Iterator[Part]:
    if not look.wanted.databases:
        return
    base = f"arn:{look.partition}:glue:{look.session.region}:{look.account}"
    asks = [("glue:GetDatabase", f"{base}:catalog"), ("glue:GetTables", f"{base}:catalog")]
    for database in look.wanted.databases:
        asks += [(action, f"{base}:database/{database}") for action in ("glue:GetDatabase", "glue:GetTables")]
    database, table = look.wanted.table
    if table not in ("", "*"):
        asks.append(("glue:GetTable", f"{base}:table/{database}/{table}"))
    for action, resource in asks:
        prediction = look.predict(action, resource)
        if prediction.allowed is None:
            yield Part("Glue", Verdict.UNKNOWN, prediction.evidence, unpredicted(prediction.evidence))
            return
        if not prediction.allowed:
            denial = look.refused("Glue", action, resource, prediction.reason)
            yield Part("Glue", Verdict.GAP, f"the role may not do {action} on {resource}", denial)
            return
    yield Part("Glue", Verdict.PREDICTED, "AWS predicts that it may read")
