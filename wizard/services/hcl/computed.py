"""What AWS makes of a resource's arguments: the ARNs and ids that other resources refer to before it is made.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

_IAM = "arn:{partition}:iam::{account}:"
_GLUE = "arn:{partition}:glue:{region}:{account}:"
_KMS = "arn:{partition}:kms:{region}:{account}:"
_COMPUTED: Mapping[str, Mapping[str, str]] = {
    "aws_iam_role": {"arn": _IAM + "role{path}{name}", "id": "{name}"},
    "aws_iam_user": {"arn": _IAM + "user{path}{name}", "id": "{name}"},
    "aws_iam_group": {"arn": _IAM + "group{path}{name}", "id": "{name}"},
    "aws_iam_policy": {"arn": _IAM + "policy{path}{name}", "id": _IAM + "policy{path}{name}"},
    "aws_iam_group_policy": {"id": "{group}:{name}"},
    "aws_iam_instance_profile": {"arn": _IAM + "instance-profile{path}{name}", "id": "{name}"},
    "aws_iam_role_policy": {"id": "{role}:{name}"},
    "aws_iam_user_policy": {"id": "{user}:{name}"},
    "aws_s3_bucket": {"arn": "arn:{partition}:s3:::{bucket}", "id": "{bucket}"},
    "data.aws_s3_bucket": {"arn": "arn:{partition}:s3:::{bucket}", "id": "{bucket}"},
    "aws_glue_catalog_database": {"arn": _GLUE + "database/{name}", "id": "{account}:{name}"},
    "aws_glue_catalog_table": {"arn": _GLUE + "table/{database_name}/{name}"},
    "aws_glue_crawler": {"arn": _GLUE + "crawler/{name}", "id": "{name}"},
    "aws_kms_alias": {"arn": _KMS + "{name}", "id": "{name}"},
    "data.aws_caller_identity": {"account_id": "{account}", "id": "{account}"},
    "data.aws_partition": {"partition": "{partition}", "id": "{partition}"},
    "data.aws_region": {"name": "{region}", "id": "{region}", "region": "{region}"},
}
"""Type -> pattern of what is made of the arguments, by attribute."""
_OF_BUCKET = "aws_s3_bucket_"
"""Start of the types whose id is the name of their bucket."""


def pattern(kind: str, name: str) -> str:
    """What attribute `name` of a resource type is made of, in the way of `str.format`; empty when AWS makes it up.

    `{account}`, `{partition}` and `{region}` are where it is; any other name is an attribute of the resource.
    """
    if name == "id" and kind.startswith(_OF_BUCKET):
        return "{bucket}"
    if name == "path" and kind.startswith("aws_iam_"):
        return "/"
    return _COMPUTED.get(kind, {}).get(name, "")


def names(text: str) -> list[str]:
    """The names in a pattern."""
    return [word for _, word, _, _ in Formatter().parse(text) if word]
