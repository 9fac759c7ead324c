"""Things of which AWS makes one more each time it is asked: one that Terraform lost is found by looking, or never."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from wizard.core.text import one_line
from wizard.services.aws.errors import failures
from wizard.services.aws.session import AwsSession

_MOST = 200
"""Keys of one region that are looked at."""


@dataclass(frozen=True)
class Stray:
    """One thing that the state does not know."""

    id: str
    made: datetime
    holder: str = ""
    """The user whose key it is."""


def access_keys(session: AwsSession, user: str, known: Collection[str]) -> list[Stray]:
    """The access keys of `user` that are not among the `known` ids. Raises `failures()`.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
    """
    from botocore.exceptions import ClientError

    try:
        found = session.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchEntity":
            return []
        raise
    return [
        Stray(one_line(each["AccessKeyId"], 128), each["CreateDate"], user)
        for each in found
        if each["AccessKeyId"] not in known
    ]


def kms_keys(session: AwsSession, region: str, since: datetime, known: Collection[str]) -> list[Stray]:
    """The keys made in `region` at or after `since` that are not among the `known` ids or ARNs. Raises `failures()`.

    Keys of AWS's own, and those that wait for their deletion, are left out.
    Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
    """
    client, found = session.client("kms", region), []
    pages = client.get_paginator("list_keys").paginate(PaginationConfig={"MaxItems": _MOST})
    for each in (key for page in pages for key in page["Keys"]):
        if each["KeyId"] in known or each["KeyArn"] in known:
            continue
        try:
            about = client.describe_key(KeyId=each["KeyId"])["KeyMetadata"]
        except failures():
            continue  # somebody else's, and not to be looked at
        if (
            about.get("KeyManager") != "AWS"
            and about["KeyState"] != "PendingDeletion"
            and about["CreationDate"] >= since
        ):
            found.append(Stray(one_line(each["KeyId"], 128), about["CreationDate"]))
    return found
