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
        assert set(row) <= {"read", "create", "when", "update", "delete"}, kind
        named = [*row["read"], *row.get("create", []), *row.get("delete", [])]
        named += [
            action for phases in row.get("when", {}).values() for group in phases.values() for action in group
        ]
        named += [action for group in row.get("update", {}).values() for action in group]
        assert all(
            re.fullmatch(r"(iam|s3|glue|lakeformation|kms|sts):[A-Z]\w+", action) for action in named
        ), kind


def test_every_read_of_the_table_can_be_tried() -> None:
    reads = {action for row in table().values() for action in row["read"]}
    reads |= {
        a for row in table().values() for more in row.get("when", {}).values() for a in more.get("read", [])
    }
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
    found = need(ResourceRef("aws_sqs_queue.k", "aws_sqs_queue", "k"))
    assert [(n.known, n.address) for n in found] == [(False, "aws_sqs_queue.k")]
    assert actions("aws_sqs_queue", "read") is None


def test_data_sources_have_needs_of_their_own() -> None:
    found = need(ResourceRef("data.aws_caller_identity.me", "aws_caller_identity"))
    assert [(n.action, n.phase) for n in found] == [("sts:GetCallerIdentity", "read")]
    assert need(ResourceRef("data.aws_partition.here", "aws_partition")) == []
    for module in ("module.x", "module.data", 'module.x["a.b"].module.y[0]'):
        assert need(ResourceRef(f"{module}.data.aws_partition.here", "aws_partition")) == []
        role = need(ResourceRef(f"{module}.aws_iam_role.data", "aws_iam_role", "data"))
        assert "iam:CreateRole" in {n.action for n in role}


def test_other_changes_other_partitions_and_destroying() -> None:
    ref = ResourceRef("aws_s3_bucket_policy.a", "aws_s3_bucket_policy", "b", exists=True)
    found = need(ref, changes={"aws_s3_bucket_policy": ["policy"]}, deleting=True, partition="aws-us-gov")
    assert pairs(found, "update") == {("s3:PutBucketPolicy", "arn:aws-us-gov:s3:::b")}
    assert pairs(found, "delete") == {("s3:DeleteBucketPolicy", "arn:aws-us-gov:s3:::b")}


def test_tags_are_asked_for_where_they_are_given() -> None:
    for kind, action in (("aws_s3_bucket", "s3:PutBucketTagging"), ("aws_iam_user", "iam:TagUser")):
        assert action not in {n.action for n in need(ResourceRef("b", kind, "b"))}
        tagged = ResourceRef("b", kind, "b", options=frozenset({"tags"}))
        assert action in {n.action for n in need(tagged) if n.phase == "create"}


def test_what_is_emptied_before_it_is_deleted_needs_more() -> None:
    for options in (frozenset[str](), frozenset({"force_destroy"})):
        user = ResourceRef("u", "aws_iam_user", "u", exists=True, options=options)
        deleting = {n.action for n in need(user, deleting=True) if n.phase == "delete"}
        assert ("iam:ListSSHPublicKeys" in deleting) is bool(options)
        assert "iam:DeleteUser" in deleting


def test_what_is_authorised_on_everything_is_no_missing_name() -> None:
    user = ResourceRef("u", "aws_iam_user", "u", exists=True, options=frozenset({"force_destroy"}))
    listing = next(n for n in need(user, deleting=True) if n.action == "iam:ListVirtualMFADevices")
    assert (listing.resource_arn, listing.nameless) == ("*", False)
    assert next(n for n in need(ResourceRef("r", "aws_iam_role")) if n.action == "iam:CreateRole").nameless


def test_an_object_in_a_versioned_bucket_has_versions_to_delete() -> None:
    there = ResourceRef("o", "aws_s3_object", "key", parent="b", exists=True)
    kept = ResourceRef("v", "aws_s3_bucket_versioning", "b", exists=True)
    for beside, expected in (((), False), ((kept,), True)):
        found = needs([there, *beside], account=ACCOUNT, deleting=True)
        assert (("s3:DeleteObjectVersion", "arn:aws:s3:::b/key") in pairs(found, "delete")) is expected


