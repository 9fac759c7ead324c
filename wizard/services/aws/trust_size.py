"""How long the role's trust policy becomes, before AWS refuses it.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (role trust policy length)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from wizard.services.aws.trust import serverless_principal

LIMIT = 2_048
"""Characters that AWS allows unless an account's quota was raised (to at most 4,096); white space is not counted."""


def trust_size(external_ids: Sequence[str], unity_catalog_id: str = "", unity_catalog_role: str = "") -> int:
    """Characters of the trust policy that the module makes for these workspaces."""
    statements: list[dict[str, object]] = [
        _statement("ClassicClusters", {"Service": "ec2.amazonaws.com"}, {}),
    ]
    if external_ids:
        named = list(dict.fromkeys(external_ids))
        condition = {"StringEquals": {"sts:ExternalId": named}}
        statements.append(_statement("DatabricksServerless", {"AWS": serverless_principal()}, condition))
    if unity_catalog_id:
        account = "arn:aws:iam::123456789012"
        statements += [
            _statement(
                "UnityCatalog",
                {"AWS": unity_catalog_role},
                {"StringEquals": {"sts:ExternalId": unity_catalog_id}},
            ),
            _statement(
                "UnityCatalogSelf",
                {"AWS": f"{account}:root"},
                {"ArnEquals": {"aws:PrincipalArn": f"{account}:role/prefix-role"}},
            ),
        ]
    document = {"Version": "2012-10-17", "Statement": statements}
    return len(json.dumps(document, separators=(",", ":")))


def warning(external_ids: Sequence[str], unity_catalog_id: str = "", unity_catalog_role: str = "") -> str:
    """One sentence when the list is too long for AWS, or nearly; empty otherwise."""
    size = trust_size(external_ids, unity_catalog_id, unity_catalog_role)
    one_more = trust_size([*external_ids, "databricks-serverless-1234567890123456"]) - trust_size(
        external_ids
    )
    if size > LIMIT:
        return (
            f"With {len(external_ids)} workspaces the role's trust policy has {size:,} characters, and AWS allows "
            f"{LIMIT:,}: the apply would fail. Take out workspaces that no longer use the role, or have the account's "
            f"quota for “Role trust policy length” raised first."
        )
    if size + 3 * one_more > LIMIT:
        room = (LIMIT - size) // one_more
        return (
            f"The role's trust policy has {size:,} of {LIMIT:,} characters: there is room for "
            f"{room} more workspace{'' if room == 1 else 's'}."
        )
    return ""


def _statement(sid: str, principal: Mapping[str, str], condition: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": "sts:AssumeRole",
    }
    return {**found, "Condition": condition} if condition else found
