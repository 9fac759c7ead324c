"""The joint of the role's rights: the bucket's policy and key, Glue, LakeFormation down to the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.steps.conftest import READS
from tests.steps.test_chain import rights as rights_lost
from wizard.core.finding import Verdict
from wizard.steps.chain import break_of

if TYPE_CHECKING:
    from tests.steps.conftest import Chained


@contextmanager
def bucket_policy(world: Chained, effect: str, condition: dict[str, Any] | None = None) -> Iterator[None]:
    statement = {
        **({"Condition": condition} if condition else {}),
        "Effect": effect,
        "Principal": {"AWS": world.target.role_arn},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{world.bucket}", f"arn:aws:s3:::{world.bucket}/*"],
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.aws.client("s3").put_bucket_policy(Bucket=world.bucket, Policy=document)
    try:
        yield
    finally:
        world.aws.client("s3").delete_bucket_policy(Bucket=world.bucket)


def test_the_buckets_own_policy_may_be_what_lets_the_role_read(standing: Chained) -> None:
    with rights_lost(standing), bucket_policy(standing, "Allow"):
        chain = standing.look()
        assert chain.whole, chain.verdict()


def test_the_buckets_own_policy_may_be_what_forbids_it(standing: Chained) -> None:
    with bucket_policy(standing, "Deny"):
        chain = standing.look()
        assert chain.first_broken is not None
        assert chain.first_broken.joint.id == "chain.rights"
        assert "bucket's policy denies s3:GetObject" in chain.first_broken.finding.evidence


def test_glue_and_lakeformation_are_told_apart(standing: Chained) -> None:
    standing.allow("s3:GetObject", "s3:ListBucket")
    glue = standing.look().first_broken
    assert glue is not None
    assert glue.finding.problem is not None
    assert glue.finding.problem.code == "chain.glue"
    assert "glue:GetDatabase" in glue.finding.problem.copy
    standing.allow(*READS)
    standing.aws.client("lakeformation").revoke_permissions(
        Principal={"DataLakePrincipalIdentifier": standing.target.role_arn},
        Resource={"Database": {"Name": standing.database}},
        Permissions=["DESCRIBE"],
    )
    lake = standing.look().first_broken
    standing.grant()
    assert lake is not None
    assert lake.finding.problem is not None
    assert lake.finding.problem.code == "chain.lakeformation"
    assert standing.target.role_arn in lake.finding.problem.copy


@contextmanager
def granted(world: Chained, resource: dict[str, Any]) -> Iterator[None]:
    """SELECT for the role, for a while."""
    given: dict[str, Any] = {
        "Principal": {"DataLakePrincipalIdentifier": world.target.role_arn},
        "Resource": resource,
        "Permissions": ["SELECT"],
    }
    world.aws.client("lakeformation").grant_permissions(**given)
    try:
        yield
    finally:
        world.aws.client("lakeformation").revoke_permissions(**given)


@contextmanager
def key(world: Chained, policy: list[dict[str, Any]] | None) -> Iterator[str]:
    """The bucket encrypts with a key of ours, with this policy or the usual one."""
    kms, s3 = world.aws.client("kms"), world.aws.client("s3")
    arn = str(kms.create_key()["KeyMetadata"]["Arn"])
    if policy is not None:
        kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps({"Statement": policy}))
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    s3.put_bucket_encryption(Bucket=world.bucket, ServerSideEncryptionConfiguration=rules)
    try:
        yield arn
    finally:
        s3.delete_bucket_encryption(Bucket=world.bucket)


def by_key(who: str, effect: str = "Allow", **condition: dict[str, str]) -> list[dict[str, Any]]:
    """The statement of a key's policy."""
    said = {"Effect": effect, "Principal": {"AWS": who}, "Action": "kms:*", "Resource": "*"}
    return [{**said, "Condition": condition} if condition else said]


THROUGH_S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": "123456789012"}
DECRYPTS: dict[str, tuple[list[dict[str, Any]] | None, bool, Verdict, str]] = {
    "left to IAM, which allows": (None, True, Verdict.PREDICTED, "AWS predicts that it may decrypt"),
    "left to IAM, which does not": (None, False, Verdict.GAP, "may not do kms:Decrypt on arn:"),
    "the key names the role": (by_key("ROLE"), False, Verdict.PREDICTED, "the key's policy lets it decrypt"),
    "through S3 only": (
        by_key("*", StringEquals=THROUGH_S3),
        False,
        Verdict.PREDICTED,
        "the key's policy lets it decrypt",
    ),
    "somebody else's": (by_key("OTHER"), True, Verdict.GAP, "the key's policy does not name the role"),
    "denied": (by_key("ROLE", "Deny"), True, Verdict.GAP, "the key's policy denies kms:Decrypt"),
    "by a context": (
        by_key("ROLE", StringLike={"kms:EncryptionContext:team": "data*"}),
        False,
        Verdict.UNKNOWN,
        "depending on kms:EncryptionContext:team",
    ),
}


