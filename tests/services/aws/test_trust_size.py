"""The length of the trust policy is known before AWS refuses it."""

from __future__ import annotations

from wizard.services.aws.trust_size import LIMIT, trust_size, warning

IDS = [f"databricks-serverless-{10**15 + n}" for n in range(60)]
ONE = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"ClassicClusters","Effect":"Allow","Principal":{"Service":'
    '"ec2.amazonaws.com"},"Action":"sts:AssumeRole"},{"Sid":"DatabricksServerless","Effect":"Allow","Principal":'
    '{"AWS":"arn:aws:iam::790110701330:role/serverless-customer-resource-role"},"Action":"sts:AssumeRole",'
    '"Condition":{"StringEquals":{"sts:ExternalId":["databricks-serverless-1000000000000000"]}}}]}'
)


def test_the_size_is_that_of_the_modules_document() -> None:
    assert trust_size(IDS[:1]) == len(ONE)
    assert trust_size([IDS[0], IDS[0]]) == len(ONE)
    assert trust_size(IDS[:2]) == len(ONE) + len(f',"{IDS[1]}"')
    assert trust_size([]) < trust_size(IDS[:1]) < trust_size(IDS[:1], "id", "arn")


def test_it_is_told_shortly_before_and_beyond_the_limit() -> None:
    fit = max(n for n in range(60) if trust_size(IDS[:n]) <= LIMIT)
    assert warning(IDS[: fit - 3]) == ""
    assert "room for 1 more workspace." in warning(IDS[: fit - 1])
    assert "room for 0 more workspaces." in warning(IDS[:fit])
    assert "the apply would fail" in warning(IDS[: fit + 1])
