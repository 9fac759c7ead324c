"""A form by itself, and what it was answered."""

from __future__ import annotations

from textual.app import App, ComposeResult

from wizard.core.event import Ask
from wizard.core.question import Answers
from wizard.ui.widgets.form import Form


class FormBench(App[None]):
    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask
        self.heard: list[Answers] = []

    def compose(self) -> ComposeResult:
        self.form = Form(self._ask)
        yield self.form

    def on_placed(self) -> None:
        self.form.focus_first()

    def on_form_answered(self, event: Form.Answered) -> None:
        self.heard.append(event.answers)
