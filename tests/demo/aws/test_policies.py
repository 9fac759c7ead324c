"""The evaluator, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.demo.aws.policies import (
    Ask,
    Policy,
    Verdict,
    condition_keys,
    evaluate,
    evaluate_resource_policy,
    parse,
)

ROLE = "arn:aws:iam::123456789012:role/htd-role"
BUCKET = "arn:aws:s3:::htd-a"


def policy(*statements: dict[str, Any]) -> Policy:
    return Policy("p", {"Version": "2012-10-17", "Statement": list(statements)})


def allow(**parts: Any) -> dict[str, Any]:
    return {"Effect": "Allow", **parts}


def deny(**parts: Any) -> dict[str, Any]:
    return {"Effect": "Deny", **parts}


@pytest.mark.parametrize(
    ("statement", "action", "resource", "matches"),
    [
        (allow(Action="iam:GetRole", Resource=ROLE), "iam:GetRole", ROLE, True),
        (allow(Action="iam:getrole", Resource="*"), "iam:GetRole", ROLE, True),
        (allow(Action="iam:Get*", Resource="*"), "iam:GetRole", ROLE, True),
        (allow(Action="iam:Get?ole", Resource="*"), "iam:GetRole", ROLE, True),
        (allow(Action="*", Resource="*"), "glue:GetDatabase", "*", True),
        (allow(Action=["s3:GetObject", "iam:GetRole"], Resource="*"), "iam:GetRole", ROLE, True),
        (allow(Action="iam:GetRolePolicy", Resource="*"), "iam:GetRole", ROLE, False),
        (allow(Action="iam:*", Resource="arn:aws:iam::*:role/htd-*"), "iam:GetRole", ROLE, True),
        (allow(Action="iam:*", Resource="arn:aws:iam::*:role/HTD-*"), "iam:GetRole", ROLE, False),
        (allow(Action="iam:*", Resource="arn:aws:iam::*:user/*"), "iam:GetRole", ROLE, False),
        (allow(NotAction="iam:*", Resource="*"), "s3:GetObject", BUCKET, True),
        (allow(NotAction=["iam:*", "s3:*"], Resource="*"), "s3:GetObject", BUCKET, False),
        (allow(Action="*", NotResource=ROLE), "iam:GetRole", ROLE, False),
        (allow(Action="*", NotResource=ROLE), "iam:GetRole", ROLE + "-2", True),
        (
            allow(Action="s3:GetObject", Resource="arn:aws:s3:::htd-*/*"),
            "s3:GetObject",
            BUCKET + "/a/b",
            True,
        ),
        (allow(Action="s3:GetObject", Resource="arn:aws:s3:::htd-*/*"), "s3:GetObject", BUCKET, False),
        (
            allow(Action="s3:*", Resource=f"{BUCKET}/${{aws:username}}/*"),
            "s3:PutObject",
            BUCKET + "/ann/x",
            True,
        ),
        (
            allow(Action="s3:*", Resource=f"{BUCKET}/${{aws:username}}/*"),
            "s3:PutObject",
            BUCKET + "/bob/x",
            False,
        ),
        (
            allow(Action="s3:*", Resource=f"{BUCKET}/${{aws:nothing}}/*"),
            "s3:PutObject",
            BUCKET + "/ann/x",
            False,
        ),
    ],
)
def test_action_and_resource(statement: dict[str, Any], action: str, resource: str, matches: bool) -> None:
    ruling = evaluate([policy(statement)], Ask(action, resource, {"aws:username": "ann"}))
    assert ruling.verdict is (Verdict.ALLOW if matches else Verdict.SILENT)


def test_one_statement_need_not_be_a_list() -> None:
    one = Policy("p", {"Statement": allow(Action="*", Resource="*")})
    assert evaluate([one], Ask("iam:GetRole", ROLE)).verdict is Verdict.ALLOW


def test_an_explicit_deny_wins_from_another_policy_and_is_named() -> None:
    broad, narrow = policy(allow(Action="*", Resource="*")), policy(deny(Action="iam:GetRole", Resource=ROLE))
    for order in ([broad, narrow], [narrow, broad]):
        ruling = evaluate(order, Ask("iam:GetRole", ROLE))
        assert (ruling.verdict, ruling.by) == (Verdict.DENY, narrow)
    assert evaluate([broad, narrow], Ask("iam:GetUser", ROLE)).verdict is Verdict.ALLOW


def test_nothing_said_is_not_allowed() -> None:
    assert evaluate([], Ask("iam:GetRole", ROLE)).verdict is Verdict.SILENT


@given(
    st.permutations(
        [
            allow(Action="*", Resource="*"),
            deny(Action="s3:*", Resource="*"),
            allow(Action="s3:*", Resource="*"),
        ]
    )
)
def test_the_order_of_statements_decides_nothing(statements: list[dict[str, Any]]) -> None:
    assert evaluate([policy(*statements)], Ask("s3:GetObject", BUCKET)).verdict is Verdict.DENY


@pytest.mark.parametrize(
    ("principal", "matches"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": ROLE}, True),
        ({"AWS": ["arn:aws:iam::1:root", ROLE]}, True),
        ({"AWS": "arn:aws:iam::123456789012:role/htd-*"}, False),
        ({"Service": "ec2.amazonaws.com"}, False),
        ({"Federated": "*"}, False),
        (None, False),
    ],
)
def test_principals_are_names_and_never_patterns(principal: object, matches: bool) -> None:
    trust = policy(allow(Principal=principal, Action="sts:AssumeRole"))
    ruling = evaluate_resource_policy(trust, Ask("sts:AssumeRole", ROLE, names=frozenset({ROLE})))
    assert ruling.verdict is (Verdict.ALLOW if matches else Verdict.SILENT)


def test_not_principal_is_everybody_else() -> None:
    document = policy(deny(NotPrincipal={"AWS": ROLE}, Action="*", Resource="*"))
    assert (
        evaluate_resource_policy(document, Ask("s3:A", "x", names=frozenset({ROLE}))).verdict
        is Verdict.SILENT
    )
    assert (
        evaluate_resource_policy(document, Ask("s3:A", "x", names=frozenset({"y"}))).verdict is Verdict.DENY
    )


def test_a_bucket_policy_looks_at_the_resource() -> None:
    document = policy(allow(Principal="*", Action="s3:GetObject", Resource=f"{BUCKET}/public/*"))
    assert (
        evaluate_resource_policy(document, Ask("s3:GetObject", f"{BUCKET}/public/a")).verdict is Verdict.ALLOW
    )
    assert evaluate_resource_policy(document, Ask("s3:GetObject", f"{BUCKET}/a")).verdict is Verdict.SILENT


def test_condition_keys_are_those_of_the_matching_statements() -> None:
    document = policy(
        allow(Action="s3:*", Resource="*", Condition={"StringEquals": {"aws:SourceVpc": "v"}}),
        allow(Action="iam:*", Resource="*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    )
    assert condition_keys([document], Ask("s3:GetObject", "x")) == {"aws:SourceVpc"}


def test_a_document_is_an_object() -> None:
    assert parse('{"Statement": []}') == {"Statement": []}
    with pytest.raises(ValueError, match="JSON object"):
        parse("[]")
