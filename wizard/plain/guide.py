"""The guided journey, line by line."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from wizard.core.event import Ask
from wizard.core.facts import DataProven
from wizard.core.flow import Flow, StepLike
from wizard.core.problem import Cancelled, Problem
from wizard.core.question import Choice, Kind, Question
from wizard.core.stopping import LEFT_RUNNING, Left
from wizard.plain.interruptions import Interruptions
from wizard.plain.printer import Printer
from wizard.plain.prompts import Prompts
from wizard.steps.step import Step


def guide(
    flow: Flow, front: Step[object], badge: str, redact: Callable[[str], str], cancel: threading.Event
) -> bool:
    """Step after step with a person at the keyboard; True when the end was reached."""
    printer = Printer(sys.stdout, redact)
    prompts = Prompts(printer.say)
    if badge:
        printer.say(badge)
    printer.say(
        "Ctrl-C stops a step, and asks first while Terraform changes AWS; nothing is changed without a yes."
    )
    step: StepLike | None = front
    while step is not None:
        number = flow.steps.index(step) + 1 if step in flow.steps else 0
        printer.heading(number, len(flow.steps), step.title, getattr(step, "why", ""))
        problem: Problem | None = None
        try:
            with Interruptions(lambda: flow.stopping, printer, prompts) as interruptions:
                flow.perform(step, on_event=interruptions, asker=prompts, cancel=cancel)
            printer.flush()
            printer.say("  ✓ done")
        except Problem as stopped:
            problem = stopped
            printer.problem(stopped)
        except Left:
            printer.say(f"  {LEFT_RUNNING}")
            return False
        except (Cancelled, KeyboardInterrupt):
            problem = Problem("cancelled", "You stopped this step.", "", "Choose how to go on.")
            printer.say("  Stopped.")
        step = flow.next_step() if problem is None else _after(flow, step, problem, prompts, printer)
        if step is None and problem is not None:
            return False
    printer.say()
    printer.say("The journey is complete.")
    proof = flow.facts.get(DataProven)
    if proof is not None and proof.report:
        printer.say(f"The implementation status is in {proof.report}")
    return True


def _after(
    flow: Flow, step: StepLike, problem: Problem, prompts: Prompts, printer: Printer
) -> StepLike | None:
    """Where to go after a problem; None ends the journey."""
    ways = [Choice("again", "Try this step again")]
    if problem.step and problem.step != step.id:
        ways.insert(0, Choice("mend", f"Go to “{flow.step(problem.step).title}”"))
    if problem.message:
        ways.append(Choice("message", f"Show a message to {problem.who}, ready to send"))
    ways += [
        Choice(s.id, f"Go back to “{s.title}”") for s in flow.steps if s.fact in flow.facts and s is not step
    ]
    ways += [
        Choice(f"undo:{s.id}", f"Undo what “{s.title}” changed")
        for s in flow.steps
        if isinstance(s, Step) and s.undo(flow.facts) is not None
    ]
    ways.append(Choice("stop", "Stop here; everything done so far stays"))
    question = Question("way", "How shall we go on?", Kind.CHOICE, choices=tuple(ways), default=ways[0].value)
    try:
        way = prompts.answer(step.id, Ask((question,)))["way"]
        while way == "message":
            printer.say()
            for line in problem.message.splitlines():
                printer.say(f"    {line}")
            printer.say()
            way = prompts.answer(step.id, Ask((question,)))["way"]
    except Cancelled:
        return None
    match way:
        case "again":
            # After an undo: the step itself.
            return next((known for known in flow.steps if known.id == step.id), step)
        case "mend":
            return flow.step(problem.step)
        case "stop":
            return None
        case other:
            undo, _, name = other.rpartition(":")
            chosen = flow.step(name)
            back = chosen.undo(flow.facts) if undo and isinstance(chosen, Step) else None
            return back or chosen
