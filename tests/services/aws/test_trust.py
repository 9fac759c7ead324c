"""The trust policy, joint by joint."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wizard.core.finding import Verdict
from wizard.demo.aws import EmbeddedAws
from wizard.services.aws.session import AwsSession
from wizard.services.aws.trust import read_chain, serverless_principal, trust_finding

US = serverless_principal()
ID = "databricks-serverless-7474656789012345"


def statement(**changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": US},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": ID}},
    }
    return {key: value for key, value in (plain | changes).items() if value is not None}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


EC2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}

GOOD = {
    "one id as text": document(statement()),
    "a list of ids": document(
        EC2, statement(Condition={"StringEquals": {"sts:ExternalId": ["databricks-serverless-1", ID]}})
    ),
    "key in another case": document(statement(Condition={"StringEquals": {"STS:externalid": ID}})),
    "a list of principals and actions": document(
        statement(Principal={"AWS": ["arn:aws:iam::1:root", US]}, Action=["sts:AssumeRole", "sts:TagSession"])
    ),
    "a single statement": {"Statement": statement()},
    "two statements": document(
        statement(Condition={"StringEquals": {"sts:ExternalId": "databricks-serverless-1"}}), statement()
    ),
}

BAD = {
    "empty": document(),
    "only EC2": document(EC2),
    "another workspace": document(
        statement(Condition={"StringEquals": {"sts:ExternalId": "databricks-serverless-1"}})
    ),
    "a longer id": document(statement(Condition={"StringEquals": {"sts:ExternalId": ID + "0"}})),
    "a wildcard": document(
        statement(Condition={"StringLike": {"sts:ExternalId": "databricks-serverless-*"}})
    ),
    "a wildcard taken as text": document(
        statement(Condition={"StringEquals": {"sts:ExternalId": "databricks-serverless-*"}})
    ),
    "no condition": document(statement(Condition=None)),
    "everyone": document(statement(Principal="*")),
    "another role": document(statement(Principal={"AWS": "arn:aws:iam::790110701330:role/other"})),
    "another partition": document(statement(Principal={"AWS": serverless_principal("aws-us-gov")})),
    "a deny": document(statement(Effect="Deny")),
    "an allow and a deny": document(statement(), statement(Effect="Deny", Condition=None)),
    "a deny of everyone": document(statement(), statement(Effect="Deny", Principal="*", Condition=None)),
    "a deny of the whole account": document(
        statement(),
        statement(Effect="Deny", Principal={"AWS": "arn:aws:iam::790110701330:root"}, Condition=None),
    ),
    "a wildcard beside the right id": document(
        statement(), statement(Condition={"StringLike": {"sts:ExternalId": "databricks-serverless-*"}})
    ),
    "another action": document(statement(Action="sts:TagSession")),
}


@pytest.mark.parametrize("trust", GOOD.values(), ids=GOOD.keys())
def test_trusts(trust: dict[str, Any]) -> None:
    finding = trust_finding(trust, "7474656789012345")
    assert (finding.id, finding.verdict) == ("chain.trust", Verdict.PROVEN)
    assert ID in finding.evidence


@pytest.mark.parametrize("trust", BAD.values(), ids=BAD.keys())
def test_does_not_trust(trust: dict[str, Any]) -> None:
    finding = trust_finding(trust, "7474656789012345")
    assert finding.verdict is Verdict.GAP
    assert finding.problem is not None
    assert finding.problem.step == "variables"


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ("7474656789012345", "bare number"),
        ("databricks-serverless-*", "a letter like any other"),
        (ID + " ", "a space or in upper case"),
        ("databricks-serverless-1", f"does not list {ID}"),
    ],
)
def test_the_usual_slips_are_named(listed: str, said: str) -> None:
    trust = document(statement(Condition={"StringEquals": {"sts:ExternalId": listed}}))
    finding = trust_finding(trust, "7474656789012345")
    assert finding.problem is not None
    assert said in finding.problem.why


def test_a_condition_beside_the_id_cannot_be_judged_and_a_deny_of_others_is_none() -> None:
    more = statement(
        Condition={"StringEquals": {"sts:ExternalId": ID}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    )
    finding = trust_finding(document(more), "7474656789012345")
    assert finding.verdict is Verdict.UNKNOWN
    assert "aws:sourceip" in finding.evidence
    others = statement(
        Effect="Deny", Condition={"StringEquals": {"sts:ExternalId": "databricks-serverless-1"}}
    )
    assert trust_finding(document(statement(), others), "7474656789012345").verdict is Verdict.PROVEN


def test_the_chain_is_read_back(aws: EmbeddedAws, as_root: AwsSession) -> None:
    iam = aws.client("iam")
    verdicts = {f.id: f.verdict for f in read_chain(as_root, "htd-role", "htd-profile", "7474656789012345")}
    assert verdicts == {
        "chain.role": Verdict.GAP,
        "chain.trust": Verdict.UNKNOWN,
        "chain.profile": Verdict.GAP,
    }
    iam.create_role(RoleName="htd-role", AssumeRolePolicyDocument=json.dumps(document(EC2, statement())))
    iam.create_instance_profile(InstanceProfileName="htd-profile")
    verdicts = {f.id: f.verdict for f in read_chain(as_root, "htd-role", "htd-profile", "7474656789012345")}
    assert verdicts == {
        "chain.role": Verdict.PROVEN,
        "chain.trust": Verdict.PROVEN,
        "chain.profile": Verdict.GAP,
    }
    iam.add_role_to_instance_profile(InstanceProfileName="htd-profile", RoleName="htd-role")
    findings = read_chain(as_root, "htd-role", "htd-profile", "7474656789012345")
    assert [f.verdict for f in findings] == [Verdict.PROVEN] * 3
    assert "htd-role" in findings[2].evidence
