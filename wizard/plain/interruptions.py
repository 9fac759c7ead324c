"""Ctrl-C line by line: while something changes it is asked about, otherwise it ends the step."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from wizard.core.event import Ask, Event
from wizard.core.problem import Cancelled
from wizard.core.question import Choice, Kind, Question
from wizard.core.stopping import BREAK, LEAVE, STAY, Left, Stage, Stopping
from wizard.plain.prompts import Prompts


class Interruptions:
    """Hands events on, and asks between two of them when Ctrl-C was pressed."""

    def __init__(
        self, stopping: Callable[[], Stopping], on_event: Callable[[Event], None], prompts: Prompts
    ) -> None:
        self._stopping = stopping
        self._on_event = on_event
        self._prompts = prompts
        self._pressed = False
        self._before: Any = None

    def __enter__(self) -> Interruptions:
        self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def __call__(self, event: Event) -> None:
        self._on_event(event)
        if self._pressed:
            self._pressed = False
            self._ask()

    def _press(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # as Python calls it
        if self._stopping().stage is Stage.IDLE:
            raise KeyboardInterrupt
        self._pressed = True

    def _ask(self) -> None:
        """Raises Left when the operator leaves it running."""
        choice = self._stopping().ask(leaving=True)
        if choice is None:
            return
        ways = tuple(Choice(value, label) for label, value in choice.buttons)
        question = Question("way", "What shall happen?", Kind.CHOICE, choices=ways, default=STAY)
        try:
            way = self._prompts.answer("", Ask((question,), choice.title, choice.text))["way"]
            if way == BREAK and choice.typed:
                typed = Question("word", f"Type {choice.typed}; anything else waits:", optional=True)
                way = way if self._prompts.answer("", Ask((typed,)))["word"].lower() == choice.typed else STAY
        except Cancelled:
            way = STAY
        if way == LEAVE:
            raise Left
        self._stopping().answer(way)
