"""Registering an instance profile together with its role.

The role must be named when its name differs from the profile's, or serverless SQL cannot use the profile:
https://docs.databricks.com/api/workspace/instanceprofiles/add
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Literal

from wizard.core.event import Line, Noted, Phase, Wait, Work
from wizard.core.facts import Registered
from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who
from wizard.core.text import one_line
from wizard.services.databricks.refusals import UNANSWERED, not_json

if TYPE_CHECKING:
    from wizard.services.databricks.client import Workspace

_ROOT = "/api/2.0/instance-profiles"
_SOURCE = "instance profile"
_PAUSES = (3.0, 5.0, 8.0, 10.0, 12.0, 15.0, 15.0, 15.0, 15.0, 15.0)
"""Seconds between tries while a new profile spreads through AWS: just under two minutes in all."""
_LOOKS = (1.0, 2.0, 4.0)
"""Seconds between two looks for a profile whose answer got lost."""

VALIDATION = "profile.validation"
"""Code of the Problem that Databricks' try of the profile in EC2 did not succeed. The try needs iam:PassRole for
classic compute, which serverless does not use: who only wants serverless may register without it."""


@dataclass(frozen=True)
class Profile:
    """One registered instance profile."""

    arn: str
    role_arn: str
    """Empty when Databricks derives the role from the profile's name."""

    @property
    def effective_role_name(self) -> str:
        """The role that serverless will use: the registered one, else the one named like the profile."""
        return last_part(self.role_arn) or last_part(self.arn)


@dataclass(frozen=True)
class Registration:
    """What has to be done so that the profile is registered with its role."""

    profile_arn: str
    role_arn: str
    action: Literal["none", "add", "edit"]
    before: Profile | None

    @property
    def changed(self) -> bool:
        """True when something has to be done."""
        return self.action != "none"

    @property
    def reason(self) -> str:
        """Why something has to be done, in one sentence; empty when nothing has."""
        if not self.changed:
            return ""
        if self.before is None:
            return "The instance profile is not registered in the workspace yet."
        held = self.before.role_arn
        if not held:
            wanted = last_part(self.profile_arn)
            return f"It is registered without its role, so serverless would look for a role named {wanted}."
        if held == self.profile_arn:
            return "It is registered with its own ARN in place of the role's, as a Terraform provider once wrote it."
        return f"It is registered with another role, {last_part(held) or held}."

    @property
    def before_text(self) -> str:
        """The registration as it is, for a diff."""
        return _text(self.before.arn, self.before.role_arn) if self.before else ""

    @property
    def after_text(self) -> str:
        """The registration as it will be, for a diff."""
        return _text(self.profile_arn, self.role_arn) if self.changed else self.before_text


def last_part(arn: str) -> str:
    """The name in an ARN: the text after its last slash."""
    return arn.rsplit("/", 1)[-1] if "/" in arn else ""


def listed(workspace: Workspace) -> list[Profile]:
    """The profiles the caller may use. Raises Problem."""
    answer = workspace.get(f"{_ROOT}/list")
    entries = answer.get("instance_profiles", [])
    if not isinstance(entries, list):
        raise not_json(workspace.host)
    return [
        Profile(
            one_line(e.get("instance_profile_arn") or "", 2048), one_line(e.get("iam_role_arn") or "", 2048)
        )
        for e in entries
        if isinstance(e, dict)
    ]


def plan(workspace: Workspace, profile_arn: str, role_arn: str) -> Registration:
    """Compares what is registered with what should be; changes nothing. Raises Problem."""
    for arn, kind in ((profile_arn, ":instance-profile/"), (role_arn, ":role/")):
        if kind not in arn:
            raise Problem(
                code="profile.arn",
                what="Terraform's outputs do not name the instance profile and its role.",
                why=f"An ARN with {kind} was expected, and there was {one_line(arn, 80) or 'nothing'}.",
                remedy="Check the outputs instance_profile_arn and role_arn of the module, then apply again.",
                step="apply",
            )
    before = next((p for p in listed(workspace) if p.arn == profile_arn), None)
    if before is None:
        return Registration(profile_arn, role_arn, "add", None)
    return Registration(profile_arn, role_arn, "none" if _names(before, role_arn) else "edit", before)


