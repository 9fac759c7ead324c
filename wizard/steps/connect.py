"""Giving the workspace the instance profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Diff, Phase, Run, Table
from wizard.core.facts import Applied, Connected, Facts, WorkspaceProven
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.problem import Problem, Who
from wizard.core.question import YES, Choice, Kind, Question, confirm
from wizard.core.text import plural
from wizard.services import Services
from wizard.steps.parts import connected
from wizard.steps.step import Step
from wizard.steps.undo.databricks import put_back, take_out

if TYPE_CHECKING:
    from wizard.services.databricks import (
        handoff,
        instance_profiles,
        ownership,
        warehouse_config,
        warehouses,
    )
    from wizard.services.databricks.client import Workspace
else:
    handoff = lazy("wizard.services.databricks.handoff")
    instance_profiles = lazy("wizard.services.databricks.instance_profiles")
    ownership = lazy("wizard.services.databricks.ownership")
    warehouse_config = lazy("wizard.services.databricks.warehouse_config")
    warehouses = lazy("wizard.services.databricks.warehouses")


class Connect(Step[Connected]):
    """Registers the profile with its role, then names it in the workspace's SQL warehouse configuration."""

    id: ClassVar = "connect"
    title: ClassVar = "Connect the workspace"
    why: ClassVar = (
        "AWS is ready. Now the workspace must know the instance profile and hand it to its warehouses."
    )
    about: ClassVar = (
        "Two changes in Databricks. The profile is registered together with its role, because their names differ. "
        "Then the workspace's SQL warehouse configuration names the profile. That configuration is one document "
        "for the whole workspace: it also applies to serverless notebooks and jobs, anyone who may use a warehouse "
        "gets the role's rights, and setting it restarts every running warehouse. Everything else in the document "
        "stays as it is, and a backup is kept."
    )
    fact: ClassVar = Connected
    needs: ClassVar = (Applied, WorkspaceProven)

    def run(self, facts: Facts, services: Services) -> Run[Connected]:
        workspace, proven = connected(services), facts.need(WorkspaceProven)
        applied = facts.need(Applied)
        profile, role = applied.output("instance_profile_arn"), applied.output("role_arn")
        try:
            return (yield from self._connect(workspace, services, proven.host, profile, role))
        except Problem as problem:
            handed = handoff.handed_on(problem, proven.host, proven.user, profile, role)
            if handed is problem:
                raise
            raise handed from problem

    def _connect(
        self, workspace: Workspace, services: Services, host: str, profile: str, role: str
    ) -> Run[Connected]:
        yield Phase("Looking at the registered instance profiles", "databricks instance-profiles list")
        registration = instance_profiles.plan(workspace, profile, role)
        yield Phase(
            "Reading the workspace's SQL configuration", f"databricks api get {warehouse_config.CONFIG}"
        )
        change = warehouse_config.plan(workspace, profile)
        change = yield from _settle_with_others(workspace, change, profile)
        if registration.changed or change.changed:
            yield from _agree(workspace, host, registration, change)
        yield from _register(workspace, registration)
        folder = services.paths.state / "backups"
        backup = yield from warehouse_config.put(workspace, change, folder, services.now())
        yield from self._look(workspace, profile, role)
        return Connected(
            instance_profile_arn=profile,
            role_arn=role,
            security_policy=change.security_policy,
            changed=registration.changed or change.changed,
            backup=str(backup or warehouse_config.newest_backup(folder, host, profile) or ""),
        )

    def undo(self, facts: Facts) -> PutBack | None:
        fact = facts.get(Connected)
        return PutBack() if fact is not None and fact.backup else None

    def prove(self, facts: Facts, services: Services) -> list[Finding]:
        fact = facts.need(Connected)
        return self._look(connected(services), fact.instance_profile_arn, fact.role_arn)

    def _look(self, workspace: Workspace, profile: str, role: str) -> list[Finding]:
        return [
            instance_profiles.finding(workspace, profile, role),
            warehouse_config.finding(workspace, profile),
        ]

    def equivalent(self, facts: Facts) -> list[str]:
        applied = facts.get(Applied)
        if applied is None:
            return []
        profile, role = applied.output("instance_profile_arn"), applied.output("role_arn")
        return [handoff.registering(profile, role), *handoff.configuring(profile)]


class PutBack(Connect):
    """Puts the SQL configuration back, then offers to take the profile out when the wizard added it."""

    title: ClassVar = "Undo: Connect the workspace"

    def run(self, facts: Facts, services: Services) -> Run[Connected]:
        host = facts.need(WorkspaceProven).host
        configuration = yield from put_back(facts, services, key="undo")
        if configuration.declined:
            raise _kept(host)
        registration = yield from take_out(facts, services)
        raise _undone(host, out=bool(registration.done))


def _settle_with_others(
    workspace: Workspace, change: warehouse_config.Change, profile: str
) -> Run[warehouse_config.Change]:
    """Asks about what somebody else set: another profile, another policy. Raises Problem when it shall stay."""
    if change.replaces:
        guess = ownership.whose(change.replaces, profile, instance_profiles.listed(workspace))
        ask = Ask(
            (confirm("replace", "Replace that instance profile?", guess),),
            title=f"The workspace uses another instance profile: {change.replaces}",
            reason="A workspace has one for all its warehouses. Queries that rely on the other one will fail. "
            "If Terraform sets it there, Terraform sets it back.",
        )
        if (yield ask)["replace"] != YES:
            raise _left_to_others(change.replaces, guess)
    if change.changed and change.other_policy:
        change = change.with_policy((yield _ask_policy(change.other_policy))["security_policy"])
    return change


