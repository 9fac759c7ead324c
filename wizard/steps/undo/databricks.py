"""Taking back what the wizard changed in the workspace: configuration, registration, a running warehouse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Diff, Forgotten, Phase, Run, Table
from wizard.core.facts import Connected, DataProven, Facts, Registered, WarehouseRunning, WorkspaceProven
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import YES, confirm
from wizard.core.taken import ConfigurationBack, RegistrationBack, WarehouseBack
from wizard.core.text import plural
from wizard.services import Services
from wizard.steps.parts import connected
from wizard.steps.undo.back import UNDO, Back, profile_of

if TYPE_CHECKING:
    from wizard.services.databricks import handoff, instance_profiles, warehouse_config, warehouses
else:
    handoff = lazy("wizard.services.databricks.handoff")
    instance_profiles = lazy("wizard.services.databricks.instance_profiles")
    warehouse_config = lazy("wizard.services.databricks.warehouse_config")
    warehouses = lazy("wizard.services.databricks.warehouses")

SERVERLESS_STAYS = "Serverless SQL, which was off before, stays on: the API lets it be switched on only."
"""Source: enable_serverless_compute in https://docs.databricks.com/api/workspace/warehouses/setworkspacewarehouseconfig"""


class Configuration(Back[ConfigurationBack]):
    """Puts the keys that the wizard set in the SQL configuration back; what others changed since stays theirs."""

    id: ClassVar = "configuration"
    title: ClassVar = "Put configuration back"
    why: ClassVar = "The workspace stops handing the role to its warehouses, serverless notebooks and jobs."
    about: ClassVar = (
        "The configuration is one document, replaced as a whole. Only the instance profile and the security policy "
        "are set to what the backup of the change says; everything else stays as it is now. Setting it restarts "
        "every running warehouse. A backup of what is there now is kept first."
    )
    fact: ClassVar = ConfigurationBack
    leaves: ClassVar = "the SQL configuration"

    def take(self, facts: Facts, services: Services) -> Run[ConfigurationBack]:
        profile, _ = profile_of(facts)
        if facts.get(WorkspaceProven) is None or not profile:
            return ConfigurationBack(told="The wizard did not get as far as the SQL configuration.")
        try:
            return (yield from put_back(facts, services))
        except Problem as problem:
            if problem.code != "config.others":
                raise _handed(problem, facts, services) from problem
            yield Forgotten((Connected, DataProven))
            return ConfigurationBack(told=f"{problem.what} {problem.why} It is left as it is.")

    def equivalent(self, facts: Facts) -> list[str]:
        fact = facts.get(Connected)
        backup = fact.backup if fact and fact.backup else "BACKUP.json"
        return [
            f"databricks api get {warehouse_config.CONFIG}",
            f"databricks api put {warehouse_config.CONFIG} --json @{backup}",
        ]


class Registration(Back[RegistrationBack]):
    """Takes the instance profile out of the workspace, when the wizard added it and nothing names it any more."""

    id: ClassVar = "registration"
    title: ClassVar = "Take the profile out"
    why: ClassVar = "The workspace forgets the instance profile that the wizard registered."
    about: ClassVar = (
        "It is offered only when the wizard itself added the profile, it still stands for the same role, and the SQL "
        "configuration does not name it any more. A registration costs nothing and changes nothing by itself."
    )
    fact: ClassVar = RegistrationBack
    leaves: ClassVar = "the registration of the instance profile"

    def take(self, facts: Facts, services: Services) -> Run[RegistrationBack]:
        profile, _ = profile_of(facts)
        if facts.get(WorkspaceProven) is None or not profile:
            return RegistrationBack(told="The wizard did not get as far as the registration.")
        try:
            return (yield from take_out(facts, services))
        except Problem as problem:
            raise _handed(problem, facts, services) from problem

    def equivalent(self, facts: Facts) -> list[str]:
        profile, _ = profile_of(facts)
        return ["databricks instance-profiles list", *([_removing(profile)] if profile else [])]


