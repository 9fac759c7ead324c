"""Asking about an apply that is to be stopped, or left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from wizard.core.stopping import LEAVE, Choice, Stopping
from wizard.ui.screens.question import QuestionScreen


def ask(app: App[Any], choice: Choice, stopping: Stopping, leave: Callable[[], None] = lambda: None) -> None:
    """Put the question on top, once, and do what is chosen."""
    if isinstance(app.screen, QuestionScreen):
        return

    def answered(answer: str | None) -> None:
        if answer == LEAVE:
            leave()
        elif answer:
            # A command that is only being started is waited for, and the screen waits for nothing.
            app.run_worker(
                lambda: stopping.answer(answer), thread=True, exit_on_error=False, group="stopping"
            )

    app.push_screen(QuestionScreen(choice.title, choice.text, choice.buttons, typed=choice.typed), answered)
