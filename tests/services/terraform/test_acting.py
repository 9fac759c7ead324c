"""Whom Terraform acted as, read from a plan as `show -json` tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wizard.core.event import Planned
from wizard.core.facts import AwsIdentity
from wizard.services.aws import identity
from wizard.services.terraform.acting import callers
from wizard.services.terraform.commands import PlannedRun
from wizard.steps import acting, apply

ME = "arn:aws:sts::111122223333:assumed-role/Admin/me"
WHO = AwsIdentity("111122223333", ME, "us-east-1", "profile a (SSO)")


def looked(arn: object, type: str = "aws_caller_identity") -> dict[str, Any]:
    return {"address": "data.x", "mode": "data", "type": type, "values": {"arn": arn}}


def test_every_provider_of_every_module_is_read_once() -> None:
    document = {
        "prior_state": {
            "values": {
                "root_module": {
                    "resources": [looked(ME), looked("arn:aws:iam::1:role/x", "aws_iam_role")],
                    "child_modules": [{"resources": [looked("arn:aws:iam::444455556666:user/other")]}],
                }
            }
        },
        "planned_values": {"root_module": {"resources": [looked(ME), looked(None)]}},
    }
    assert callers(document) == (ME, "arn:aws:iam::444455556666:user/other")


@pytest.mark.parametrize("document", [{}, {"prior_state": None}, {"planned_values": {"root_module": {}}}])
def test_a_module_that_does_not_look_says_nothing(document: dict[str, Any]) -> None:
    assert callers(document) == ()


@pytest.mark.parametrize(
    ("arn", "refused", "warned"),
    [
        (ME, False, False),
        ("arn:aws:sts::111122223333:assumed-role/Admin/aws-go-sdk-17", False, False),
        ("arn:aws:sts::111122223333:assumed-role/Deploy/me", False, True),
        ("arn:aws:iam::111122223333:user/boss", False, True),
        ("arn:aws:sts::444455556666:assumed-role/Admin/me", True, True),
    ],
)
def test_another_account_is_refused_and_another_principal_is_said(
    arn: str, refused: bool, warned: bool
) -> None:
    problem = acting.refusal(WHO, (ME, arn))
    assert (problem is not None) == refused
    if problem:
        assert "444455556666" in problem.what
        assert problem.step == "credentials"
    assert bool(acting.warning(WHO, (ME, arn))) == warned


def test_it_is_said_with_the_plan_before_the_yes() -> None:
    boss = "arn:aws:iam::111122223333:user/boss"
    planned = PlannedRun(Planned((), 0, 0, 0, ("deprecated",)), Path("x.tfplan"), True, (boss,))
    warnings = apply._warned(planned, WHO, ("soon",)).warnings
    assert warnings[0] == "deprecated"
    assert warnings[1].startswith("Terraform acts as user/boss, whose permissions were not checked.")
    assert warnings[2] == "soon"


def test_a_session_is_its_principal() -> None:
    assert identity.principal(ME) == "arn:aws:sts::111122223333:assumed-role/Admin"
    assert identity.principal("arn:aws:iam::1:user/a/b") == "arn:aws:iam::1:user/a/b"
    assert identity.account_of(ME) == "111122223333"
    assert identity.account_of("nonsense") == ""
