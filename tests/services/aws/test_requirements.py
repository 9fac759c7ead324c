"""What the provider needs, computed from the resources in front of us."""

from __future__ import annotations

import re

import pytest

from wizard.services.aws.probes import CALLS, can_read
from wizard.services.aws.requirements import Need, ResourceRef, actions, needs, table

ACCOUNT = "123456789012"


def need(ref: ResourceRef, **how: object) -> list[Need]:
    return needs([ref], account=ACCOUNT, **how)  # type: ignore[arg-type]  # options are passed through


def pairs(found: list[Need], phase: str) -> set[tuple[str, str]]:
    return {(n.action, n.resource_arn) for n in found if n.phase == phase}


def test_the_table_is_well_formed() -> None:
    for kind, row in table().items():
        assert set(row) <= {"read", "create", "tags", "update", "delete"}, kind
        named = [*row["read"], *row.get("create", []), *row.get("tags", []), *row.get("delete", [])]
        named += [action for group in row.get("update", {}).values() for action in group]
        assert all(re.fullmatch(r"(iam|s3|glue|lakeformation|sts):[A-Z]\w+", action) for action in named), (
            type
        )


def test_every_read_of_the_table_can_be_tried() -> None:
    reads = {action for row in table().values() for action in row["read"]}
    assert reads == set(CALLS), "a read without a call could never be proven, a call without a read is dead"


def test_a_role_that_exists_is_read_and_its_trust_is_changed() -> None:
    found = need(ResourceRef("aws_iam_role.this", "aws_iam_role", "htd-role", exists=True))
    role = f"arn:aws:iam::{ACCOUNT}:role/htd-role"
    assert pairs(found, "read") == {
        (f"iam:{name}", role)
        for name in ("GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies")
    }
    assert pairs(found, "update") == {("iam:UpdateAssumeRolePolicy", role)}
    assert not pairs(found, "create")


def test_an_instance_profile_to_be_made_needs_to_pass_the_role() -> None:
    refs = [
        ResourceRef("aws_iam_role.this", "aws_iam_role", "htd-role", exists=True),
        ResourceRef("aws_iam_instance_profile.this", "aws_iam_instance_profile", "htd-profile"),
    ]
    found = [n for n in needs(refs, account=ACCOUNT) if n.address.startswith("aws_iam_instance")]
    profile, role = (
        f"arn:aws:iam::{ACCOUNT}:instance-profile/htd-profile",
        f"arn:aws:iam::{ACCOUNT}:role/htd-role",
    )
    assert pairs(found, "read") == {("iam:GetInstanceProfile", profile), ("iam:GetRole", role)}
    assert ("iam:PassRole", role) in pairs(found, "create")
    assert ("iam:AddRoleToInstanceProfile", profile) in pairs(found, "create")


IAM = f"arn:aws:iam::{ACCOUNT}"
OBJECT = "arn:aws:s3:::htd-a/x/y.csv"
PATHED = ResourceRef("a", "aws_iam_role", "r", arn=f"{IAM}:role/path/r")
GLUE = ResourceRef("a", "aws_glue_catalog_database", f"{ACCOUNT}:htd_db", region="eu-west-1")