class Stop(Back[WarehouseBack]):
    """Stops the warehouse, so that it costs nothing more."""

    id: ClassVar = "stop"
    title: ClassVar = "Stop the warehouse"
    why: ClassVar = "A running warehouse costs money. It stays in the workspace and can be started again."
    about: ClassVar = (
        "Stopping ends every session on it. The warehouse itself is left: the wizard did not make it."
    )
    fact: ClassVar = WarehouseBack
    leaves: ClassVar = "the warehouse"

    def take(self, facts: Facts, services: Services) -> Run[WarehouseBack]:
        fact = facts.get(WorkspaceProven)
        if fact is None or not fact.warehouse_id:
            return WarehouseBack(told="The wizard did not get as far as a warehouse.")
        workspace = connected(services)
        yield Phase("Looking at the warehouse", f"databricks warehouses get {fact.warehouse_id}")
        try:
            seen = warehouses.get(workspace, fact.warehouse_id)
        except Problem as problem:
            if problem.code != "warehouse.missing":
                raise
            yield Forgotten((WarehouseRunning,))
            return WarehouseBack(told="The warehouse is not there any more.")
        stays = (f"the SQL warehouse {seen.name}", f"databricks warehouses delete {quote(seen.id)}")
        if seen.state in warehouses.DOWN:
            yield Forgotten((WarehouseRunning, DataProven))
            return WarehouseBack(stays=(stays,), told=f"{seen.name} is {seen.state} already.")
        yield warehouses.look(seen)
        who = (
            f"{plural(seen.sessions, 'session')} will end." if seen.sessions else "Nobody is connected to it."
        )
        question = confirm("stop", f"Stop {seen.name}?", who)
        asked = Ask((question,), title=f"The warehouse is {seen.state}", reason="It costs while it runs.")
        command = f"databricks warehouses stop {quote(seen.id)}"
        if (yield asked)["stop"] != YES:
            return WarehouseBack(stays=((f"{seen.name} goes on running", command), stays), declined=True)
        yield Phase(f"Stopping {seen.name}", command)
        warehouses.stop(workspace, seen.id)
        yield Forgotten((WarehouseRunning, DataProven))
        ended = yield from warehouses.until_down(workspace, seen.id)
        return WarehouseBack((f"{seen.name} stopped" if ended else f"{seen.name} asked to stop",), (stays,))

    def equivalent(self, facts: Facts) -> list[str]:
        fact = facts.get(WorkspaceProven)
        return [f"databricks warehouses stop {quote(fact.warehouse_id)}"] if fact else []


def put_back(facts: Facts, services: Services, *, key: str = "config") -> Run[ConfigurationBack]:
    """Puts the SQL configuration back after a yes to the question `key`. Raises Problem."""
    workspace, host = connected(services), facts.need(WorkspaceProven).host
    profile, _ = profile_of(facts)
    folder = services.paths.state / "backups"
    yield Phase("Reading the SQL configuration", f"databricks api get {warehouse_config.CONFIG}")
    backup = _backup(facts, folder, profile)
    fact = facts.get(Connected)
    change = warehouse_config.plan_back(workspace, backup, profile, fact.security_policy if fact else "")
    stays = _kept(backup)
    if not change.changed:
        yield Forgotten((Connected, DataProven))
        told = "The SQL configuration does not name our instance profile. It is left as it is."
        return ConfigurationBack(stays=stays, told=told)
    yield Diff("SQL warehouse configuration of the workspace", change.before_text, change.after_text)
    running = [each for each in warehouses.listed(workspace) if each.up]
    if running:
        rows = tuple((each.name, each.id, str(each.sessions)) for each in running)
        yield Table("These warehouses run now and will restart", ("name", "id", "sessions"), rows)
    if (yield _ask_back(host, backup, running, change, key))[key] != YES:
        named = (f"the SQL configuration of {host} names the profile", UNDO)
        return ConfigurationBack(stays=(named, *stays), declined=True)
    kept = yield from warehouse_config.put(workspace, change, folder, services.now())
    yield Forgotten((Connected, DataProven))
    if change.serverless_stays:
        stays += ((f"serverless SQL is switched on in {host}", "ask a workspace administrator"),)
    return ConfigurationBack((f"SQL configuration of {host} put back (what it was is in {kept})",), stays)


