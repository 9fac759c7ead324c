"""Whose another instance profile is likely to be."""

from __future__ import annotations

import pytest

from wizard.services.databricks.instance_profiles import Profile
from wizard.services.databricks.ownership import whose

OURS = "arn:aws:iam::123456789012:instance-profile/htd-instance-profile"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("arn:aws:iam::999999999999:instance-profile/lake", "of the AWS account 999999999999, not of yours"),
        (
            "arn:aws:iam::123456789012:instance-profile/htd2-instance-profile",
            "an earlier deployment of yours",
        ),
        ("arn:aws:iam::123456789012:instance-profile/team/analytics", "another team's data access"),
        ("arn:aws:iam::123456789012:instance-profile/ucx-migration", "Unity Catalog"),
        ("nonsense", "probably a mistake"),
        ("arn:aws:iam::123456789012:role/htd-role", "probably a mistake"),
    ],
)
def test_the_arn_tells_whose_it_is(held: str, said: str) -> None:
    assert said in whose(held, OURS, [Profile(held, "")])
    assert "leftover" not in whose(held, OURS, [Profile(held, "")])


def test_one_that_is_not_registered_may_be_a_leftover() -> None:
    assert whose("arn:aws:iam::999999999999:instance-profile/lake", OURS, []).endswith(
        "it may be a leftover."
    )