@pytest.mark.parametrize(
    ("ref", "action", "arn"),
    [
        (ResourceRef("a", "aws_iam_role_policy", "htd-role:p"), "iam:GetRolePolicy", f"{IAM}:role/htd-role"),
        (
            ResourceRef("a", "aws_iam_role_policy", "p", parent="htd-role"),
            "iam:GetRolePolicy",
            f"{IAM}:role/htd-role",
        ),
        (ResourceRef("a", "aws_iam_role_policy", "r:p", parent="r"), "iam:GetRolePolicy", f"{IAM}:role/r"),
        (
            ResourceRef("a", "aws_s3_object", "htd-a/x/y.csv", arn=OBJECT, parent="htd-a"),
            "s3:GetObject",
            OBJECT,
        ),
        (ResourceRef("a", "aws_iam_role_policy", "p"), "iam:GetRolePolicy", "*"),
        (ResourceRef("a", "aws_iam_user_policy", "htd-user:p"), "iam:GetUserPolicy", f"{IAM}:user/htd-user"),
        (ResourceRef("a", "aws_s3_bucket", "htd-a"), "s3:ListBucket", "arn:aws:s3:::htd-a"),
        (ResourceRef("a", "aws_s3_object", "htd-a/x/y.csv"), "s3:GetObject", OBJECT),
        (ResourceRef("a", "aws_s3_object", "x/y.csv", parent="htd-a"), "s3:GetObject", OBJECT),
        (ResourceRef("a", "aws_s3_object", "x/y.csv", arn=OBJECT), "s3:GetObject", OBJECT),
        (GLUE, "glue:GetDatabase", f"arn:aws:glue:eu-west-1:{ACCOUNT}:database/htd_db"),
        (ResourceRef("a", "aws_lakeformation_permissions", "123"), "lakeformation:ListPermissions", "*"),
        (PATHED, "iam:GetRole", f"{IAM}:role/path/r"),
        (ResourceRef("a", "aws_iam_role"), "iam:GetRole", "*"),
    ],
)
def test_each_action_names_its_resource(ref: ResourceRef, action: str, arn: str) -> None:
    assert next(n.resource_arn for n in need(ref) if n.action == action) == arn


def test_the_policy_itself_is_asked_for_not_its_id() -> None:
    for ref in (
        ResourceRef("a", "aws_iam_role_policy", "r:p"),
        ResourceRef("a", "aws_iam_role_policy", "r:p", parent="r"),
        ResourceRef("a", "aws_iam_role_policy", "p", parent="r"),
    ):
        assert (ref.holder, ref.own_name) == ("r", "p")


def test_a_name_that_is_not_known_yet_cannot_be_tried() -> None:
    assert not any(can_read(n) for n in need(ResourceRef("a", "aws_iam_role")))
    assert all(can_read(n) for n in need(ResourceRef("a", "aws_s3_bucket", "b")) if n.phase == "read")


def test_an_unknown_type_is_never_fine() -> None:
    found = need(ResourceRef("aws_kms_key.k", "aws_kms_key", "k"))
    assert [(n.known, n.address) for n in found] == [(False, "aws_kms_key.k")]
    assert actions("aws_kms_key", "read") is None


def test_data_sources_have_needs_of_their_own() -> None:
    found = need(ResourceRef("data.aws_caller_identity.me", "aws_caller_identity"))
    assert [(n.action, n.phase) for n in found] == [("sts:GetCallerIdentity", "read")]
    assert need(ResourceRef("data.aws_partition.here", "aws_partition")) == []
    assert need(ResourceRef("module.x.data.aws_partition.here", "aws_partition"))[0].known is False


def test_other_changes_other_partitions_and_destroying() -> None:
    ref = ResourceRef("aws_s3_bucket_policy.a", "aws_s3_bucket_policy", "b", exists=True)
    found = need(ref, changes={"aws_s3_bucket_policy": ["policy"]}, deleting=True, partition="aws-us-gov")
    assert pairs(found, "update") == {("s3:PutBucketPolicy", "arn:aws-us-gov:s3:::b")}
    assert pairs(found, "delete") == {("s3:DeleteBucketPolicy", "arn:aws-us-gov:s3:::b")}


def test_tags_are_asked_for_where_they_are_given() -> None:
    bucket = ResourceRef("b", "aws_s3_bucket", "b")
    assert "s3:PutBucketTagging" not in {n.action for n in need(bucket)}
    tagged = ResourceRef("b", "aws_s3_bucket", "b", tagged=True)
    assert "s3:PutBucketTagging" in {n.action for n in need(tagged)}
    assert "iam:TagUser" in {n.action for n in need(ResourceRef("u", "aws_iam_user", "u"))}
    assert "iam:TagUser" not in {n.action for n in need(ResourceRef("u", "aws_iam_user", "u", tagged=False))}