def take_out(facts: Facts, services: Services) -> Run[RegistrationBack]:
    """Takes the registration out after a yes, if it is the wizard's own and nothing needs it. Raises Problem."""
    workspace, host = connected(services), facts.need(WorkspaceProven).host
    profile, role = profile_of(facts)
    command, added = _removing(profile), facts.get(Registered)
    yield Phase("Looking at the registered instance profiles", "databricks instance-profiles list")
    # Who is no administrator is told so here; to them the list shows only what they may use.
    in_use = warehouse_config.read(workspace).get("instance_profile_arn") == profile
    held = instance_profiles.plan(workspace, profile, role)
    if held.before is None:
        yield Forgotten((Registered,))
        return RegistrationBack(told="The instance profile is not registered in the workspace.")
    left = RegistrationBack(stays=(("the registration of the instance profile", command),))
    if in_use:
        return replace(left, told="The SQL configuration still names it, so it stays registered.")
    if added is None or not added.ours(host, profile) or held.changed:
        return replace(left, told="Somebody else registered it or changed it, so it is left to them.")
    yield Diff("Instance profiles of the workspace", held.before_text, "")
    name = instance_profiles.last_part(profile)
    asked = Ask(
        (
            confirm(
                "registration", f"Take the instance profile {name} out of {host}?", _after(added, command)
            ),
        ),
        title="The registration of the instance profile",
        reason="It costs nothing where it is.",
    )
    if (yield asked)["registration"] != YES:
        return replace(left, declined=True)
    yield Phase(f"Taking {name} out", command)
    yield from instance_profiles.remove(workspace, profile)
    yield Forgotten((Connected, Registered, DataProven))
    return RegistrationBack((f"Instance profile {name} taken out of {host}",))


def _ask_back(
    host: str,
    backup: Path | None,
    running: list[warehouses.Warehouse],
    change: warehouse_config.Change,
    key: str,
) -> Ask:
    names = ", ".join(each.name for each in running[:3])
    names += f" and {len(running) - 3} more" if running[3:] else ""
    sessions = sum(each.sessions for each in running)
    cut_off = f", {plural(sessions, 'session')} will be cut off" if sessions else ""
    effects = [
        f"{names} will restart{cut_off}." if running else "No warehouse restarts.",
        "Warehouses, serverless notebooks and jobs lose the role's access to your data."
        if not change.after.get("instance_profile_arn")
        else "Warehouses, serverless notebooks and jobs get the other role's access to data.",
        SERVERLESS_STAYS if change.serverless_stays else "",
    ]
    told = (
        f"As in the backup {backup.name}." if backup else "There is no backup; only our profile is taken out."
    )
    return Ask(
        (confirm(key, f"Put the SQL configuration of {host} back?", " ".join(filter(None, effects))),),
        title="What changes in Databricks",
        reason=f"Nothing has changed yet. {told} What others changed since stays.",
    )


def _backup(facts: Facts, folder: Path, profile: str) -> Path | None:
    """What was in force before: the backup of the change, else the newest that does not name the profile."""
    fact = facts.get(Connected)
    if fact is not None and fact.backup and Path(fact.backup).exists():
        return Path(fact.backup)
    return warehouse_config.newest_backup(folder, facts.need(WorkspaceProven).host, profile)


def _kept(backup: Path | None) -> tuple[tuple[str, str], ...]:
    return ((f"the backup {backup.name}", f"rm {quote(str(backup))}"),) if backup else ()


def _after(added: Registered, command: str) -> str:
    whose = (
        "The wizard added it."
        if added.added == "yes"
        else "The wizard asked for it, and ended before it had the answer."
    )
    return (
        f"{whose} Whoever else chose it since cannot choose it any more; clusters that run with it go on. "
        f"By hand: {command}"
    )


def _handed(problem: Problem, facts: Facts, services: Services) -> Problem:
    """The same, with the commands for an administrator when only one can do it."""
    proven, (profile, _) = facts.need(WorkspaceProven), profile_of(facts)
    backup = _backup(facts, services.paths.state / "backups", profile)
    before = str(warehouse_config.read_backup(backup).get("instance_profile_arn") or "") if backup else ""
    return handoff.handed_back(problem, proven.host, proven.user, profile, before)


def _removing(profile: str) -> str:
    return f"databricks instance-profiles remove {quote(profile)}"
