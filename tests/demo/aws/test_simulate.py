"""iam:SimulatePrincipalPolicy."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.demo.aws import EmbeddedAws

USER = "arn:aws:iam::123456789012:user/u"


def simulate(aws: EmbeddedAws, source: str, actions: list[str], **more: Any) -> dict[tuple[str, str], Any]:
    """(action, resource) -> the result of that pair, over all pages."""
    pages = aws.client("iam").get_paginator("simulate_principal_policy")
    found: dict[tuple[str, str], Any] = {}
    for page in pages.paginate(PolicySourceArn=source, ActionNames=actions, **more):
        for result in page["EvaluationResults"]:
            for one in result["ResourceSpecificResults"]:
                found[result["EvalActionName"], one["EvalResourceName"]] = {**result, **one}
    return found


def decisions(found: dict[tuple[str, str], Any]) -> dict[tuple[str, str], str]:
    return {pair: one["EvalResourceDecision"] for pair, one in found.items()}


def test_three_decisions_per_action_and_resource(aws: EmbeddedAws, allow: Any) -> None:
    aws.keys_for_user("u")
    allow("u", ["s3:*"], ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"])
    allow("u", ["s3:PutObject"], ["arn:aws:s3:::b/*"], effect="Deny")
    found = simulate(
        aws,
        USER,
        ["s3:GetObject", "s3:PutObject", "iam:GetRole"],
        ResourceArns=["arn:aws:s3:::a/x", "arn:aws:s3:::b/x"],
    )
    assert decisions(found) == {
        ("s3:GetObject", "arn:aws:s3:::a/x"): "allowed",
        ("s3:GetObject", "arn:aws:s3:::b/x"): "allowed",
        ("s3:PutObject", "arn:aws:s3:::a/x"): "allowed",
        ("s3:PutObject", "arn:aws:s3:::b/x"): "explicitDeny",
        ("iam:GetRole", "arn:aws:s3:::a/x"): "implicitDeny",
        ("iam:GetRole", "arn:aws:s3:::b/x"): "implicitDeny",
    }
    assert found["s3:GetObject", "arn:aws:s3:::a/x"]["MatchedStatements"][0]["SourcePolicyId"] == "policy-0"
    assert "OrganizationsDecisionDetail" not in found["s3:GetObject", "arn:aws:s3:::a/x"]


def test_pages(aws: EmbeddedAws) -> None:
    aws.keys_for_user("u")
    iam = aws.client("iam")
    actions = [f"iam:Get{number}" for number in range(5)]
    first = iam.simulate_principal_policy(PolicySourceArn=USER, ActionNames=actions, MaxItems=2)
    assert (first["IsTruncated"], first["Marker"], len(first["EvaluationResults"])) == (True, "2", 2)
    last = iam.simulate_principal_policy(PolicySourceArn=USER, ActionNames=actions, MaxItems=2, Marker="4")
    assert (last["IsTruncated"], len(last["EvaluationResults"])) == (False, 1)
    assert len(simulate(aws, USER, actions, PaginationConfig={"PageSize": 2})) == 5


def test_the_name_on_top_is_a_template(aws: EmbeddedAws) -> None:
    aws.keys_for_user("u")
    answer = aws.client("iam").simulate_principal_policy(
        PolicySourceArn=USER, ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::a/x"]
    )
    assert answer["EvaluationResults"][0]["EvalResourceName"].startswith("arn:${Partition}:s3:::")


@pytest.mark.parametrize(
    "source",
    [
        "arn:aws:sts::123456789012:assumed-role/r/session",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:policy/p-and-more",
    ],
)
def test_a_source_that_is_no_user_or_role_is_invalid(aws: EmbeddedAws, refused: Any, source: str) -> None:
    status, code, message = refused(lambda: simulate(aws, source, ["iam:GetRole"]))
    assert (status, code) == (400, "InvalidInput")
    assert message == f"Invalid Entity Arn: {source} does not clearly define entity type and name."


def test_a_source_that_is_not_there(aws: EmbeddedAws, refused: Any) -> None:
    assert refused(lambda: simulate(aws, USER, ["iam:GetRole"]))[:2] == (404, "NoSuchEntity")


def test_a_role_is_found_by_its_whole_path(aws: EmbeddedAws, refused: Any) -> None:
    arn = aws.portal.assign(aws.account_id, "sandbox", "Admin", admin=True)
    assert decisions(simulate(aws, arn, ["iam:GetRole"])) == {("iam:GetRole", "*"): "allowed"}
    without_path = arn.replace("/aws-reserved/sso.amazonaws.com", "")
    assert refused(lambda: simulate(aws, without_path, ["iam:GetRole"]))[1] == "NoSuchEntity"


def test_an_action_that_is_none_is_invalid(aws: EmbeddedAws, refused: Any) -> None:
    aws.keys_for_user("u")
    assert refused(lambda: simulate(aws, USER, ["GetRole"]))[1] == "InvalidInput"


def test_it_needs_a_right_of_its_own(aws: EmbeddedAws, allow: Any, refused: Any) -> None:
    iam = aws.client("iam", aws.keys_for_user("u"))

    def ask() -> Any:
        return iam.simulate_principal_policy(PolicySourceArn=USER, ActionNames=["iam:GetRole"])

    assert refused(ask)[1] == "AccessDenied"
    allow("u", ["iam:SimulatePrincipalPolicy"], [USER])
    assert ask()["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"


def test_guardrails_it_knows_and_those_it_does_not(aws: EmbeddedAws, allow: Any) -> None:
    aws.keys_for_user("u")
    allow("u", ["*"])
    for layer in ("session_policy", "resource_control_policy", "vpc_endpoint_policy"):
        aws.restrict("*:user/u", ["iam:GetRole"], layer=layer)
    assert decisions(simulate(aws, USER, ["iam:GetRole"])) == {("iam:GetRole", "*"): "allowed"}
    aws.restrict("*:user/u", ["iam:GetRole"], layer="service_control_policy")
    aws.restrict("*:user/u", ["iam:GetUser"], layer="permissions_boundary")
    found = simulate(aws, USER, ["iam:GetRole", "iam:GetUser", "iam:GetGroup"])
    assert {pair[0]: one["EvalDecision"] for pair, one in found.items()} == {
        "iam:GetRole": "explicitDeny",
        "iam:GetUser": "explicitDeny",
        "iam:GetGroup": "allowed",
    }
    role, user = found["iam:GetRole", "*"], found["iam:GetUser", "*"]
    assert role["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert role["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    assert user["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    assert user["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_conditions_it_was_told_nothing_about_are_named(aws: EmbeddedAws) -> None:
    aws.keys_for_user("u")
    document = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*",'
        '"Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}}'
    )
    aws.client("iam").put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document)
    one = simulate(aws, USER, ["iam:GetRole"])["iam:GetRole", "*"]
    assert (one["EvalDecision"], one["MissingContextValues"]) == ("implicitDeny", ["aws:SourceVpc"])
    entry = {"ContextKeyName": "aws:SourceVpc", "ContextKeyType": "string", "ContextKeyValues": ["vpc-1"]}
    one = simulate(aws, USER, ["iam:GetRole"], ContextEntries=[entry])["iam:GetRole", "*"]
    assert (one["EvalDecision"], one["MissingContextValues"]) == ("allowed", [])