def register(
    workspace: Workspace, registration: Registration, *, skip_validation: bool = False
) -> Work[Profile]:
    """Registers the profile and reads it back. Yields events; raises Problem, `VALIDATION` when only the try failed.

    A profile made seconds ago may not be visible to EC2 yet: such a refusal is tried again for two minutes.
    """
    if not registration.changed:
        yield Line("The instance profile is registered with its role already.", source=_SOURCE)
        return Profile(registration.profile_arn, registration.role_arn)
    skipping = " --skip-validation" if skip_validation else ""
    yield Phase(
        "Registering the instance profile",
        f"databricks instance-profiles {registration.action} {registration.profile_arn} "
        f"--iam-role-arn {registration.role_arn}{skipping}",
    )
    if registration.action == "edit":
        workspace.post(f"{_ROOT}/edit", _body(registration))
    else:
        yield from _add(workspace, registration, skip_validation=skip_validation)
    for pause in (0.0, *_LOOKS):
        if pause:
            # The first look after a change may be old news.
            yield Wait(pause, "The registration may not show yet.")
        for profile in listed(workspace):
            if profile.arn == registration.profile_arn and _names(profile, registration.role_arn):
                yield Line(f"Registered with the role {registration.role_arn}.", source=_SOURCE)
                return profile
    raise Problem(
        code="profile.not_kept",
        what="The workspace took the instance profile but does not list it with its role.",
        why="Somebody else may be changing it, for example another Terraform.",
        remedy="Look at Settings, Security, Instance profiles in the workspace, then try again.",
        who=Who.WORKSPACE_ADMIN,
    )


def remove(workspace: Workspace, profile_arn: str) -> Work[None]:
    """Takes the profile out of the workspace and looks whether it is gone; clusters that run with it go on.

    Yields waits. Raises Problem when it is still there. Source: https://docs.databricks.com/api/workspace/instanceprofiles/remove
    """
    refused: Problem | None = None
    try:
        workspace.once("POST", f"{_ROOT}/remove", {"instance_profile_arn": profile_arn})
    except Problem as problem:
        refused = problem
    for pause in (0.0, *(_LOOKS if refused is None or refused.code == UNANSWERED else ())):
        if pause:
            yield Wait(pause, "The removal may not show yet.")
        if all(profile.arn != profile_arn for profile in listed(workspace)):
            return  # also when only the answer got lost
    raise refused or Problem(
        code="profile.kept",
        what="The instance profile is still registered in the workspace.",
        why="Databricks took the request and lists the profile all the same.",
        remedy="Run htd-wizard undo again, or remove it under Settings, Security, Instance profiles.",
        who=Who.WORKSPACE_ADMIN,
    )


def finding(workspace: Workspace, profile_arn: str, role_arn: str) -> Finding:
    """Whether the profile is registered with its role now. Raises Problem when it cannot be asked."""
    title = "The instance profile is registered with its role"
    known = next((p for p in listed(workspace) if p.arn == profile_arn), None)
    if known is not None and _names(known, role_arn):
        return Finding(
            "chain.registration", title, Verdict.PROVEN, known.role_arn or "same name as the profile"
        )
    said = "it is not registered" if known is None else f"registered role: {known.role_arn or 'none'}"
    problem = Problem(
        code="profile.unregistered",
        what="The workspace does not know which role the instance profile stands for.",
        why="Without the registration, serverless looks for a role with the profile's own name.",
        remedy="Register the profile with its role in the step Connect the workspace.",
        who=Who.WORKSPACE_ADMIN,
        copy=f"databricks instance-profiles add {profile_arn} --iam-role-arn {role_arn} --skip-validation",
        step="connect",
    )
    return Finding("chain.registration", title, Verdict.GAP, said, problem)


