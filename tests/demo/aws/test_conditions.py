"""Conditions: every operator once, and the rules about missing keys."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.demo.aws.conditions import conditions_hold

CONTEXT: dict[str, str | list[str]] = {
    "sts:externalid": "databricks-serverless-42",
    "aws:principalarn": "arn:aws:iam::1:role/a/b",
    "aws:securetransport": "true",
    "aws:tagkeys": ["a", "b"],
    "s3:max-keys": "10",
    "aws:sourceip": "10.1.2.3",
}


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "holds"),
    [
        ("StringEquals", "sts:ExternalId", "databricks-serverless-42", True),
        ("StringEquals", "STS:EXTERNALID", ["x", "databricks-serverless-42"], True),
        ("StringEquals", "sts:ExternalId", "DATABRICKS-serverless-42", False),
        ("StringEquals", "sts:ExternalId", "databricks-serverless-*", False),
        ("StringEqualsIgnoreCase", "sts:ExternalId", "DATABRICKS-serverless-42", True),
        ("StringLike", "sts:ExternalId", "databricks-serverless-*", True),
        ("StringNotEquals", "sts:ExternalId", "other", True),
        ("StringNotEquals", "sts:ExternalId", ["other", "databricks-serverless-42"], False),
        ("StringNotLike", "sts:ExternalId", "databricks-*", False),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", True),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", False),
        ("Bool", "aws:SecureTransport", False, False),
        ("Bool", "aws:SecureTransport", "true", True),
        ("NumericLessThanEquals", "s3:max-keys", 10, True),
        ("NumericGreaterThan", "s3:max-keys", "10", False),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8", True),
        ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8"], False),
        ("StringEquals", "aws:Missing", "x", False),
        ("StringNotEquals", "aws:Missing", "x", True),
        ("StringEqualsIfExists", "aws:Missing", "x", True),
        ("StringEqualsIfExists", "sts:ExternalId", "x", False),
        ("Null", "aws:Missing", "true", True),
        ("Null", "aws:Missing", True, True),
        ("Null", "sts:ExternalId", "true", False),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b", "c"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a"], False),
        ("ForAllValues:StringEquals", "aws:Missing", ["a"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["b"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["z"], False),
        ("ForAnyValue:StringEquals", "aws:Missing", ["a"], False),
    ],
)
def test_operator(operator: str, key: str, wanted: Any, holds: bool) -> None:
    assert conditions_hold({operator: {key: wanted}}, CONTEXT) is holds


def test_every_condition_must_hold() -> None:
    good, bad = {"sts:ExternalId": "databricks-serverless-42"}, {"aws:Missing": "x"}
    assert conditions_hold({"StringEquals": good}, CONTEXT)
    assert not conditions_hold({"StringEquals": {**good, **bad}}, CONTEXT)
    assert not conditions_hold({"StringEquals": good, "StringLike": bad}, CONTEXT)
    assert conditions_hold({}, CONTEXT)


def test_an_operator_nobody_knows_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="StringAlmost"):
        conditions_hold({"StringAlmost": {"sts:ExternalId": "x"}}, CONTEXT)