@pytest.mark.parametrize("case", DECRYPTS)
def test_the_buckets_own_key_is_asked_as_well(standing: Chained, case: str) -> None:
    policy, may, verdict, said = DECRYPTS[case]
    text = json.dumps(policy).replace("ROLE", standing.target.role_arn)
    statements = json.loads(text.replace("OTHER", "arn:aws:iam::123456789012:role/other"))
    standing.allow(*READS, *(["kms:Decrypt"] if may else []))
    with key(standing, statements):
        link = standing.look().link("chain.rights")
    standing.allow(*READS)
    assert link is not None
    assert (link.finding.verdict, said in link.finding.evidence) == (verdict, True), link.finding
    assert "KMS: " in link.finding.evidence
    assert (link.finding.problem is None) == (verdict is Verdict.PREDICTED)


def test_a_key_that_is_switched_off_is_named_with_the_command_that_switches_it_on(standing: Chained) -> None:
    with key(standing, None) as arn:
        standing.aws.client("kms").disable_key(KeyId=arn.rpartition("/")[2])
        broken = standing.look().first_broken
    assert broken is not None
    assert broken.finding.problem is not None
    assert broken.finding.problem.code == "chain.kms.state"
    assert broken.finding.problem.copy == f"aws kms enable-key --key-id {arn}"


def test_a_condition_that_cannot_be_known_is_named(standing: Chained) -> None:
    with bucket_policy(standing, "Deny", {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}):
        link = standing.look().link("chain.rights")
    assert link is not None
    assert link.finding.verdict is Verdict.UNKNOWN
    problem = link.finding.problem
    assert problem is not None
    assert "aws:SourceVpce (serverless compute comes through Databricks' VPC endpoints" in problem.why
    assert "get-bucket-policy" in problem.copy
    # When the read is refused after all, the suspect is named beside it.
    with bucket_policy(standing, "Deny", {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}):
        refused = break_of(standing.look())
    assert refused is not None
    assert refused.what.startswith("Joint 11 of 11 is broken: ")
    assert any("depending on aws:SourceVpce" in line for line in refused.evidence)
    with bucket_policy(standing, "Deny", {"Bool": {"aws:SecureTransport": "false"}}):
        assert standing.look().whole


def test_a_glue_table_is_read_through_the_profile(standing: Chained, monkeypatch: pytest.MonkeyPatch) -> None:
    standing.aws.client("glue").create_table(
        DatabaseName=standing.database,
        TableInput={
            "Name": "events",
            "StorageDescriptor": {
                "Location": f"s3://{standing.bucket}/proof/",
                "Columns": [{"Name": "id", "Type": "string"}, {"Name": "name", "Type": "string"}],
            },
        },
    )
    monkeypatch.setattr(standing, "target", replace(standing.target, location=f"{standing.database}.events"))
    ungranted = standing.look().first_broken
    assert ungranted is not None
    assert ungranted.finding.problem is not None
    assert "no grant of SELECT on " in ungranted.finding.evidence
    assert '"Name": "events"' in ungranted.finding.problem.copy
    one = {"DatabaseName": standing.database, "Name": "events"}
    with granted(standing, {"TableWithColumns": {**one, "ColumnNames": ["id"]}}):
        narrow = standing.look().link("chain.rights")
        assert narrow is not None
        assert "SELECT is granted on the columns id of" in narrow.finding.evidence
        assert narrow.finding.verdict is Verdict.UNKNOWN
    tag = {"TagKey": "team", "TagValues": ["data"]}
    with granted(standing, {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [tag]}}):
        tagged = standing.look().link("chain.rights")
        assert tagged is not None
        assert "granted by LF-Tags" in tagged.finding.evidence
        assert tagged.finding.verdict is Verdict.UNKNOWN
    with granted(standing, {"Table": {"DatabaseName": standing.database, "TableWildcard": {}}}):
        chain = standing.look()
    assert chain.whole, chain.verdict()
    link = chain.link("chain.data")
    assert link is not None
    assert "3 rows" in link.finding.evidence
    standing.allow("s3:GetObject", "s3:ListBucket", "glue:GetDatabase", "glue:GetTables")
    data = standing.look().link("chain.data")
    standing.allow(*READS)
    assert data is not None
    assert data.finding.problem is not None
    assert data.finding.problem.code == "query.glue_denied"
