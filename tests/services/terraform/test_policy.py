"""A change of a policy in words: statement by statement, conditions value by value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.services.terraform import policy

ROLE = "arn:aws:iam::414351767826:role/serverless-customer-resource-role"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trusts(*ids: str, **more: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": [ROLE]},
        "Condition": {"StringEquals": {"sts:ExternalId": list(ids)}}, **more,
    }  # fmt: skip


EC2 = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}


def test_the_statement_that_lets_serverless_in_is_told_as_a_sentence() -> None:
    assert policy.changes(document(EC2), document(EC2, trusts("databricks-serverless-1"))) == (
        f"+ Allow sts:AssumeRole to {ROLE} when sts:ExternalId is databricks-serverless-1",
        "= 1 statement stays",
    )


def test_one_more_workspace_is_one_more_value() -> None:
    before, after = document(EC2, trusts("a")), document(trusts("a", "b"), EC2)
    assert policy.changes(before, after) == (
        f"~ Allow sts:AssumeRole to {ROLE}",
        "    + sts:ExternalId is b",
        "= 1 statement stays",
    )


def test_what_goes_and_what_is_new_altogether() -> None:
    assert policy.changes(document(EC2), "") == ("- Allow sts:AssumeRole to ec2.amazonaws.com",)
    many = {"Effect": "Deny", "NotAction": ["s3:*"], "NotResource": "arn:x", "NotPrincipal": "*"}
    assert policy.changes("", document(many)) == (
        "+ Deny everything but s3:* to everybody but everybody on everything but arn:x",
    )
    reads = {"Effect": "Allow", "Action": [f"s3:A{n}" for n in range(9)], "Resource": ["b", "a"]}
    assert policy.changes("", document(reads)) == ("+ Allow s3:A0, s3:A1, s3:A2, 6 more on a, b",)


def test_order_and_single_values_are_no_change() -> None:
    one, other = {**EC2, "Action": ["a", "b"]}, {**EC2, "Action": ["b", "a"]}
    assert "-" not in "".join(line[0] for line in policy.changes(document(one), document(other)))


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"Statement": 3}', '{"Statement": ["x"]}', "[" * 100_000])
def test_what_is_no_policy_is_left_alone(text: str) -> None:
    assert policy.changes(text, document(EC2)) == ()


values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)
statements = st.dictionaries(
    st.sampled_from(["Effect", "Action", "Principal", "Resource", "Condition", "NotAction", "Sid"]), values
)


@given(before=st.lists(statements, max_size=3), after=st.lists(statements, max_size=20))
def test_any_statements_can_be_told(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    for line in policy.changes(document(*before), document(*after)):
        assert line[0] in "+-~= …"
        assert "\n" not in line
