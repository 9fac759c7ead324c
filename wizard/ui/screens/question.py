"""A short question on top of the screen. The calm answer comes first and has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from wizard.ui.widgets.button import Choice
from wizard.ui.widgets.field import LineInput
from wizard.ui.words import plain


class QuestionScreen(ModalScreen[str]):
    """Ends with the action of the button that was pressed; Esc is the first one.

    With `typed` the last button works only when that word was typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "calm", "Stay", id="question.stay", tooltip="Go on as before"),
        Binding(
            "left,up", "app.focus_previous", "Left", show=False, id="question.left", tooltip="Button before"
        ),
        Binding(
            "right,down", "app.focus_next", "Right", show=False, id="question.right", tooltip="Button after"
        ),
    ]
    DEFAULT_CSS = """
    QuestionScreen { align: center middle; background: $background 70%; }
    QuestionScreen > Vertical {
        width: 60;
        max-width: 95%;
        height: auto;
        background: $surface;
        border: round $primary;
        padding: 0 2;
    }
    QuestionScreen .title { text-style: bold; height: auto; margin: 0 0 1 0; }
    QuestionScreen .text { height: auto; color: $text-muted; }
    QuestionScreen Horizontal { height: 1; margin: 1 0 0 0; }
    QuestionScreen LineInput { margin: 1 0 0 0; }
    """

    def __init__(
        self, title: str, text: str, buttons: tuple[tuple[str, str], ...], *, typed: str = ""
    ) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._buttons = buttons
        self._typed = typed

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(plain(self._title), markup=False, classes="title")
            yield Static(plain(self._text), markup=False, classes="text")
            if self._typed:
                yield LineInput(placeholder=self._typed, max_length=40)
            with Horizontal():
                for label, action in self._buttons:
                    yield Choice(label, action)

    def on_mount(self) -> None:
        self.query_one(Choice).focus()
        if self._typed:
            self.query(Choice).last().disabled = True

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.query(Choice).last().disabled = event.value.strip().lower() != self._typed

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip().lower() == self._typed:
            self.dismiss(self._buttons[-1][1])

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if isinstance(event.button, Choice):
            self.dismiss(event.button.choice)

    def action_calm(self) -> None:
        self.dismiss(self._buttons[0][1])
