"""Who and where, in the room there is."""

from __future__ import annotations

import pytest

from wizard.core.facts import AwsIdentity, Facts, WorkspaceProven
from wizard.ui.widgets.topbar import where

ARN = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann"
FACTS = Facts(
    {},
    {
        AwsIdentity: AwsIdentity("111122223333", ARN, "us-east-1", "x"),
        WorkspaceProven: WorkspaceProven("dbc-1.cloud.databricks.com", "42", "w", "W", "ann", "token"),
    },
)


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (120, "AWS 111122223333 · as Admin/ann · in us-east-1 · workspace dbc-1.cloud.databricks.com"),
        (70, "AWS 111122223333 · as Admin/ann · in us-east-1 · workspace dbc-1"),
        (60, "AWS 111122223333 · as Admin · in us-east-1 · workspace dbc-1"),
        (50, "AWS 111122223333 · Admin · us-east-1 · dbc-1"),
        (30, "AWS 111122223333 · Admin · us…"),
    ],
)
def test_words_give_way_before_names(width: int, told: str) -> None:
    assert where(FACTS, width).plain == told


def test_nobody_and_nowhere_are_said_too() -> None:
    assert where(Facts({}), 80).plain == "AWS not signed in · no workspace yet"
