"""The letter names everybody who must act, what exactly, and holds the text that mends it."""

from __future__ import annotations

from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who
from wizard.services.aws import denials, handoff
from wizard.services.aws.denials import Denial

ARN = "arn:aws:iam::123456789012:user/htd-user"
SCP = "arn:aws:organizations::1:policy/o/service_control_policy/p-1"


def gap(reason: str, action: str, resource: str, policy: str = "", copy: str = "") -> Finding:
    denial = Denial(reason, principal=ARN, action=action, resource=resource, policy_arn=policy or None)
    problem = denials.as_problem(denial)
    problem.copy = copy or problem.copy
    return Finding(
        f"{action} {resource}", f"{action} on {resource}", Verdict.GAP, "", problem, "", denial.layer, policy
    )


def test_each_person_gets_what_they_can_mend() -> None:
    text = handoff.letter(
        [
            gap("identity_implicit", "iam:GetRole", "arn:aws:iam::123456789012:role/r"),
            gap("scp_explicit", "s3:PutBucketPolicy", "arn:aws:s3:::b", SCP),
            gap("lakeformation", "glue:GetDatabase", "d", copy="aws lakeformation grant-permissions --x"),
        ],
        ARN,
        "123456789012",
    )
    admin, lake, organisation = (
        text.index(f"For {who}:") for who in (Who.AWS_ADMIN, Who.LAKE_ADMIN, Who.ORG_ADMIN)
    )
    assert (
        admin
        < text.index('"iam:GetRole"')
        < lake
        < text.index("aws lakeformation grant-permissions")
        < organisation
    )
    assert f"The policy that denied it: {SCP}" in text[organisation:]
    assert '"s3:PutBucketPolicy"' not in text, "no policy of the identity mends what an organisation forbids"
    assert ARN in text


def test_there_is_no_letter_when_nobody_else_is_needed() -> None:
    mine = Finding("a", "a", Verdict.GAP, "", Problem("x", "what", "why", "remedy", Who.YOU))
    assert handoff.letter([mine], ARN, "1") == ""
