"""Giving the workspace the instance profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Diff, Phase, Run, Table
from wizard.core.facts import Applied, Connected, Facts, WorkspaceProven
from wizard.core.finding import Finding
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import YES, confirm
from wizard.core.text import plural
from wizard.services import Services
from wizard.steps.parts import connected
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.databricks import instance_profiles, warehouse_config, warehouses
    from wizard.services.databricks.client import Workspace
else:
    instance_profiles = lazy("wizard.services.databricks.instance_profiles")
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
        workspace, host = connected(services), facts.need(WorkspaceProven).host
        applied = facts.need(Applied)
        profile, role = applied.output("instance_profile_arn"), applied.output("role_arn")

        yield Phase("Looking at the registered instance profiles", "databricks instance-profiles list")
        registration = instance_profiles.plan(workspace, profile, role)
        yield Phase(
            "Reading the workspace's SQL configuration",
            "databricks warehouses get-workspace-warehouse-config",
        )
        change = warehouse_config.plan(workspace, profile)
        if registration.changed or change.changed:
            if registration.changed:
                yield Diff("Registered instance profile", registration.before_text, registration.after_text)
            if change.changed:
                yield Diff(
                    "SQL warehouse configuration of the workspace", change.before_text, change.after_text
                )
            running = [w for w in warehouses.listed(workspace) if w.running] if change.changed else []
            if running:
                yield _running(running)
            if (yield _ask(host, len(running), change))["change"] != YES:
                raise _declined(host)
        yield from instance_profiles.register(workspace, registration)
        backup = yield from warehouse_config.put(
            workspace, change, services.paths.state / "backups", services.now()
        )
        yield from self._look(workspace, profile, role)
        return Connected(
            instance_profile_arn=profile,
            role_arn=role,
            security_policy=change.security_policy,
            changed=registration.changed or change.changed,
            backup=str(backup or ""),
        )

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
        return [
            f"databricks instance-profiles add {profile} --iam-role-arn {role}",
            "databricks warehouses get-workspace-warehouse-config > config.json",
            "# in config.json set instance_profile_arn, security_policy, enable_serverless_compute; keep the rest",
            "databricks warehouses set-workspace-warehouse-config --json @config.json",
        ]


def _running(running: list[warehouses.Warehouse]) -> Table:
    return Table(
        "These warehouses run now and will restart",
        ("name", "id", "sessions"),
        tuple((w.name, w.id, str(w.sessions)) for w in running),
    )


def _ask(host: str, restarts: int, change: warehouse_config.Change) -> Ask:
    effects = []
    if change.changed:
        restarting = f"{plural(restarts, 'running warehouse')} will restart."
        effects.append(restarting if restarts else "No warehouse restarts.")
        effects.append("It also applies to serverless notebooks and jobs.")
    if change.replaces:
        effects.append(f"It REPLACES {change.replaces}, which somebody else may rely on.")
    return Ask(
        (confirm("change", f"Make this change in {host}?", " ".join(effects)),),
        title="What changes in Databricks",
        reason="Nothing has changed yet. A backup of the configuration is kept first.",
    )


def _declined(host: str) -> Problem:
    return Problem(
        code="connect.declined",
        what=f"{host} was left as it is.",
        why="You chose not to change it. The warehouse cannot use the instance profile yet.",
        remedy="Try again to see the change once more, or ask a workspace administrator to look at it with you.",
    )
