"""Asking the questions of a step line by line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wizard.core.event import Ask
from wizard.core.problem import Cancelled
from wizard.core.question import Answers, Kind, Question
from wizard.core.text import clean


class Prompts:
    """An asker that uses the terminal, one question after the other, append-only."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def answer(self, step: str, ask: Ask) -> Answers:  # noqa: ARG002  # an asker is told the step
        self._say("")
        if ask.title:
            self._say(f"  {ask.title}")
        if ask.reason:
            self._say(f"  {ask.reason}")
        return {question.key: self._until_it_will_do(question) for question in ask.questions}

    def _until_it_will_do(self, question: Question) -> str:
        if question.help:
            self._say(f"  {question.help}")
        while True:
            answer = clean(self._once(question)).strip() or question.default
            fault = question.fault(answer)
            if fault is None:
                for line in question.preview(answer) if question.preview else ():
                    self._say(f"  {line}")
                return answer
            self._say(f"  ✗ {fault}")

    def _once(self, question: Question) -> str:
        """One answer. Ctrl-C and the end of input mean: stop this step."""
        import questionary

        prompt: Any
        label = f"{question.prompt}{f' ({question.origin})' if question.origin else ''}"
        match question.kind:
            case Kind.SECRET:
                prompt = questionary.password(label)
            case Kind.CONFIRM:
                prompt = questionary.text(f"{label} Type yes or no; Enter alone means {question.default}:")
            case Kind.CHOICE:
                return self._choose(question, label)
            case _:
                prompt = questionary.text(label, default=question.default)
        return _asked(prompt)

    def _choose(self, question: Question, label: str) -> str:
        """A numbered list: it can be read aloud and answered with a number."""
        import questionary

        self._say(f"  {label}")
        for number, choice in enumerate(question.choices, 1):
            mark = "*" if choice.value == question.default else " "
            tail = choice.unavailable or choice.detail
            self._say(f"  {mark}{number:>3}  {choice.label}{f'  ({tail})' if tail else ''}")
        default = next((str(n) for n, c in enumerate(question.choices, 1) if c.value == question.default), "")
        given = _asked(questionary.text("Number:", default=default)).strip()
        if given.isdigit() and 1 <= int(given) <= len(question.choices):
            return question.choices[int(given) - 1].value
        return given


def _asked(prompt: Any) -> str:
    try:
        answer = prompt.unsafe_ask()
    except (KeyboardInterrupt, EOFError):
        raise Cancelled from None
    return str(answer or "")