def _agree(
    workspace: Workspace,
    host: str,
    registration: instance_profiles.Registration,
    change: warehouse_config.Change,
) -> Run[None]:
    """Shows both changes and what they restart, and asks. Raises Problem at a no."""
    if registration.changed:
        yield Diff("Registered instance profile", registration.before_text, registration.after_text)
    running = (yield from _show(workspace, change)) if change.changed else []
    if (yield _ask(host, running, change, registration.reason))["change"] != YES:
        raise _declined(host)


def _show(workspace: Workspace, change: warehouse_config.Change) -> Run[list[warehouses.Warehouse]]:
    """The change of the document and the warehouses that it restarts."""
    yield Diff("SQL warehouse configuration of the workspace", change.before_text, change.after_text)
    running = [w for w in warehouses.listed(workspace) if w.up]
    if running:
        yield _running(running)
    return running


def _effect(running: list[warehouses.Warehouse]) -> str:
    """What a change of the document does at once, by name."""
    names = ", ".join(w.name for w in running[:3]) + (f" and {len(running) - 3} more" if running[3:] else "")
    restarting = f"{names} will restart. {_cut_off(running)}" if running else "No warehouse restarts."
    return f"{restarting} It also applies to serverless notebooks and jobs."


def _register(workspace: Workspace, registration: instance_profiles.Registration) -> Run[None]:
    """Registers the profile; where only Databricks' try of it in EC2 fails, offers to go without it."""
    failed: Problem | None = None
    try:
        yield from instance_profiles.register(workspace, registration)
    except Problem as problem:
        if problem.code != instance_profiles.VALIDATION:
            raise
        failed = problem
    if failed is None:
        return
    said = failed.evidence[0] if failed.evidence else failed.why
    yield Finding(
        "connect.dry_run", "Databricks may try the instance profile in EC2", Verdict.UNKNOWN, said, failed
    )
    if (yield _ask_skip(failed))["skip_validation"] != YES:
        raise failed
    yield from instance_profiles.register(workspace, registration, skip_validation=True)


def _ask_skip(failed: Problem) -> Ask:
    return Ask(
        (
            confirm(
                "skip_validation",
                "Register it without that try?",
                "The try is a dry run: EC2 is asked whether an instance could start with the profile, as classic "
                "clusters would. Serverless starts none in your account, so it works without.",
            ),
        ),
        title=failed.what,
        reason=failed.why,
    )


def _ask_policy(held: str) -> Ask:
    default = warehouse_config.DEFAULT_POLICY
    words = {
        "NONE": "no table permissions of the legacy Hive metastore; as it is now",
        "PASSTHROUGH": "credential passthrough, which SQL warehouses do not support; as it is now",
    }
    choices = (
        Choice(held, f"Keep {held}", words.get(held, "as it is now")),
        Choice(default, f"Set {default}", "table permissions of the legacy Hive metastore stay in force"),
    )
    return Ask(
        (
            Question(
                "security_policy",
                "Which security policy?",
                Kind.CHOICE,
                choices=choices,
                default=held,
                origin="what is set now",
                help="It holds for every SQL warehouse of the workspace. Who set it probably had a reason.",
                remember=False,
            ),
        ),
        title=f"The workspace's security policy is {held}, not {default}",
        reason="Somebody chose it. An instance profile works with either.",
    )


def _running(running: list[warehouses.Warehouse]) -> Table:
    return Table(
        "These warehouses run now and will restart",
        ("name", "id", "sessions"),
        tuple((w.name, w.id, str(w.sessions)) for w in running),
        _cut_off(running),
    )


def _cut_off(running: list[warehouses.Warehouse]) -> str:
    sessions = sum(w.sessions for w in running)
    return (
        f"{plural(sessions, 'session')} will be cut off."
        if sessions
        else "Nobody is connected to them just now."
    )


def _ask(host: str, running: list[warehouses.Warehouse], change: warehouse_config.Change, reason: str) -> Ask:
    effects = [reason] if reason else []
    if change.changed:
        effects.append(_effect(running))
    if change.replaces:
        effects.append(f"It REPLACES {change.replaces}.")
    return Ask(
        (confirm("change", f"Make this change in {host}?", " ".join(effects)),),
        title="What changes in Databricks",
        reason="Nothing has changed yet. A backup of the configuration is kept first.",
    )


def _left_to_others(held: str, guess: str) -> Problem:
    return Problem(
        code="connect.others",
        what="The workspace's SQL warehouses keep the instance profile that somebody else set.",
        why=guess,
        remedy="Talk to whoever set it, or give that profile's role the rights to your data, or use another workspace.",
        who=Who.WORKSPACE_ADMIN,
        evidence=(held,),
    )


def _declined(host: str) -> Problem:
    return Problem(
        code="connect.declined",
        what=f"{host} was left as it is.",
        why="You chose not to change it. The warehouse cannot use the instance profile yet.",
        remedy="Try again to see the change once more, or ask a workspace administrator to look at it with you.",
    )


def _kept(host: str) -> Problem:
    return Problem(
        code="connect.kept",
        what=f"The SQL configuration of {host} was left as it is.",
        why="You chose not to put it back.",
        remedy="Run this step again to prove that it holds, and go on.",
    )


def _undone(host: str, *, out: bool) -> Problem:
    return Problem(
        code="connect.undone",
        what=f"The SQL configuration of {host} is as it was before this step.",
        why="You put it back. The instance profile was taken out of the workspace as well."
        if out
        else "You put it back. The instance profile stays registered; by itself that changes nothing.",
        remedy="Run this step again when the warehouses shall use the instance profile.",
    )
