"""Terraform: the plan to be read, and the apply of exactly that plan."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Line, Planned, Run, Table, Work
from wizard.core.facts import Applied, AwsIdentity, Facts, Machine, PermissionsProven, VariablesWritten
from wizard.core.finding import Finding
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.services import Services
from wizard.steps import acting, ahead, recovery, review, strays
from wizard.steps.parts import signed_in, terraform
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.aws import trust
    from wizard.services.terraform import aftermath
    from wizard.services.terraform.commands import PlannedRun, Result, Terraform
else:
    aftermath = lazy("wizard.services.terraform.aftermath")
    trust = lazy("wizard.services.aws.trust")

_UNPREPARED = ("terraform.init", "terraform.lockfile")
_ROUNDS = 3
"""Plans that are made when each comes too late: whoever else works on the state will not stop."""


class Apply(Step[Applied]):
    """Plans, shows the plan, and applies that very plan after a yes."""

    id: ClassVar = "apply"
    title: ClassVar = "Plan and apply"
    why: ClassVar = "Terraform changes AWS. You read the plan first, and what you read is what is applied."
    about: ClassVar = (
        "Terraform runs by itself, apart from this terminal: if your connection drops, the apply completes and "
        "its state is whole. Credentials are in its environment only. The plan is kept in a file and exactly "
        "that file is applied."
    )
    fact: ClassVar = Applied
    needs: ClassVar = (Machine, AwsIdentity, PermissionsProven, VariablesWritten)

    def run(self, facts: Facts, services: Services) -> Run[Applied]:
        machine, who = facts.need(Machine), facts.need(AwsIdentity)
        tool = terraform(facts, services)
        running = tool.unfinished()
        if running is not None:
            # Somebody said yes to it, and it went on when the wizard was gone; the plan below shows what is left.
            yield from tool.resume(running)
        review.refuse_wrong_place(Path(machine.module), services.environ, who)
        yield from prepare(tool, services, machine)
        yield from recovery.put_back(tool)
        for attempt in range(1, _ROUNDS + 1):
            plan = partial(ahead.planned, tool, facts, services)
            planned = yield from fresh_plan(tool, services, machine, plan)
            if not planned.has_changes:
                yield Line("AWS already is as the module says. Nothing to apply.")
                return _applied(machine, (0, 0, 0), tool.outputs())
            yield _warned(planned, who, strays.warnings(facts, services, planned.plan))
            if not review.said_yes(planned.plan, (yield review.ask(planned.plan, who))):
                raise _declined()
            # The plan may have been read for an hour: the credentials are looked at again.
            tool = terraform(facts, services)
            try:
                result = yield from recovery.past_locks(tool, partial(told, tool, planned))
            except Problem as problem:
                if problem.code != "terraform.stale" or attempt == _ROUNDS:
                    raise
                yield recovery.out_of_date(problem)
            else:
                yield _by_hand(self.equivalent(facts))
                return _applied(machine, (result.added, result.changed, result.destroyed), result.outputs)
        raise AssertionError("the last round ends in a result or a problem")

    def prove(self, facts: Facts, services: Services) -> list[Finding]:
        session, applied = signed_in(services), facts.need(Applied)
        role, profile = applied.output("role_name"), applied.output("instance_profile_name")
        return [
            finding
            for external_id in facts.need(VariablesWritten).external_ids
            for finding in trust.read_chain(session, role, profile, external_id.rpartition("-")[2])
        ]

    def equivalent(self, facts: Facts) -> list[str]:
        machine = facts.get(Machine)
        if machine is None:
            return []
        name = "tofu" if machine.engine == "tofu" else "terraform"
        start = f"{name} -chdir={shlex.quote(str(machine.module))}"
        return [
            *_signed_in(facts.get(AwsIdentity)),
            f"{start} init",
            f"{start} plan -out=htd.tfplan",
            f"{start} apply htd.tfplan",
        ]


def prepare(tool: Terraform, services: Services, machine: Machine) -> Work[None]:
    """Providers and modules once a session: trying again goes on from the plan."""
    if machine not in services.prepared:
        yield from tool.init()
        services.prepared.add(machine)


def fresh_plan(
    tool: Terraform, services: Services, machine: Machine, plan: Callable[[], Work[PlannedRun]]
) -> Run[PlannedRun]:
    """What `plan` makes; when the folder was changed since it was prepared, it is prepared anew first."""
    try:
        return (yield from recovery.planned(tool, plan))
    except Problem as problem:
        if problem.code not in _UNPREPARED:
            raise
    services.prepared.discard(machine)
    yield from prepare(tool, services, machine)
    return (yield from recovery.planned(tool, plan))


def _warned(planned: PlannedRun, who: AwsIdentity, also: Sequence[str]) -> Planned:
    told = acting.warning(who, planned.callers)
    return replace(planned.plan, warnings=(*planned.plan.warnings, *([told] if told else []), *also))


def _applied(machine: Machine, counts: tuple[int, int, int], outputs: dict[str, object]) -> Applied:
    missing = [name for name in ("instance_profile_arn", "role_arn") if not outputs.get(name)]
    if missing:
        raise Problem(
            code="terraform.outputs",
            what=f"The module's outputs lack {' and '.join(missing)}.",
            why="The next step gives them to Databricks, so it cannot go on without them.",
            remedy="Add these outputs to the module, or use the module that comes with the wizard.",
        )
    return Applied(machine.engine, machine.engine_version, *counts, outputs)


def _by_hand(commands: Sequence[str]) -> Table:
    rows = tuple((command,) for command in commands)
    return Table("The same by hand", ("command",), rows)


def _signed_in(who: AwsIdentity | None) -> list[str]:
    """What the commands need in their environment; keys are never written out."""
    if who is None:
        return []
    profile, _ = who.profile
    if profile:
        return [f"export AWS_PROFILE={shlex.quote(profile)}"]
    return ["# with the same AWS credentials in the environment"]


def told(tool: Terraform, planned: PlannedRun) -> Work[Result]:
    """The apply, and after one that failed how everything stands."""
    after, work = aftermath.Aftermath(planned.plan.changes), tool.apply(planned)
    try:
        while True:
            event = next(work)
            after.hear(event)
            yield event
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # a generator's return value is untyped here
    except Problem as problem:
        table = after.table()
        if after.begun:
            yield table
        stands = table.note if after.begun else "Nothing was begun: AWS is as it was."
        problem.why = f"{problem.why} {stands}".strip()
        raise
    finally:
        work.close()


def _declined() -> Problem:
    return Problem(
        code="apply.declined",
        what="The plan was not applied.",
        why="You chose not to. AWS is as it was.",
        remedy="Try again to make a fresh plan, or go back and change something first.",
    )
