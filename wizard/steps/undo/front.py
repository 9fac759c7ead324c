"""The first page of the way back: what the wizard did, and signing in as last time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Phase, Run, Table
from wizard.core.facts import (
    Applied,
    AwsIdentity,
    Connected,
    Facts,
    Machine,
    Registered,
    VariablesWritten,
    WarehouseRunning,
    WorkspaceProven,
)
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import YES, confirm
from wizard.core.taken import WasDone
from wizard.core.text import plural
from wizard.services import Services
from wizard.steps import reopen, workspace_sign_in
from wizard.steps.credentials import Credentials
from wizard.steps.step import Step
from wizard.steps.undo.back import FRONT

if TYPE_CHECKING:
    from wizard.services.aws import identity
    from wizard.services.databricks import client
else:
    client = lazy("wizard.services.databricks.client")
    identity = lazy("wizard.services.aws.identity")


class Before(Step[WasDone]):
    """Reads what was written down, signs in, and changes nothing."""

    id: ClassVar = FRONT
    title: ClassVar = "The way back"
    headline: ClassVar = "Take back what the wizard did"
    why: ClassVar = "Five steps, in reverse. What you say no to is left as it is, and named at the end."
    about: ClassVar = (
        "First the warehouse is stopped, then the workspace's SQL configuration is put back, then the instance profile "
        "is taken out if the wizard added it, then Terraform destroys what the module made. Every change is "
        "shown first and has its own yes; destroying needs a typed word that says how much."
    )
    fact: ClassVar = WasDone

    def __init__(self, aws_profile: str = "", databricks_profile: str = "") -> None:
        """Profiles to sign in with; empty for those of last time."""
        self._aws_profile = aws_profile
        self._databricks_profile = databricks_profile

    def run(self, facts: Facts, services: Services) -> Run[WasDone]:
        yield Phase("Reading what the wizard wrote down")
        rows = done(facts)
        if not rows:
            raise _nothing(services)
        known, proven = facts.get(AwsIdentity), facts.get(WorkspaceProven)
        if known is not None and facts.get(Applied) is not None:
            yield from self._aws(known, facts, services)
        if proven is not None:
            yield from self._workspace(proven, facts, services)
        yield Table("What the wizard did", ("what", "where"), tuple(rows))
        return WasDone(known.account if known else "", proven.host if proven else "")

    def prove(self, facts: Facts, services: Services) -> list[Finding]:  # noqa: ARG002  # nothing is to last
        return []

    def _aws(self, known: AwsIdentity, facts: Facts, services: Services) -> Run[None]:
        title = "AWS knows you"
        yield Phase(f"Signing in to AWS account {known.account} as last time", "aws sts get-caller-identity")
        try:
            session = services.aws or reopen.aws(facts, services, self._aws_profile)
            if isinstance(session, Problem):
                raise session
            caller = identity.who_am_i(session)
            if caller.account != known.account:
                raise _other_account(caller.account, known.account)
            services.aws = session
        except Problem as problem:
            services.aws, mend = None, _mend(problem)
            yield Finding("chain.identity", title, Verdict.GAP, problem.what, problem)
        else:
            yield Finding("chain.identity", title, Verdict.PROVEN, caller.arn)
            return
        asked = confirm(
            "aws",
            f"Sign in to AWS account {known.account} in another way?",
            "Without it, everything in AWS stays; the rest can be taken back.",
        )
        if (yield Ask((asked,), title="You are not signed in to AWS", reason=mend))["aws"] == YES:
            yield from Credentials().run(facts, services)

    def _workspace(self, proven: WorkspaceProven, facts: Facts, services: Services) -> Run[None]:
        title = "The workspace knows you"
        yield Phase(f"Signing in to {proven.host} as last time", "databricks current-user me")
        try:
            workspace = services.workspace or reopen.workspace(facts, services, self._databricks_profile)
            if isinstance(workspace, Problem):
                raise workspace
            workspace.me()
            services.workspace = workspace
        except Problem as problem:
            services.workspace, mend = None, _mend(problem)
            yield Finding("workspace.identity", title, Verdict.GAP, problem.what, problem)
        else:
            yield Finding("workspace.identity", title, Verdict.PROVEN, f"{proven.user} in {proven.host}")
            return
        asked = confirm(
            "workspace",
            f"Sign in to {proven.host} in another way?",
            "Without it, everything in Databricks stays; the rest can be taken back.",
        )
        ask = Ask((asked,), title="You are not signed in to the workspace", reason=mend)
        if (yield ask)["workspace"] != YES:
            return
        bearer, _ = yield from workspace_sign_in.sign_in(proven.host, services)
        opened = client.Workspace(
            services.workspace_url(proven.host), bearer, host=proven.host, route=reopen.route(proven)
        )
        opened.me()
        services.workspace = opened


def done(facts: Facts) -> list[tuple[str, str]]:
    """(what the wizard did, where) of everything that it wrote down."""
    rows: list[tuple[str, str]] = []
    machine, proven, connected = facts.get(Machine), facts.get(WorkspaceProven), facts.get(Connected)
    applied, added, ran = facts.get(Applied), facts.get(Registered), facts.get(WarehouseRunning)
    host = proven.host if proven else ""
    if ran is not None:
        rows.append((f"started {ran.name}", host))
    if connected is not None:
        rows.append(("set the SQL configuration", host))
    if added is not None and added.added != "no":
        rows.append(("registered the instance profile", added.host))
    if applied is not None and machine is not None:
        made = plural(applied.added, "resource") if applied.added else "resources"
        rows.append((f"made {made} in AWS", machine.module))
    written = facts.get(VariablesWritten)
    if written is not None:
        rows.append(("wrote the workspace's id", Path(written.path).name))
    return rows


def _nothing(services: Services) -> Problem:
    return Problem(
        code="undo.nothing",
        what="The wizard did nothing here that could be taken back.",
        why=f"Nothing is written down for the deployment {services.deployment}.",
        remedy="If it was another one, name it: htd-wizard undo --deployment NAME.",
    )


def _other_account(now: str, then: str) -> Problem:
    return Problem(
        code="undo.account",
        what=f"You are signed in to AWS account {now}, and what the wizard made is in {then}.",
        why="The sign-in of last time leads to another account now.",
        remedy=f"Sign in to account {then}: htd-wizard undo --aws-profile NAME.",
    )


def _mend(problem: Problem) -> str:
    """What to do about a sign-in that does not work any more, with the command."""
    return f"{problem.remedy} {problem.copy}".strip()
