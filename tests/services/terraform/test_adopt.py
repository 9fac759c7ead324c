"""An import block is offered only where its id is certain."""

from __future__ import annotations

import pytest

from wizard.services.terraform.adopt import import_block, import_id
from wizard.services.terraform.stream import Diagnostic

ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    ("address", "text", "id"),
    [
        ("aws_iam_user.u", "creating IAM User (htd-user): EntityAlreadyExists", "htd-user"),
        ("aws_iam_instance_profile.p", "creating IAM Instance Profile (htd): EntityAlreadyExists", "htd"),
        ('module.m["a.b"].aws_s3_bucket.b["x.y"]', "creating S3 Bucket (htd-b): BucketAlreadyExists", "htd-b"),
        ("aws_iam_policy.p", "creating IAM Policy (htd-read): EntityAlreadyExists",
         f"arn:aws:iam::{ACCOUNT}:policy/htd-read"),
        ("aws_glue_catalog_database.d", "creating Glue Catalog Database (htd): AlreadyExistsException",
         f"{ACCOUNT}:htd"),
        ("aws_lakeformation_permissions.g", "creating Lake Formation Permissions (x): AlreadyExists", ""),
        ("aws_iam_user.u", "User htd-user already exists", ""),
        ("", "creating IAM User (htd-user): EntityAlreadyExists", ""),
    ],
)  # fmt: skip
def test_ids(address: str, text: str, id: str) -> None:
    assert import_id(address, text, ACCOUNT) == id


def test_without_an_account_none_is_made_up() -> None:
    assert import_id("aws_glue_catalog_database.d", "creating Glue Catalog Database (htd): exists") == ""


def test_a_name_cannot_become_an_expression() -> None:
    found = Diagnostic(
        "error", 'creating IAM User (a${file("/etc/passwd"}): exists', "", "aws_iam_user.u", "", ""
    )
    assert "${" not in import_block(found).replace("$${", "")