def _add(workspace: Workspace, registration: Registration, *, skip_validation: bool) -> Work[None]:
    body = _body(registration) | ({"skip_validation": True} if skip_validation else {})
    pauses, lost = iter(_PAUSES), False

    def noted(added: Literal["asked", "yes", "no"]) -> Noted:
        return Noted(Registered(workspace.host, registration.profile_arn, registration.role_arn, added))

    while True:
        try:
            yield noted("asked")
            workspace.once("POST", f"{_ROOT}/add", body)
            yield noted("yes")
            return
        except Problem as problem:
            if problem.code == UNANSWERED:
                if (yield from _found(workspace, registration)):
                    yield noted("yes")
                    return
                if lost:
                    raise _not_added(problem) from problem
                lost = True
                yield Line("It was not added; asking once more.", "warning", _SOURCE)
                continue
            yield noted("no")
            if _already(problem):
                # Somebody else was quicker.
                workspace.post(f"{_ROOT}/edit", _body(registration))
                return
            if problem.code != "databricks.dry_run_failed":
                raise
            pause = next(pauses, None) if _too_new(problem) else None
            if pause is None:
                raise _validation_failed(problem, registration) from problem
        yield Line("AWS does not show the new instance profile to EC2 yet.", "debug", _SOURCE)
        yield Wait(pause, "A new instance profile takes up to two minutes to be known everywhere in AWS.")


def _found(workspace: Workspace, registration: Registration) -> Work[bool]:
    """Whether the profile is listed after an answer that got lost: it may be under way still, so more than once."""
    yield Line("The answer got lost; looking whether the profile was added.", "warning", _SOURCE)
    for pause in (0.0, *_LOOKS):
        if pause:
            yield Wait(pause, "A request may still be under way.")
        if any(profile.arn == registration.profile_arn for profile in listed(workspace)):
            return True
    return False


def _not_added(lost: Problem) -> Problem:
    return Problem(
        code="profile.not_added",
        what="The instance profile was not added: the request did not reach the workspace.",
        why=lost.why,
        remedy="Try again: what is registered then is read first.",
        evidence=lost.evidence,
    )


def _body(registration: Registration) -> dict[str, object]:
    return {"instance_profile_arn": registration.profile_arn, "iam_role_arn": registration.role_arn}


def _names(profile: Profile, role_arn: str) -> bool:
    if profile.role_arn:
        return profile.role_arn == role_arn
    return last_part(profile.arn) == last_part(role_arn)


def _too_new(problem: Problem) -> bool:
    return any("Invalid IAM Instance Profile" in line for line in problem.evidence)


def _already(problem: Problem) -> bool:
    return "already" in " ".join((problem.code, *problem.evidence)).lower()


def _text(arn: str, role: str) -> str:
    return f"instance_profile_arn = {arn}\niam_role_arn         = {role or '(none)'}\n"


def _validation_failed(problem: Problem, registration: Registration) -> Problem:
    """Why Databricks' try in EC2 failed, and what would mend it."""
    said = " ".join(problem.evidence)
    encoded = re.search(r"[Ee]ncoded authorization failure message: ([\w+/=-]+)", said)
    if _too_new(problem):
        why = "After two minutes AWS still does not show the new profile to EC2."
        remedy = "Try again later, or register without the try when only serverless is used."
        copied = f"aws iam get-instance-profile --instance-profile-name {quote(last_part(registration.profile_arn))}"
    else:
        why = "The try needs iam:PassRole for the workspace's own role; a tag policy can refuse it as well."
        remedy = "Allow iam:PassRole on the role, or register without the try when only serverless is used."
        copied = _pass_role(registration.role_arn)
    if encoded:
        copied = f"aws sts decode-authorization-message --encoded-message {encoded[1]}\n\n{copied}"
    return Problem(
        code=VALIDATION,
        what="Databricks tried the instance profile in EC2 and AWS said no.",
        why=why,
        remedy=remedy,
        who=Who.AWS_ADMIN,
        evidence=problem.evidence,
        copy=copied,
    )


def _pass_role(role_arn: str) -> str:
    """The statement for the cross-account role that Databricks starts classic compute with.

    Source: https://docs.databricks.com/aws/en/connect/storage/tutorial-s3-instance-profile
    """
    return json.dumps({"Effect": "Allow", "Action": "iam:PassRole", "Resource": role_arn}, indent=2)
