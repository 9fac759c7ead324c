"""The plan before the yes: is this the right place, what is asked, and the command that a yes runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.core.event import Ask, Planned
from wizard.core.facts import AwsIdentity
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import YES, Answers, Question, confirm
from wizard.core.text import one_line, plural

if TYPE_CHECKING:
    from wizard.services.hcl import foresight
    from wizard.services.terraform import state
else:
    foresight = lazy("wizard.services.hcl.foresight")
    state = lazy("wizard.services.terraform.state")


def refuse_wrong_place(folder: Path, environ: Mapping[str, str], who: AwsIdentity) -> None:
    """Stop before a plan that would look into another account or region than the state's.

    There Terraform finds nothing, believes that everything is gone, and plans to make it again. Raises Problem.
    """
    held = state.read(folder, environ)
    if held is None:
        return
    if held.account and held.account != who.account:
        raise Problem(
            code="apply.account",
            what=f"You are signed in to account {who.account}, and this state belongs to {held.account}.",
            why="A plan made here would find nothing of what the state knows, and make everything a second time.",
            remedy=f"Sign in to account {held.account}. To make everything anew in {who.account}, start the wizard "
            "with a folder of its own.",
            step="credentials",
        )
    if any(name.startswith(("TF_VAR_", "TF_CLI_ARGS")) for name in environ) or [
        *folder.glob("*.tfvars.json")
    ]:
        # They may set the region in ways that only Terraform can tell.
        return
    places = foresight.regions(folder)
    moved = [
        (each.address, each.region, wanted)
        for each in held.resources
        if each.region and (wanted := places.get(each.address.partition("[")[0], "")) not in ("", each.region)
    ]
    if moved:
        address, was, wanted = moved[0]
        raise Problem(
            code="apply.region",
            what=f"The module now says {wanted}, and what it made before is in {was}.",
            why=f"A plan would look for {address} in {wanted}, find nothing, and make it a second time.",
            remedy=f"Set the region back to {was} in terraform.tfvars. To move for good, destroy in {was} first.",
            evidence=tuple(f"{each}: in {old}, the module says {new}" for each, old, new in moved),
            step="variables",
        )


def ask(plan: Planned, who: AwsIdentity) -> Ask:
    """A yes for a plan that makes and changes; a typed sentence for one that destroys without a reason."""
    counts = [
        words
        for count, words in (
            (plan.add, f"add {plan.add}"),
            (plan.change, f"change {plan.change}"),
            (plan.destroy, f"DESTROY {plan.destroy}"),
        )
        if count
    ]
    does = ", ".join(counts) or "set outputs only"
    goes_on = "Terraform goes on by itself even if this window closes."
    question = confirm("apply", f"Apply this plan to AWS account {who.account}? It will {does}.", goes_on)
    if plan.destroys:
        question = _typed(plan, who, does)
    return Ask(
        (question,),
        title=f"{plural(len(plan.changes), 'change')} to read",
        reason="Nothing has changed yet. The command that a yes runs stands below the plan.",
        submit="Apply" if plan.destroys else "Continue",
    )


def said_yes(plan: Planned, answers: Answers) -> bool:
    """The plan on the screen was agreed to."""
    return answers.get("destroy") == word(plan) if plan.destroys else answers.get("apply") == YES


def word(plan: Planned) -> str:
    """What must be typed: it names how much is lost, so that it cannot be typed for another plan."""
    return f"destroy {len(plan.destroys)}"


def _typed(plan: Planned, who: AwsIdentity, does: str) -> Question:
    lost = one_line(", ".join(change.address for change in plan.destroys), 300)

    def check(answer: str) -> str | None:
        return (
            None
            if answer.strip() == word(plan)
            else f"Type {word(plan)} to go on, or go back: nothing changes."
        )

    return Question(
        "destroy",
        f"Nothing in this journey needs {lost} destroyed. In account {who.account} this plan will {does}.",
        help=f"If that is what you want, type {word(plan)}. Data in what is destroyed is lost.",
        placeholder=word(plan),
        check=check,
        always_ask=True,
        remember=False,
    )
