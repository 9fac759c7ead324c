"""The letter to whoever can close the gaps: what is missing, for whom, on what, and the text that mends it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wizard.core.finding import Finding
from wizard.core.problem import Problem, Who
from wizard.core.text import one_line
from wizard.services.aws.permissions import policy_document

_ORDER = (Who.AWS_ADMIN, Who.LAKE_ADMIN, Who.ORG_ADMIN)

_OPENING = (
    "I am setting up, with Terraform, a Databricks SQL warehouse that reads S3 and Glue through an AWS instance "
    "profile. Some permissions are missing for this identity:"
)


def letter(gaps: Iterable[Finding], arn: str, account: str) -> str:
    """A message about `gaps`, ready to send; one part for each person who can mend some of them.

    Empty when nobody else is needed. It holds names of actions, resources and policies, never a credential.
    """
    by_who: dict[Who, list[tuple[Finding, Problem]]] = {}
    for gap in gaps:
        if gap.problem is not None and gap.problem.who is not Who.YOU:
            by_who.setdefault(gap.problem.who, []).append((gap, gap.problem))
    if not by_who:
        return ""
    lines = [
        "Hello,",
        "",
        _OPENING,
        "",
        f"    {one_line(arn, 300)}",
        f"    account {one_line(account, 40)}",
    ]
    for who in sorted(by_who, key=_ORDER.index):
        lines += ["", f"For {who}:", *_part(by_who[who])]
    lines += ["", "To check afterwards I run: htd-wizard permissions", "", "Thank you."]
    return "\n".join(lines)


def _part(gaps: Sequence[tuple[Finding, Problem]]) -> list[str]:
    lines = []
    by_reason: dict[tuple[str, str], list[Finding]] = {}
    for gap, problem in gaps:
        by_reason.setdefault((problem.why, gap.policy), []).append(gap)
    for (why, policy), alike in by_reason.items():
        lines += ["", f"  {why}", *([f"  The policy that denied it: {policy}"] if policy else [])]
        lines += sorted(f"    - {gap.title}" for gap in alike)
    if document := policy_document(gap for gap, _ in gaps):
        lines += ["", "  This policy allows exactly these actions on exactly these resources:", ""]
        lines += [f"  {line}" for line in document.splitlines()]
    if commands := dict.fromkeys(problem.copy for _, problem in gaps if problem.copy.startswith("aws ")):
        lines += ["", "  These commands grant exactly this:", "", *(f"  {command}" for command in commands)]
    return lines
