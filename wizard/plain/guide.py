"""The guided journey, line by line."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from wizard.core.atomic import write_private
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

TAKE_BACK = "Take everything back, one change after the other"


class End(Enum):
    """How a guided journey ended."""

    COMPLETE = "complete"
    STOPPED = "stopped"
    BACK = "back"
    """The operator chose the way back."""


def guide(
    flow: Flow,
    front: Step[object],
    badge: str,
    redact: Callable[[str], str],
    cancel: threading.Event,
    undoable: Callable[[], bool] = lambda: False,
) -> End:
    """Step after step with a person at the keyboard. `undoable`: there is something to be taken back."""
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
                fact = flow.perform(step, on_event=interruptions, asker=prompts, cancel=cancel)
            printer.flush()
            printer.say("  ◌ left as it is" if getattr(fact, "declined", False) else "  ✓ done")
        except Problem as stopped:
            problem = stopped
            printer.problem(stopped)
        except Left:
            printer.say(f"  {LEFT_RUNNING}")
            return End.STOPPED
        except (Cancelled, KeyboardInterrupt):
            problem = Problem("cancelled", "You stopped this step.", "", "Choose how to go on.")
            printer.say("  Stopped.")
        if problem is None:
            step = flow.next_step()
            continue
        after = _after(flow, (front, step), problem, prompts, printer, undoable())
        if isinstance(after, End):
            return after
        step = after
    printer.say()
    printer.say(flow.ending)
    proof = flow.facts.get(DataProven)
    if proof is not None and proof.report:
        printer.say(f"The implementation status is in {proof.report}")
    return _end(prompts) if undoable() else End.COMPLETE


def _end(prompts: Prompts) -> End:
    """What the last card offers."""
    ways = (Choice("finish", "Finish"), Choice("back", TAKE_BACK))
    question = Question("way", "What now?", Kind.CHOICE, choices=ways, default="finish")
    try:
        way = prompts.answer("", Ask((question,)))["way"]
    except Cancelled:
        return End.COMPLETE
    return End.BACK if way == "back" else End.COMPLETE


def _after(
    flow: Flow,
    at: tuple[StepLike, StepLike],
    problem: Problem,
    prompts: Prompts,
    printer: Printer,
    undoable: bool,
) -> StepLike | End:
    """Where to go after a problem at a step; `at` is the front page and that step."""
    front, step = at
    steps = {each.id: each for each in (front, *flow.steps)}
    ways = [Choice("again", "Try this step again")]
    if problem.step in steps and problem.step != step.id:
        ways.insert(0, Choice("mend", f"Go to “{steps[problem.step].title}”"))
    if onward := flow.past(step):
        ways.append(Choice(onward.id, f"Leave it, and go on to “{onward.title}”"))
    if problem.message:
        ways += [
            Choice("message", f"Show a message to {problem.who}, ready to send"),
            Choice("save", f"Save that message as {_message_file(step).name}"),
        ]
    ways += [
        Choice(s.id, f"Go back to “{s.title}”") for s in flow.steps if s.fact in flow.facts and s is not step
    ]
    ways += [
        Choice(f"undo:{s.id}", f"Undo what “{s.title}” changed")
        for s in flow.steps
        if isinstance(s, Step) and s.undo(flow.facts) is not None
    ]
    if undoable:
        ways.append(Choice("back", TAKE_BACK))
    ways.append(Choice("stop", "Stop here; everything done so far stays"))
    question = Question("way", "How shall we go on?", Kind.CHOICE, choices=tuple(ways), default=ways[0].value)
    try:
        way = prompts.answer(step.id, Ask((question,)))["way"]
        while way in ("message", "save"):
            if way == "save":
                printer.say(_saved(_message_file(step), printer.redact(problem.message)))
            else:
                printer.say("\n".join(["", *(f"    {line}" for line in problem.message.splitlines()), ""]))
            way = prompts.answer(step.id, Ask((question,)))["way"]
    except Cancelled:
        return End.STOPPED
    match way:
        case "again":
            # After an undo: the step itself.
            return steps.get(step.id, step)
        case "mend":
            return steps[problem.step]
        case "stop":
            return End.STOPPED
        case "back":
            return End.BACK
        case other:
            undo, _, name = other.rpartition(":")
            chosen = flow.step(name)
            back = chosen.undo(flow.facts) if undo and isinstance(chosen, Step) else None
            return back or chosen


def _message_file(step: StepLike) -> Path:
    """Where the screen saves it as well."""
    return Path.cwd() / f"htd-{step.id}-message.txt"


def _saved(file: Path, text: str) -> str:
    """Write the text and say how that went."""
    try:
        write_private(file, text)
    except OSError as fault:
        return f"  ! not saved: {fault.strerror or fault}. {file}"
    return f"  ✓ saved, for your eyes only: {file}"
