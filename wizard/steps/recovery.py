"""Going on after what an earlier run left behind: a lock, an unsaved state, a plan that is out of date."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from wizard.core.event import Ask, Diff, Line, Run, Wait, Work
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import YES, Choice, Kind, Question, confirm
from wizard.core.text import plural
from wizard.steps.standing import StandsAlready

if TYPE_CHECKING:
    from wizard.services.terraform import adopt, mending
    from wizard.services.terraform.commands import PlannedRun, Terraform
    from wizard.services.terraform.mending import Locked, Unsaved
else:
    adopt = lazy("wizard.services.terraform.adopt")
    mending = lazy("wizard.services.terraform.mending")

T = TypeVar("T")
_PAUSE = 15.0
"""Seconds between two tries while somebody else works on the state."""
_PATIENT = 4
"""Tries after which stopping is offered first, so that with nobody there it ends."""


def past_locks(tool: Terraform, work: Callable[[], Work[T]]) -> Run[T]:
    """Do `work`; while the state is locked, ask whether to wait, to remove the lock, or to stop. Raises Problem."""
    tries = 0
    while True:
        try:
            return (yield from work())
        except mending.Locked as problem:
            tries += 1
            way = (yield _ask_about(problem, tries))["lock"]
            if way == "stop":
                raise
            if way == "unlock" and problem.lock is not None:
                yield from _remove(tool, problem)
            else:
                yield Wait(_PAUSE, "for whoever works on the state")


def _ask_about(problem: Locked, tries: int) -> Ask:
    held = problem.lock
    why_not = ""
    if held is None or held.local or not held.id:
        why_not = "The system removes it together with its process."
    elif problem.alive:
        why_not = "Its process still works."
    choices = (
        Choice("wait", "Wait and try again", f"every {_PAUSE:.0f} s"),
        Choice("unlock", "Remove the lock", "only when nobody works there any more", why_not),
        Choice("stop", "Stop here", "nothing was changed"),
    )
    question = Question(
        "lock",
        "Somebody else holds the state. What now?",
        Kind.CHOICE,
        choices=choices,
        default="wait" if tries <= _PATIENT else "stop",
        remember=False,
    )
    words = held.words if held else ""
    return Ask((question,), title="The state is locked", reason=f"{words} {problem.about}".strip())


def _remove(tool: Terraform, problem: Locked) -> Run[None]:
    """Removing somebody's lock takes its id, typed: two that write at once destroy a state."""
    wanted = problem.lock.id if problem.lock else ""

    def check(typed: str) -> str | None:
        return None if typed.strip() == wanted else "That is not the id of the lock."

    typed = Question(
        "lock_id",
        "Type the id of the lock to remove it",
        help=f"It is {wanted}. If its holder still writes, removing it can destroy the state.",
        check=check,
        always_ask=True,
        remember=False,
    )
    yield Ask((typed,), title="Remove the lock", reason=problem.about)
    yield from tool.force_unlock(wanted)


def planned(tool: Terraform, plan: Callable[[], Work[PlannedRun]]) -> Run[PlannedRun]:
    """What `plan` makes; when that would make what is there already, a plan that takes it into the state.

    Raises Problem.
    """
    try:
        return (yield from past_locks(tool, plan))
    except StandsAlready as problem:
        if not problem.ids:
            raise
        blocks = "\n".join(adopt.block(*each) for each in problem.ids.items())
        yield Diff("import blocks for the next plan", "", blocks)
        if (yield _ask_to_adopt(problem))["adopt"] != "adopt":
            raise
        return (yield from past_locks(tool, partial(tool.plan, adopted=problem.ids)))


def _ask_to_adopt(problem: StandsAlready) -> Ask:
    choices = (
        Choice("stop", "Stop here", "nothing was changed"),
        Choice("adopt", "Take them into the state", "the plan shows what that changes; a yes comes after it"),
    )
    question = Question(
        "adopt", "Are they yours?", Kind.CHOICE, choices=choices, default="stop", remember=False
    )
    return Ask((question,), title="Some of it is in AWS already", reason=f"{problem.what} {problem.why}")


def put_back(tool: Terraform) -> Run[None]:
    """Offer to save what the last run could not save, before anything is planned. Raises Problem."""
    left = tool.unsaved()
    if left is None or left.other:
        # What cannot be judged is not offered: planning refuses it and says what to do.
        return
    answer = yield Ask(
        (
            confirm(
                "put_back",
                f"Put back the state with {plural(left.resources, 'resource')}?",
                tool.typed(mending.PUT_BACK),
            ),
        ),
        title="The last run could not save its state",
        reason=_compared(left),
    )
    if answer["put_back"] == YES:
        kept = yield from tool.put_back()
        yield Line(f"The state is back. {left.file.name} was kept as {kept.name}.")


def _compared(left: Unsaved) -> str:
    now = "there is no state yet" if left.held is None else f"the state now holds {left.held}"
    return (
        f"It left {left.file.name}, with {plural(left.resources, 'resource')}; {now}. "
        "Without it, the next plan would make again what is there."
    )


def out_of_date(problem: Problem) -> Line:
    """Said when a plan has to be made again."""
    return Line(f"{problem.what} {problem.why} It is made again, for you to read.", "warning")
