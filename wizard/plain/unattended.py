"""Walking a journey with nobody at the keyboard."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from wizard.core.flow import Flow, StepLike
from wizard.core.journey import Script, Visit
from wizard.core.problem import Problem
from wizard.plain.printer import Printer
from wizard.steps.step import Step


def walk(
    flow: Flow, front: Step[object], visits: Sequence[Visit], printer: Printer, cancel: threading.Event
) -> Problem | None:
    """Visit after visit; returns the problem that ended the journey early, or None at its end.

    A visit that should stop and does not, or the other way round, ends the journey: nothing is papered over.
    """
    numbers = {step.id: number for number, step in enumerate(flow.steps, 1)}
    opened = bool(visits) and visits[0].step == front.id
    for visit in visits if opened else (Visit(front.id), *visits):
        step = front if visit.step == front.id else flow.step(visit.step)
        printer.heading(numbers.get(step.id, 0), len(numbers), step.title, getattr(step, "why", ""))
        if visit.say:
            printer.say(f"  {visit.say}")
        stopped: Problem | None = None
        try:
            way = _way(flow, step, visit)
            fact = flow.perform(way, on_event=printer, asker=Script(visit), cancel=cancel)
        except Problem as problem:
            stopped = problem
            printer.problem(problem)
        if stopped and visit.ends == "done":
            return stopped
        if not stopped:
            printer.flush()
            left = getattr(fact, "declined", False)
            printer.say("  ◌ left as it is" if left else f"  ✓ done in {flow.seconds[step.id]:.1f} s")
            if visit.ends == "stopped":
                return _did_not_stop(step.title)
    return None


def _way(flow: Flow, step: StepLike, visit: Visit) -> StepLike:
    """The step, or what takes back its change. Raises Problem when there is nothing to take back."""
    if not visit.undo:
        return step
    back = step.undo(flow.facts) if isinstance(step, Step) else None
    if back is None:
        raise Problem(
            code="journey.undo",
            what=f"“{step.title}” has changed nothing in this session that could be put back.",
            why="The journey asks to undo it.",
            remedy="Check the journey's file; nothing was changed.",
        )
    return back


def _did_not_stop(title: str) -> Problem:
    return Problem(
        code="journey.unexpected",
        what=f"“{title}” went through although the journey expected it to stop.",
        why="The world is not as this journey was written for.",
        remedy="Check the journey's file; nothing needs to be undone.",
    )