def test_glue_is_asked_the_whole_way_up() -> None:
    table = ResourceRef("t", "aws_glue_catalog_table", "Rows", parent="htd_db")
    glue = f"arn:aws:glue:us-east-1:{ACCOUNT}"
    assert pairs(need(table), "create") == {
        ("glue:CreateTable", f"{glue}:{tail}") for tail in ("table/htd_db/rows", "database/htd_db", "catalog")
    }
    assert pairs(need(table), "read") == {
        (f"glue:{name}", f"{glue}:table/htd_db/rows") for name in ("GetTable", "GetPartitionIndexes")
    }


def test_emptying_a_bucket_asks_for_its_objects() -> None:
    bucket = ResourceRef("b", "aws_s3_bucket", "b", exists=True, options=frozenset({"force_destroy"}))
    assert pairs(need(bucket, deleting=True), "delete") == {
        ("s3:DeleteBucket", "arn:aws:s3:::b"),
        ("s3:ListBucketVersions", "arn:aws:s3:::b"),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::b/*"),
    }


def test_tags_are_asked_for_on_the_database_alone() -> None:
    database = ResourceRef("d", "aws_glue_catalog_database", "htd_db", exists=True)
    changed = need(database, changes={"aws_glue_catalog_database": ("tags",)})
    on = f"arn:aws:glue:us-east-1:{ACCOUNT}:database/htd_db"
    assert pairs(changed, "update") == {("glue:TagResource", on), ("glue:UntagResource", on)}


def test_a_path_is_part_of_what_is_asked_for() -> None:
    role = ResourceRef("aws_iam_role.r", "aws_iam_role", "r", arn=f"{IAM}:role/teams/r")
    user = ResourceRef("aws_iam_user.u", "aws_iam_user", "u", arn=f"{IAM}:user/teams/u")
    profile = ResourceRef("aws_iam_instance_profile.p", "aws_iam_instance_profile", "p", parent="r")
    inline = ResourceRef("aws_iam_role_policy.x", "aws_iam_role_policy", "x", parent="r")
    key = ResourceRef("aws_iam_access_key.k", "aws_iam_access_key", parent="u")
    stranger = ResourceRef("aws_iam_user_policy.x", "aws_iam_user_policy", "x", parent="r")
    found = needs([role, user, profile, inline, key, stranger], account=ACCOUNT)
    told = {(n.address, n.action): n.resource_arn for n in found}
    assert told[profile.address, "iam:PassRole"] == role.arn
    assert told[profile.address, "iam:CreateInstanceProfile"] == f"{IAM}:instance-profile/p"
    assert told[inline.address, "iam:PutRolePolicy"] == role.arn
    assert told[key.address, "iam:CreateAccessKey"] == user.arn
    assert told[stranger.address, "iam:PutUserPolicy"] == f"{IAM}:user/r"


def test_a_key_that_is_still_to_be_made_may_get_any_id() -> None:
    kms = f"arn:aws:kms:us-east-1:{ACCOUNT}"
    coming = ResourceRef("aws_kms_key.k", "aws_kms_key", options=frozenset({"tags"}))
    alias = ResourceRef("aws_kms_alias.a", "aws_kms_alias", "alias/a", arn=f"{kms}:alias/a")
    assert pairs(need(coming), "create") == {("kms:CreateKey", "*"), ("kms:TagResource", f"{kms}:key/*")}
    assert pairs(need(alias), "create") == {
        ("kms:CreateAlias", f"{kms}:alias/a"),
        ("kms:CreateAlias", f"{kms}:key/*"),
    }
    there = ResourceRef("aws_kms_alias.a", "aws_kms_alias", "alias/a", parent=f"{kms}:key/1", exists=True)
    assert pairs(need(there, deleting=True), "delete") == {
        ("kms:DeleteAlias", f"{kms}:alias/a"),
        ("kms:DeleteAlias", f"{kms}:key/1"),
    }


def test_who_hands_on_a_role_must_be_allowed_to_pass_it() -> None:
    for kind, parent in (
        ("aws_glue_crawler", "runner"),
        ("aws_lakeformation_resource", f"{IAM}:role/runner"),
    ):
        found = need(ResourceRef("c", kind, "c", parent=parent))
        assert ("iam:PassRole", f"{IAM}:role/runner") in pairs(found, "create")
