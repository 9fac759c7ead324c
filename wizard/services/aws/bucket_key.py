"""The customer's key with which a bucket encrypts: whether the role may decrypt with it, and whether it is in use.

A key asks its own policy first; that may hand the decision over to IAM, and most do.
https://docs.aws.amazon.com/kms/latest/developerguide/control-access-overview.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from wizard.core.finding import Verdict
from wizard.core.problem import Problem, Who
from wizard.core.text import one_line
from wizard.services.aws import denials
from wizard.services.aws.errors import code_of, failures, problem
from wizard.services.aws.resource_policy import Request, hands_over, judge, role_context, statements_of
from wizard.services.aws.rights_part import Look, Part, hanging, unpredicted
from wizard.services.aws.session import intercepted

_NAME = "KMS"
_DECRYPT = "kms:Decrypt"
_STATES = {
    "Disabled": ("It is switched off.", "Enable it with the command below.", "enable-key"),
    "PendingDeletion": (
        "It is about to be deleted.",
        "Keep it with the command below.",
        "cancel-key-deletion",
    ),
}
"""State of a key -> why nothing can be read with it, what to do, and with which command."""


def part(look: Look, bucket: str) -> Part | None:
    """What the bucket's default encryption asks of the role; None when it asks nothing."""
    try:
        return _asked(look, bucket)
    except LookupError:
        told = intercepted()  # AWS's own answers have their parts
        return Part(_NAME, Verdict.UNKNOWN, told.what, told)


