"""Ctrl-C line by line: asked about while something changes, and otherwise the end of the step."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any, cast

import pytest

from wizard.core.event import Ask, Event, Line
from wizard.core.problem import Cancelled
from wizard.core.question import Answers
from wizard.core.stopping import Left, Outlook, Stage, Stopping
from wizard.plain.interruptions import Interruptions
from wizard.plain.prompts import Prompts


class Work:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def interrupt(self) -> None:
        self.heard.append("interrupt")

    def kill_children(self) -> None:
        self.heard.append("kill children")


class Person:
    """Gives these answers, one a prompt; None is Ctrl-C."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.asked: list[Ask] = []

    def answer(self, step: str, ask: Ask) -> Answers:
        self.asked.append(ask)
        answer = self.answers.pop(0)
        if answer is None:
            raise Cancelled
        return {question.key: answer for question in ask.questions}


class Terminal:
    def __init__(self, *answers: str | None) -> None:
        self.work, self.stopping, self.person = Work(), Stopping(), Person(*answers)
        self.told: list[Event] = []
        prompts = cast(Prompts, self.person)
        self.interruptions = Interruptions(lambda: self.stopping, self.told.append, prompts)

    def press(self) -> None:
        """Ctrl-C, and then the next event."""
        os.kill(os.getpid(), signal.SIGINT)
        self.interruptions(Line("next"))


@pytest.fixture(autouse=True)
def _handler() -> Iterator[None]:
    before: Any = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


def test_while_nothing_changes_it_ends_the_step() -> None:
    terminal = Terminal()
    with terminal.interruptions, pytest.raises(KeyboardInterrupt):
        terminal.press()
    assert terminal.told == []


def test_while_something_changes_it_is_asked_and_nothing_happens_before_the_answer() -> None:
    terminal = Terminal("stay", None, "stop")
    terminal.stopping.begin(terminal.work, Outlook(1, 4, {"a.b": 1.0}, 9.0))
    with terminal.interruptions:
        terminal.press()
        terminal.press()
        assert terminal.work.heard == []
        terminal.press()
    assert terminal.work.heard == ["interrupt"]
    assert "1 of 4 are done" in terminal.person.asked[0].reason
    assert len(terminal.told) == 3


def test_leaving_leaves_it_running() -> None:
    terminal = Terminal("leave")
    terminal.stopping.begin(terminal.work, Outlook())
    with terminal.interruptions, pytest.raises(Left):
        terminal.press()
    assert (terminal.work.heard, terminal.stopping.stage) == ([], Stage.WORKING)


def test_breaking_off_needs_the_word() -> None:
    terminal = Terminal("stop", "break", "yes", "break", "Break")
    terminal.stopping.begin(terminal.work, Outlook())
    with terminal.interruptions:
        terminal.press()
        terminal.press()
        assert terminal.work.heard == ["interrupt"]
        terminal.press()
    assert terminal.work.heard == ["interrupt", "kill children"]


def test_when_it_ended_meanwhile_nothing_is_asked() -> None:
    terminal = Terminal()
    terminal.stopping.begin(terminal.work, Outlook())
    with terminal.interruptions:
        os.kill(os.getpid(), signal.SIGINT)
        terminal.stopping.end(terminal.work)
        terminal.interruptions(Line("next"))
    assert terminal.person.asked == []
