"""Destroying what Terraform made: the plan to be read, a typed word, and exactly that plan."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Forgotten, Planned, Run
from wizard.core.facts import Applied, AwsIdentity, Connected, DataProven, Facts, Machine, WarehouseRunning
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import Question
from wizard.core.taken import InfrastructureBack
from wizard.core.text import plural
from wizard.services import Services
from wizard.steps import ahead, apply, recovery, review
from wizard.steps.parts import terraform
from wizard.steps.undo.back import UNDO, Back, profile_of

if TYPE_CHECKING:
    from wizard.services.databricks import warehouse_config
else:
    warehouse_config = lazy("wizard.services.databricks.warehouse_config")

_ROUNDS = 3


class Destroy(Back[InfrastructureBack]):
    """Plans the destruction of everything in the state, shows it, and does it after the typed word."""

    id: ClassVar = "destroy"
    title: ClassVar = "Destroy what was made"
    why: ClassVar = "Terraform removes everything that the module made in AWS. You read the plan first."
    about: ClassVar = (
        "The plan lists every resource that goes. It is kept in a file, and exactly that file is applied after you "
        "typed how many are destroyed. Data in them is lost. Terraform goes on by itself even if this window closes."
    )
    fact: ClassVar = InfrastructureBack
    leaves: ClassVar = "what Terraform made in AWS"

    def take(self, facts: Facts, services: Services) -> Run[InfrastructureBack]:
        machine, who = facts.get(Machine), facts.get(AwsIdentity)
        if machine is None or who is None or facts.get(Applied) is None:
            return InfrastructureBack(told="The wizard applied nothing in AWS.")
        folder = Path(machine.module)
        module = ("the module and its state", f"rm -r {quote(str(folder))}")
        tool = terraform(facts, services)
        running = tool.unfinished()
        if running is not None:
            yield from tool.resume(running)
        ahead.give_up(services)
        review.refuse_wrong_place(folder, services.environ, who)
        yield from apply.prepare(tool, services, machine)
        yield from recovery.put_back(tool)
        for attempt in range(1, _ROUNDS + 1):
            planned = yield from apply.fresh_plan(tool, services, machine, partial(tool.plan, destroy=True))
            if not planned.has_changes:
                yield Forgotten((Applied,))
                return InfrastructureBack(stays=(module,), told="Terraform holds nothing in AWS.")
            plan = _warned(planned.plan, facts, services)
            yield plan
            if (yield ask(plan, who))["destroy"] != review.word(plan):
                stays = ((f"{plural(plan.destroy, 'resource')} in AWS, and the module with its state", UNDO),)
                return InfrastructureBack(stays=stays, declined=True)
            # The plan may have been read for an hour: the credentials are looked at again.
            tool = terraform(facts, services)
            try:
                result = yield from recovery.past_locks(tool, partial(apply.told, tool, planned))
            except Problem as problem:
                if problem.code != "terraform.stale" or attempt == _ROUNDS:
                    raise
                yield recovery.out_of_date(problem)
            else:
                yield Forgotten((Applied, Connected, WarehouseRunning, DataProven))
                words = f"{plural(result.destroyed, 'resource')} destroyed in AWS account {who.account}"
                return InfrastructureBack((words,), (module,))
        raise AssertionError("the last round ends in a result or a problem")

    def equivalent(self, facts: Facts) -> list[str]:
        machine = facts.get(Machine)
        if machine is None:
            return []
        start = f"{'tofu' if machine.engine == 'tofu' else 'terraform'} -chdir={machine.module}"
        return [f"{start} plan -destroy -out=htd.tfplan", f"{start} apply htd.tfplan"]


def ask(plan: Planned, who: AwsIdentity) -> Ask:
    """What must be typed for it names how much is lost, so that it agrees to this plan and to no other."""
    word = review.word(plan)

    def check(answer: str) -> str | None:
        return None if answer.strip() in (word, "no") else f"Type {word}, or no to leave everything as it is."

    question = Question(
        "destroy",
        f"Destroy {plural(plan.destroy, 'resource')} in AWS account {who.account}? Type {word}, or no.",
        help="Data in what is destroyed is lost. Terraform goes on by itself even if this window closes.",
        placeholder=word,
        check=check,
        always_ask=True,
        remember=False,
    )
    return Ask(
        (question,),
        title=f"Everything the module made: {plural(len(plan.changes), 'change')} to read",
        reason="Nothing has changed yet. The command that it runs stands below the plan.",
    )


def _warned(plan: Planned, facts: Facts, services: Services) -> Planned:
    """The plan, with a warning when the workspace still hands the profile to its warehouses."""
    arn, _ = profile_of(facts)
    if services.workspace is None or not arn:
        return plan
    try:
        held = warehouse_config.read(services.workspace).get("instance_profile_arn")
    except Problem:
        return plan
    if held != arn:
        return plan
    told = (
        f"The SQL configuration of {services.workspace.host} still names this instance profile: every warehouse "
        "there fails to read data once it is gone. Put the configuration back first."
    )
    return replace(plan, warnings=(*plan.warnings, told))
