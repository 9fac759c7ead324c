"""Every permission that Terraform will need, looked at before Terraform runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Run, Work
from wizard.core.facts import AwsIdentity, Facts, Machine, PermissionsProven
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.problem import Problem, Who
from wizard.core.question import YES, confirm
from wizard.core.text import plural
from wizard.services import Services
from wizard.steps import ahead, needed
from wizard.steps.parts import signed_in
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.aws import handoff, permissions
else:
    handoff = lazy("wizard.services.aws.handoff")
    permissions = lazy("wizard.services.aws.permissions")


class Permissions(Step[PermissionsProven]):
    """Asks AWS the same questions Terraform will ask, all at once."""

    id: ClassVar = "permissions"
    title: ClassVar = "Check permissions"
    why: ClassVar = (
        "Better to know now than in the middle of an apply: can you do all that Terraform will do?"
    )
    about: ClassVar = (
        "Reads are tried for real, with your credentials: what answers is proven. Writes cannot be tried "
        "without changing something, so AWS is asked to predict them. What could not be checked is shown as "
        "that, never as fine. Nothing is changed."
    )
    fact: ClassVar = PermissionsProven
    needs: ClassVar = (Machine, AwsIdentity)

    def run(self, facts: Facts, services: Services) -> Run[PermissionsProven]:
        yield from ahead.plan(facts, services)
        ahead.prepare(facts, services)
        who = facts.need(AwsIdentity)
        findings = yield from self._check(facts, services)
        gaps = [f for f in findings if f.verdict is Verdict.GAP]
        unknown = [f for f in findings if f.verdict is Verdict.UNKNOWN]
        if gaps:
            raise _missing(gaps, who)
        if unknown and not (yield _go_on(unknown))["go_on"] == YES:
            raise _unchecked(unknown)
        return PermissionsProven(
            account=who.account,
            arn=who.arn,
            proven=sum(f.verdict is Verdict.PROVEN for f in findings),
            predicted=sum(f.verdict is Verdict.PREDICTED for f in findings),
            unknown=len(unknown),
        )

    def prove(self, facts: Facts, services: Services) -> list[Finding]:
        checking = self._check(facts, services)
        return [event for event in checking if isinstance(event, Finding)]

    def _check(self, facts: Facts, services: Services) -> Work[list[Finding]]:
        machine, who = facts.need(Machine), facts.need(AwsIdentity)
        found: list[Finding] = []
        partition = who.arn.split(":")[1]
        if services.proven is None:
            services.proven = permissions.Proven()
        for event in needed.check(
            Path(machine.module),
            services.environ,
            signed_in(services),
            who.account,
            partition,
            services.proven,
        ):
            if isinstance(event, Finding):
                found.append(event)
            yield event
        if not any(f.verdict is Verdict.GAP for f in found):
            # Only checking again, after something was missing, may lean on what was proven before.
            services.proven.forget()
        return found


def _missing(gaps: Iterable[Finding], who: AwsIdentity) -> Problem:
    gaps = list(gaps)
    return Problem(
        code="permissions.missing",
        what=f"{plural(len(gaps), 'permission is', 'permissions are')} missing for {who.arn}.",
        why="Terraform reads everything it manages before it changes anything, and AWS would say no.",
        remedy="Sign in with stronger credentials, or hand the policy below to an AWS administrator and check again.",
        who=Who.AWS_ADMIN,
        copy=permissions.policy_document(gaps),
        message=handoff.letter(gaps, who.arn, who.account),
        step="credentials",
    )


def _go_on(unknown: list[Finding]) -> Ask:
    return Ask(
        (
            confirm(
                "go_on",
                f"Go on although {plural(len(unknown), 'permission')} could not be checked?",
                "Terraform will find out. If AWS refuses, what was made stays and the next apply goes on from there.",
            ),
        ),
        title="Some permissions could not be checked",
        reason="They are not known to be missing; AWS did not let them be predicted.",
    )


def _unchecked(unknown: list[Finding]) -> Problem:
    return Problem(
        code="permissions.unchecked",
        what=f"{plural(len(unknown), 'permission')} could not be checked, and you chose not to go on.",
        why="AWS does not let these credentials ask for a prediction.",
        remedy="Sign in with credentials that may call iam:SimulatePrincipalPolicy, or check again and go on.",
        who=Who.AWS_ADMIN,
        evidence=tuple(finding.title for finding in unknown),
        step="credentials",
    )