def _asked(look: Look, bucket: str) -> Part | None:
    try:
        answer = look.session.client("s3").get_bucket_encryption(Bucket=bucket)
        rules = answer["ServerSideEncryptionConfiguration"]["Rules"]
    except failures() as error:
        if code_of(error) in ("ServerSideEncryptionConfigurationNotFoundError", "NoSuchBucket"):
            return None
        return _unread(error, "asking how the bucket encrypts")
    keys = [
        str(rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID") or "") for rule in rules
    ]
    # Without a key of its own it is AWS's: whoever may read the bucket may use that.
    key = next((each for each in keys if each and not each.endswith("alias/aws/s3")), "")
    return _key(look, key) if key else None


def _key(look: Look, key: str) -> Part:
    region = key.split(":")[3] if key.startswith("arn:") else look.session.region
    client = look.session.client("kms", region)
    arn = key
    try:
        about = client.describe_key(KeyId=key)["KeyMetadata"]
        arn = str(about["Arn"])
        if about.get("KeyState", "Enabled") != "Enabled":
            return _out_of_use(arn, str(about["KeyState"]))
    except failures() as error:
        if code_of(error) == "NotFoundException":
            return _out_of_use(key, "deleted")
        if not _denied(error):
            return _unread(error, "asking for the bucket's key")
    try:
        document = json.loads(client.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
    except failures() as error:
        if not _denied(error):
            return _unread(error, "reading the policy of the bucket's key")
        document = None
    return _allowed(look, arn, statements_of(document))


def _allowed(look: Look, arn: str, statements: Sequence[Mapping[str, Any]] | None) -> Part:
    prediction = look.predict(_DECRYPT, arn)
    if prediction.allowed is False and prediction.reason.endswith("explicit"):
        return _refused(look, arn, prediction.reason)
    if statements is None:
        if prediction.allowed:
            return Part(
                _NAME,
                Verdict.PREDICTED,
                "AWS predicts that it may decrypt (the key's policy is not shown to you)",
            )
        return Part(_NAME, Verdict.UNKNOWN, "the key's policy is not shown to you", _hidden(arn))
    request = Request(look.wanted.role_arn, _DECRYPT, arn, _context(look, arn))
    ruling = judge(statements, request)
    command = f"aws kms get-key-policy --key-id {arn} --policy-name default --output text"
    if ruling.word == "Deny":
        return Part(
            _NAME, Verdict.GAP, f"the key's policy denies {_DECRYPT}", _by_key(look, arn, denied=True)
        )
    if ruling.unsure == "Deny":
        return hanging(_NAME, ruling, "the key's policy", command)
    if ruling.word == "Allow":
        return Part(_NAME, Verdict.PREDICTED, "the key's policy lets it decrypt")
    if hands_over(statements, request):
        if prediction.allowed:
            return Part(_NAME, Verdict.PREDICTED, "AWS predicts that it may decrypt")
        if prediction.allowed is None:
            return Part(_NAME, Verdict.UNKNOWN, prediction.evidence, unpredicted(prediction.evidence))
        return _refused(look, arn, prediction.reason)
    if ruling.unsure:
        return hanging(_NAME, ruling, "the key's policy", command)
    if _granted(look, arn):
        return Part(_NAME, Verdict.PREDICTED, "a grant on the key lets it decrypt")
    return Part(
        _NAME, Verdict.GAP, "the key's policy does not name the role", _by_key(look, arn, denied=False)
    )


def _granted(look: Look, arn: str) -> bool:
    """A grant names the role; False also when AWS does not show the grants."""
    try:
        region = arn.split(":")[3] if arn.startswith("arn:") else look.session.region
        grants = look.session.client("kms", region).list_grants(KeyId=arn).get("Grants") or []
    except failures():
        return False
    return any(
        each.get("GranteePrincipal") == look.wanted.role_arn and "Decrypt" in (each.get("Operations") or ())
        for each in grants
    )


def _context(look: Look, arn: str) -> dict[str, Sequence[str]]:
    """A read of S3 reaches the key through S3, in the key's own region."""
    region = arn.split(":")[3] if arn.startswith("arn:") else look.session.region
    suffix = "amazonaws.com.cn" if look.partition == "aws-cn" else "amazonaws.com"
    return {
        **role_context(look.wanted.role_arn),
        "aws:viaawsservice": ("true",),
        "kms:viaservice": (f"s3.{region}.{suffix}",),
        "kms:calleraccount": (look.account,),
        "kms:grantisforawsresource": (),
        "kms:encryptionalgorithm": ("SYMMETRIC_DEFAULT",),
    }


def _denied(error: Exception) -> bool:
    return "AccessDenied" in code_of(error)


def _unread(error: Exception, doing: str) -> Part:
    told = problem(error, doing)
    return Part(_NAME, Verdict.UNKNOWN, one_line(told.what, 200), told)


def _refused(look: Look, arn: str, reason: str) -> Part:
    return Part(
        _NAME,
        Verdict.GAP,
        f"the role may not do {_DECRYPT} on {arn}",
        look.refused(_NAME, _DECRYPT, arn, reason),
    )


def _hidden(arn: str) -> Problem:
    return Problem(
        code="chain.kms.hidden",
        what="Whether the role may decrypt what the bucket holds is not known.",
        why=f"The bucket encrypts with {arn}, and its policy may not be read with these credentials.",
        remedy="A query that reads is the proof. Or ask an AWS administrator whether the role may decrypt with it.",
        who=Who.AWS_ADMIN,
    )


def _by_key(look: Look, arn: str, *, denied: bool) -> Problem:
    why = "denies it" if denied else "neither names the role nor leaves it to the account's own policies"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": look.wanted.role_arn},
        "Action": [_DECRYPT, "kms:GenerateDataKey"],
        "Resource": "*",
    }
    return Problem(
        code="chain.kms",
        what="The role may not read what the bucket's key encrypts.",
        why=f"The policy of {arn} {why}.",
        remedy="Take the deny out of the key's policy."
        if denied
        else "Add the statement below to the key's policy; whoever manages the key can.",
        who=Who.AWS_ADMIN,
        copy="" if denied else denials.policy(statement),
        evidence=(look.wanted.role_arn,),
    )


def _out_of_use(arn: str, state: str) -> Part:
    gone = (
        "It is not there any more.",
        "Encrypt the bucket with another key; what the old one encrypted is lost.",
        "",
    )
    why, remedy, command = _STATES.get(
        state, gone if state == "deleted" else (f"Its state is {state}.", "See what is wrong with it.", "")
    )
    found = Problem(
        code="chain.kms.state",
        what="The key with which the bucket encrypts is not in use.",
        why=f"{arn}: {why}",
        remedy=remedy,
        who=Who.AWS_ADMIN,
        copy=f"aws kms {command} --key-id {arn}" if command else "",
    )
    return Part(_NAME, Verdict.GAP, f"the bucket's key is {state}", found)
