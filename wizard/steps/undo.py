"""The way back: the SQL configuration, the warehouse, then everything in AWS; each change shown and asked first."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from wizard.core.event import Ask, Diff, Line, Phase, Run, Table
from wizard.core.facts import (
    Applied,
    AwsIdentity,
    Connected,
    DataProven,
    Facts,
    Machine,
    Registered,
    VariablesWritten,
    WarehouseRunning,
    WorkspaceProven,
)
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import YES, Question, confirm
from wizard.core.text import plural
from wizard.services import Services
from wizard.steps import review
from wizard.steps.parts import connected, terraform

if TYPE_CHECKING:
    from wizard.core.event import Planned
    from wizard.services.databricks import instance_profiles, warehouse_config, warehouses
else:
    instance_profiles = lazy("wizard.services.databricks.instance_profiles")
    warehouse_config = lazy("wizard.services.databricks.warehouse_config")
    warehouses = lazy("wizard.services.databricks.warehouses")

_OURS = ("instance_profile_arn", "security_policy")
"""The keys of the SQL configuration that the wizard sets; serverless is never switched off again."""


@dataclass
class Undone:
    """What was taken back, and what stays with the way to take it back by hand."""

    done: list[str] = field(default_factory=list)
    stays: list[tuple[str, str]] = field(default_factory=list)
    """(what stays, how it goes away)."""
    forgotten: list[type] = field(default_factory=list)
    """Facts that are true no more."""

    def table(self) -> Table:
        """What stays, to be read."""
        return Table("What stays", ("what", "to take it back as well"), tuple(self.stays))


def undo(facts: Facts, services: Services, undone: Undone) -> Run[None]:
    """Takes back what the wizard did, as far as the operator says yes, and notes it in `undone` as it is done.

    `services` must hold the sessions that are needed: `aws` for what is in AWS, `workspace` for the rest. Raises
    Problem; what was done until then stays done.
    """
    yield from _configuration(facts, services, undone)
    yield from _registration(facts, services, undone)
    yield from _warehouse(facts, services, undone)
    yield from _infrastructure(facts, services, undone)
    _files(facts, services, undone)
    yield undone.table()


def planned(current: Mapping[str, Any], backup: Mapping[str, Any], profile_arn: str) -> dict[str, Any]:
    """The configuration with what the wizard set put back; whatever others changed since stays theirs.

    It is returned as it is when it does not name `profile_arn`: then nothing of ours is in force.
    """
    after: dict[str, Any] = copy.deepcopy(dict(current))
    if current.get("instance_profile_arn") != profile_arn:
        return after
    for key in _OURS:
        if backup.get(key):
            after[key] = copy.deepcopy(backup[key])
        elif key == "instance_profile_arn":
            # An empty text is refused; a key that is left out is cleared.
            after.pop(key, None)
    return after


def _configuration(facts: Facts, services: Services, undone: Undone) -> Run[None]:
    fact = facts.get(Connected)
    if fact is None:
        return
    workspace, host = connected(services), facts.need(WorkspaceProven).host
    yield Phase("Reading the SQL configuration", f"databricks api get {warehouse_config.CONFIG}")
    current = warehouse_config.read(workspace)
    before = _backup(fact, services.paths.state / "backups", undone)
    after = planned(current, before, fact.instance_profile_arn)
    if after == current:
        yield Line("The SQL configuration does not name our instance profile. It is left as it is.")
        return
    change = warehouse_config.Change(current, after, changed=True)
    yield Diff("SQL warehouse configuration of the workspace", change.before_text, change.after_text)
    running = [each for each in warehouses.listed(workspace) if each.running]
    if running:
        rows = tuple((each.name, each.id, str(each.sessions)) for each in running)
        yield Table("These warehouses run now and will restart", ("name", "id", "sessions"), rows)
    effects = f"{plural(len(running), 'running warehouse')} will restart. " if running else ""
    question = confirm(
        "config",
        f"Put the SQL configuration of {host} back?",
        f"{effects}Warehouses, serverless notebooks and jobs lose the role's access to your data.",
    )
    if (yield Ask((question,), title="What changes in Databricks", reason="Nothing has changed yet."))[
        "config"
    ] != YES:
        undone.stays.append((f"the SQL configuration of {host} names the profile", "htd-wizard undo"))
        return
    backup = yield from warehouse_config.put(
        workspace, change, services.paths.state / "backups", services.now()
    )
    undone.done.append(f"SQL configuration of {host} put back (as it was before: {backup})")
    undone.forgotten += [Connected, DataProven]


def _registration(facts: Facts, services: Services, undone: Undone) -> Run[None]:
    fact = facts.get(Connected)
    if fact is None:
        return
    workspace, host, arn = connected(services), facts.need(WorkspaceProven).host, fact.instance_profile_arn
    command = f"databricks instance-profiles remove {quote(arn)}"
    yield Phase("Looking at the registered instance profiles", "databricks instance-profiles list")
    held = instance_profiles.plan(workspace, arn, fact.role_arn)
    if held.before is None:
        yield Line("The instance profile is not registered in the workspace any more.")
        return
    stays = ("the registration of the instance profile", command)
    in_use = warehouse_config.read(workspace).get("instance_profile_arn") == arn
    added = facts.get(Registered)
    if in_use or added is None or not added.ours(host, arn) or held.changed:
        # The configuration needs it, or it is somebody else's: made or changed by them.
        undone.stays.append(stays)
        return
    yield Diff("Instance profiles of the workspace", held.before_text, "")
    name = instance_profiles.last_part(arn)
    question = confirm(
        "registration",
        f"Take the instance profile {name} out of {host}?",
        "The wizard added it. Whoever else chose it since cannot choose it any more; clusters that run with it go on. "
        f"By hand: {command}",
    )
    asked = Ask(
        (question,), title="The registration of the instance profile", reason="It costs nothing where it is."
    )
    if (yield asked)["registration"] != YES:
        undone.stays.append(stays)
        return
    yield Phase(f"Taking {name} out", command)
    instance_profiles.remove(workspace, arn)
    undone.done.append(f"Instance profile {name} taken out of {host}")
    undone.forgotten += [Connected, DataProven, Registered]


def _backup(fact: Connected, folder: Path, undone: Undone) -> dict[str, Any]:
    """What was in force before: the backup of the change, else the oldest there is; nothing when there is none."""
    named = Path(fact.backup) if fact.backup else next(iter(sorted(folder.glob("sql-config-*.json"))), None)
    if named is None or not named.exists():
        return {}
    undone.stays.append((f"the backup {named}", f"rm {named}"))
    return dict(warehouse_config.read_backup(named))


def _warehouse(facts: Facts, services: Services, undone: Undone) -> Run[None]:
    fact = facts.get(WorkspaceProven)
    if fact is None:
        return
    workspace = connected(services)
    yield Phase("Looking at the warehouse", f"databricks warehouses get {fact.warehouse_id}")
    try:
        seen = warehouses.get(workspace, fact.warehouse_id)
    except Problem as problem:
        if problem.code != "warehouse.missing":
            raise
        yield Line("The warehouse is not there any more.")
        return
    undone.stays.append((f"the SQL warehouse {seen.name}", f"databricks warehouses delete {seen.id}"))
    if seen.state in ("STOPPED", "STOPPING", "DELETING", "DELETED"):
        yield Line(f"{seen.name} is {seen.state}.")
        return
    yield warehouses.look(seen)
    question = confirm("stop", f"Stop {seen.name}?", f"{plural(seen.sessions, 'session')} would end.")
    asked = Ask((question,), title=f"The warehouse is {seen.state}", reason="It costs while it runs.")
    if (yield asked)["stop"] != YES:
        undone.stays.append((f"{seen.name} runs", f"databricks warehouses stop {seen.id}"))
        return
    yield Phase(f"Stopping {seen.name}", f"databricks warehouses stop {seen.id}")
    warehouses.stop(workspace, seen.id)
    undone.done.append(f"{seen.name} stopped")
    undone.forgotten += [WarehouseRunning, DataProven]


def _infrastructure(facts: Facts, services: Services, undone: Undone) -> Run[None]:
    machine, who = facts.get(Machine), facts.get(AwsIdentity)
    if machine is None or who is None or facts.get(Applied) is None:
        return
    folder = Path(machine.module)
    undone.stays.append((f"the module and its state in {folder}", f"rm -r {folder}"))
    tool = terraform(facts, services)
    running = tool.unfinished()
    if running is not None:
        yield from tool.resume(running)
    review.refuse_wrong_place(folder, services.environ, who)
    yield from tool.init()
    plan = yield from tool.plan(destroy=True)
    if not plan.has_changes:
        yield Line("Terraform holds nothing in AWS. Nothing to destroy.")
        return
    yield plan.plan
    if (yield _ask_destroy(plan.plan, who))["destroy"] != review.word(plan.plan):
        undone.stays.append((f"{plural(plan.plan.destroy, 'resource')} in AWS", "htd-wizard undo"))
        return
    # The plan may have been read for an hour: the credentials are looked at again.
    result = yield from terraform(facts, services).apply(plan)
    undone.done.append(f"{plural(result.destroyed, 'resource')} destroyed in AWS account {who.account}")
    undone.forgotten += [Applied, Connected, DataProven]


def _ask_destroy(plan: Planned, who: AwsIdentity) -> Ask:
    word = review.word(plan)

    def check(answer: str) -> str | None:
        return None if answer in (word, "no") else f"Type {word}, or no to leave everything as it is."

    question = Question(
        "destroy",
        f"Destroy {plural(plan.destroy, 'resource')} in AWS account {who.account}? Type {word}, or no.",
        help="Data in what is destroyed is lost. Terraform goes on by itself even if this window closes.",
        default="no",
        check=check,
        always_ask=True,
        remember=False,
    )
    return Ask((question,), title="Everything the module made", reason="Nothing has changed yet.")


def _files(facts: Facts, services: Services, undone: Undone) -> None:
    written = facts.get(VariablesWritten)
    if written is not None:
        undone.stays.append((f"the workspace's id in {written.path}", "take the line out with an editor"))
    undone.stays.append(
        (f"the wizard's own files in {services.paths.state}", f"rm -r {services.paths.state}")
    )
