"""Whose an instance profile is likely to be that somebody else set for the workspace."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.services.databricks.instance_profiles import Profile

_ARN = re.compile(r"arn:[\w-]+:iam::(\d{12}):instance-profile/(?:.*/)?([^/]+)\Z")


def whose(held: str, ours: str, registered: Sequence[Profile]) -> str:
    """Whose the profile `held` is likely to be, in one or two sentences. `ours` is the one that shall replace it."""
    theirs, mine = _ARN.match(held), _ARN.match(ours)
    if theirs is None:
        return "It is not the ARN of an instance profile, so it is probably a mistake."
    account, name = theirs.groups()
    if "ucx" in name.lower():
        guess = "Its name says UCX, Databricks' migration to Unity Catalog: ask whoever runs it."
    elif mine is not None and account != mine[1]:
        guess = f"It is of the AWS account {account}, not of yours ({mine[1]}): another team's, or an earlier one's."
    elif mine is not None and _stem(name) == _stem(mine[2]):
        guess = "It is of the same AWS account and named like this module's: probably an earlier deployment of yours."
    else:
        guess = "It is of the same AWS account: probably another team's data access."
    if held not in {profile.arn for profile in registered}:
        return f"{guess} It is not registered in this workspace, so it may be a leftover."
    return guess


def _stem(name: str) -> str:
    """`htd` of `htd-instance-profile`, `htd2-instance-profile` and `htd-old-profile`."""
    return re.split(r"[-_\d]", name.lower(), maxsplit=1)[0]
