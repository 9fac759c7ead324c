"""Asking the questions of a step line by line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wizard.core.event import Ask
from wizard.core.problem import Cancelled
from wizard.core.question import Answers, Kind, Question
from wizard.core.text import clean

_FEW = 7
"""A list up to this long is read at a glance."""
_DIGITS = 4
"""More than these are no place in a list; the number of an account has twelve."""


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
        if ask.settled:
            self._say("  Enter keeps a value as it is.")
        if ask.command:
            from wizard.services.process.foreground import lend

            return {question.key: str(lend(ask.command)) for question in ask.questions}
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
        """A numbered list: it can be read aloud and answered with a number, or narrowed by a part of a name."""
        import questionary

        self._say(f"  {label}")
        shown = list(range(len(question.choices)))
        default = next((n for n, c in enumerate(question.choices) if c.value == question.default), None)
        while True:
            for number in shown:
                choice = question.choices[number]
                mark = "*" if number == default else " "
                tail = choice.unavailable or choice.detail
                self._say(f"  {mark}{number + 1:>3}  {choice.label}{f'  ({tail})' if tail else ''}")
            many = " or part of a name" if len(shown) > _FEW else ""
            # Nothing is typed ahead: a number would be put behind it.
            offered = f" (Enter takes {default + 1})" if default in shown and default is not None else ""
            given = _asked(questionary.text(f"Number{many}{offered}:")).strip()
            if not given:
                return question.default
            # The number of an account is a value too, and may begin with zeros.
            if given.isdecimal() and given[0] != "0" and int(given) <= len(question.choices):
                return question.choices[int(given) - 1].value
            matching = _matching(question, given)
            if not matching and given.isdecimal() and len(given) <= _DIGITS:
                self._say(f"  ✗ There is no number {given}; the list ends at {len(question.choices)}.")
                continue
            if len(matching) == 1:
                return question.choices[matching[0]].value
            if not matching or not given or len(matching) == len(shown):
                return given
            shown = matching


def _matching(question: Question, given: str) -> list[int]:
    """Numbers of the choices that hold every word of `given`; one that is named whole is the only one."""
    words = given.casefold().split()
    whole = [
        n
        for n, c in enumerate(question.choices)
        if given.casefold() in (c.value.casefold(), c.label.casefold())
    ]
    return whole or [
        n
        for n, c in enumerate(question.choices)
        if all(word in f"{c.label} {c.detail} {c.value}".casefold() for word in words)
    ]


def _asked(prompt: Any) -> str:
    try:
        answer = prompt.unsafe_ask()
    except (KeyboardInterrupt, EOFError):
        raise Cancelled from None
    return str(answer or "")
