"""Running a step: pulls its events, waits when it asks to wait, and sends it the answers it asks for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from wizard.core.event import Ask, Event, Wait
from wizard.core.problem import Cancelled, Problem
from wizard.core.question import Answers

F = TypeVar("F")


class Asker(Protocol):
    """Where answers come from: a pane, a prompt, an answers file, an autopilot."""

    def answer(self, step: str, ask: Ask) -> Answers:
        """The answers, one for each question's key. Raises Cancelled or Problem when there are none."""
        ...


def drive(
    step: str,
    run: Generator[Event, Any, F],
    *,
    on_event: Callable[[Event], None],
    asker: Asker,
    cancel: threading.Event,
    pace: float = 1.0,
) -> F:
    """Run to the end and return what was proven.

    `cancel` cuts waits short and ends the run between two events; `pace` multiplies waits (0 for tests).
    Raises what the step raises, and Cancelled.
    """
    reply: Answers | None = None
    try:
        while True:
            if cancel.is_set():
                raise Cancelled
            event = run.send(reply)
            reply = None
            on_event(event)
            if isinstance(event, Wait):
                if cancel.wait(event.seconds * pace):
                    raise Cancelled
            elif isinstance(event, Ask):
                reply = checked(step, event, asker.answer(step, event))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # a generator's return value is untyped here
    finally:
        run.close()


def checked(step: str, ask: Ask, answers: Answers) -> Answers:
    """`answers` trimmed and complete, or a Problem naming every answer that will not do."""
    given = {q.key: answers.get(q.key, q.default).strip() for q in ask.questions}
    faults = [
        f"{step}.{question.key}: {fault}"
        for question in ask.questions
        if (fault := question.fault(given[question.key]))
    ]
    if faults:
        raise Problem(
            code="answers.invalid",
            what="An answer is missing or will not do." if len(faults) == 1 else "Some answers will not do.",
            why=faults[0] if len(faults) == 1 else "Each is named below.",
            remedy="Give the answer in the answers file or run the wizard in a terminal.",
            evidence=tuple(faults),
        )
    return given


def with_memory(step: str, ask: Ask, remembered: Callable[[str], str | None]) -> Ask:
    """The same questions, with what was answered last time as their defaults."""

    def known(key: str) -> str | None:
        return remembered(f"{step}.{key}")

    questions = tuple(
        replace(q, default=value, origin="your answer of last time")
        if q.remember and (value := known(q.key)) and not q.fault(value)
        else q
        for q in ask.questions
    )
    return replace(ask, questions=questions)


def with_tips(step: str, ask: Ask, tips: Mapping[str, str]) -> Ask:
    """The same questions; one that has a tip, `step.question` -> a sentence, says it after its help."""
    questions = tuple(
        replace(q, help=f"{q.help} {tip}".strip()) if (tip := tips.get(f"{step}.{q.key}")) else q
        for q in ask.questions
    )
    return replace(ask, questions=questions)
