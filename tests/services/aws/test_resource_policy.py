"""What a bucket's or a key's own policy says to a session of the role, condition by condition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from wizard.services.aws.resource_policy import Request, hands_over, judge, role_context, statements_of

ROLE = "arn:aws:iam::123456789012:role/htd-role"
CONTEXT = {**role_context(ROLE), "s3:prefix": ("proof/",)}


def request(action: str = "s3:ListBucket", resource: str = "arn:aws:s3:::data") -> Request:
    return Request(ROLE, action, resource, CONTEXT)


def statement(**parts: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "s3:List*", "Resource": "*", **parts}


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({}, "Allow"),
        ({"Effect": "Deny"}, "Deny"),
        ({"Principal": "*"}, "Allow"),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:role/other"}}, ""),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, ""),
        # The account's root in an Allow only hands over to IAM; in a Deny it is everybody in the account.
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, ""),
        ({"Principal": {"AWS": "123456789012"}, "Effect": "Deny"}, "Deny"),
        ({"Action": "S3:LISTBUCKET"}, "Allow"),
        ({"Action": "s3:GetObject"}, ""),
        ({"Resource": ["arn:aws:s3:::other", "arn:aws:s3:::da?a"]}, "Allow"),
        ({"Resource": "arn:aws:s3:::data/*"}, ""),
    ],
)
def test_who_what_and_where(parts: Mapping[str, Any], word: str) -> None:
    assert judge([statement(**parts)], request()).word == word


def test_what_is_left_out_instead_of_named() -> None:
    rest = {key: value for key, value in statement(Effect="Deny").items() if key != "Principal"}
    spared = judge([{**rest, "NotPrincipal": {"AWS": [ROLE]}}], request())
    assert (spared.word, spared.unsure, spared.keys) == ("", "Deny", ("NotPrincipal",))
    assert judge([{**rest, "NotPrincipal": {"AWS": ["arn:aws:iam::1:role/x"]}}], request()).word == "Deny"
    others = {key: value for key, value in statement().items() if key not in ("Action", "Resource")}
    assert (
        judge([{**others, "NotAction": "s3:Put*", "NotResource": "arn:aws:s3:::b"}], request()).word
        == "Allow"
    )
    assert judge([{**others, "NotAction": "s3:*", "Resource": "*"}], request()).word == ""


@pytest.mark.parametrize(
    ("operator", "key", "value", "holds"),
    [
        ("StringEquals", "aws:PrincipalArn", ROLE, True),
        ("ArnLike", "AWS:principalarn", "arn:aws:iam::123456789012:role/htd-*", True),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/htd-*", False),
        ("StringNotEquals", "aws:PrincipalArn", [ROLE, "arn:x"], False),
        ("StringNotEquals", "aws:PrincipalAccount", "999999999999", True),
        ("Bool", "aws:SecureTransport", False, False),
        ("Bool", "aws:SecureTransport", "true", True),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", "false", True),
        # A role's session calls by itself, so what a service would say is not there.
        ("StringEquals", "aws:SourceAccount", "123456789012", False),
        ("StringNotEquals", "aws:SourceAccount", "123456789012", True),
        ("StringEqualsIfExists", "aws:SourceAccount", "1", True),
        ("ArnLike", "aws:SourceArn", "arn:aws:s3:::x", False),
        ("Null", "aws:SourceArn", "true", True),
        ("Null", "aws:PrincipalArn", "true", False),
        ("StringLike", "s3:prefix", ["home/*", "proof/*"], True),
        ("StringLike", "s3:prefix", "home/*", False),
        ("ForAnyValue:StringEquals", "aws:CalledVia", "athena.amazonaws.com", False),
        ("ForAllValues:StringEquals", "aws:CalledVia", "athena.amazonaws.com", True),
        ("NumericLessThan", "s3:TlsVersion", "1.2", False),
        ("NumericLessThan", "s3:TlsVersion", 1.3, None),
        ("StringEquals", "aws:SourceVpce", "vpce-1", None),
        ("StringNotEquals", "aws:SourceVpc", "vpc-1", None),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", None),
        ("StringEquals", "aws:PrincipalOrgID", "o-1", None),
        ("StringEquals", "aws:PrincipalTag/team", "data", None),
        ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/${aws:username}", None),
        ("DateLessThan", "aws:SecureTransport", "2026-01-01T00:00:00Z", None),
    ],
)
def test_a_condition_holds_or_not_or_cannot_be_known(
    operator: str, key: str, value: object, holds: bool | None
) -> None:
    seen = judge([statement(Effect="Deny", Condition={operator: {key: value}})], request())
    assert (seen.word, seen.unsure) == {True: ("Deny", ""), False: ("", ""), None: ("", "Deny")}[holds]
    assert seen.keys == ((key,) if holds is None else ())


def test_one_condition_that_surely_fails_decides_before_the_unknown_ones() -> None:
    both = {"StringEquals": {"aws:SourceVpce": "vpce-1"}, "Bool": {"aws:SecureTransport": "false"}}
    assert judge([statement(Effect="Deny", Condition=both)], request()).unsure == ""


def test_a_sure_allow_needs_no_unsure_one_and_an_unsure_deny_is_told_beside_it() -> None:
    unsure = {"StringEquals": {"aws:SourceIp": "10.0.0.1"}}
    assert judge([statement(), statement(Condition=unsure)], request()).unsure == ""
    ruling = judge([statement(), statement(Effect="Deny", Condition=unsure)], request())
    assert (ruling.word, ruling.unsure) == ("Allow", "Deny")
    assert "Databricks" in ruling.why


def test_a_key_hands_over_to_iam_by_its_accounts_root() -> None:
    usual = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*"}
    asked = Request(ROLE, "kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/k", CONTEXT)
    assert hands_over([usual], asked)
    assert not hands_over([{**usual, "Action": "kms:Describe*"}], asked)
    assert not hands_over([{**usual, "Principal": {"AWS": "arn:aws:iam::9:root"}}], asked)


@pytest.mark.parametrize("document", [None, [], {}, "x", {"Statement": ["x"]}])
def test_what_is_no_policy_is_none_or_empty(document: object) -> None:
    assert not statements_of(document)
