"""A yes or no about the change that stands above it. No has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Static

from wizard.core.question import NO, YES, Question
from wizard.ui.widgets.button import Choice
from wizard.ui.widgets.field import Field
from wizard.ui.words import plain


class ConfirmField(Field):
    """Two buttons; pressing one answers. `y` and `n` only move the focus, Enter decides."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,right", "other", "Other", show=False, id="confirm.other", tooltip="The other button"),
        Binding("up", "screen.move", "Read", show=False, id="confirm.read", tooltip="To what is asked about"),
        Binding(
            "y", "point('yes')", "Yes", show=False, id="confirm.yes", tooltip="Move to Yes; Enter decides"
        ),
        Binding("n", "point('no')", "No", show=False, id="confirm.no", tooltip="Move to No; Enter decides"),
    ]
    DEFAULT_CSS = """
    ConfirmField > .prompt { text-style: bold; }
    ConfirmField > Horizontal { height: 1; margin: 1 0 0 0; }
    """

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.no = Choice("No", NO, tooltip="Leave everything as it is")
        self.yes = Choice("Yes", YES, tooltip="Make the change that is shown")
        self._answer = ""

    def compose(self) -> ComposeResult:
        """The words come before the buttons: they are to be read first."""
        yield Static(plain(self.question.prompt), markup=False, classes="prompt")
        yield self.said
        yield from self.answering()

    def answering(self) -> ComposeResult:
        with Horizontal():
            yield self.no
            yield self.yes

    def on_mount(self) -> None:
        self.say(None, (self.question.help,) if self.question.help else ())

    @property
    def answer(self) -> str:
        return self._answer

    @property
    def target(self) -> Widget:
        return self.yes if self.question.default == YES else self.no

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if isinstance(event.button, Choice):
            self._answer = event.button.choice
            self.post_message(self.Submitted(self))

    def action_other(self) -> None:
        self._move_to(self.no if self.screen.focused is self.yes else self.yes)

    def action_point(self, answer: str) -> None:
        self._move_to(self.yes if answer == YES else self.no)

    def _move_to(self, button: Choice) -> None:
        """At once: `focus()` waits for the next turn, and an Enter typed right behind would press the other button."""
        self.screen.set_focus(button)
