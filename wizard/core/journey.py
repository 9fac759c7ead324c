"""A recorded operator: which steps are visited in turn, and what is answered there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wizard.core.event import Ask
from wizard.core.problem import Problem
from wizard.core.question import Answers

End = Literal["done", "stopped"]


@dataclass(frozen=True)
class Visit:
    """One visit to a step."""

    step: str
    answers: Mapping[str, str] = field(default_factory=dict)
    ends: End = "done"
    """How the visit is expected to end; anything else stops the journey."""
    say: str = ""
    """What a presenter would say here."""
    undo: bool = False
    """The other way round: what the step changed is put back, which ends it stopped."""


def visits(entries: Iterable[Mapping[str, Any]], known: Iterable[str]) -> tuple[Visit, ...]:
    """Visits from the `[[visit]]` tables of a file. Raises Problem when one names no known step."""
    found, steps = [], tuple(known)
    for entry in entries:
        step = str(entry.get("step", ""))
        if step not in steps:
            raise _unknown(step, steps)
        answers = {str(k): str(v) for k, v in dict(entry.get("answers", {})).items()}
        ends: End = "stopped" if entry.get("ends") == "stopped" else "done"
        found.append(Visit(step, answers, ends, str(entry.get("say", "")), entry.get("undo") is True))
    return tuple(found)


class Script:
    """An asker that answers from one visit, and says which answers are missing."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    def answer(self, step: str, ask: Ask) -> Answers:
        given = self._visit.answers
        missing = [
            question
            for question in ask.questions
            if question.key not in given
            and not question.optional
            and (question.always_ask or not question.default)
        ]
        if missing:
            raise Problem(
                code="answers.missing",
                what="An answer is missing." if len(missing) == 1 else f"{len(missing)} answers are missing.",
                why="Nobody is here to ask, and these have no answer that could be taken for granted.",
                remedy="Add them to the answers file, or run the wizard in a terminal.",
                evidence=tuple(f"{step}.{question.key}: {question.prompt}" for question in missing),
            )
        return {question.key: given.get(question.key, question.default) for question in ask.questions}


def _unknown(step: str, steps: tuple[str, ...]) -> Problem:
    return Problem(
        code="answers.step",
        what=f"{step or 'A visit without a step'} is not a step of the journey.",
        why="A visit must name one of the steps.",
        remedy=f"Use one of: {', '.join(steps)}.",
    )
