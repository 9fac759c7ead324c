"""One line to search in: narrows as it is typed, Enter goes back to what was found, Esc puts it away."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from wizard.ui.widgets.field import LineInput


class SearchLine(LineInput):
    """Hidden until it is opened. Says what is typed with `Narrowed`, and `Left` when it is done with."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "All", id="search.close", tooltip="Show everything again"),
    ]
    DEFAULT_CSS = """
    SearchLine { display: none; }
    SearchLine.-open { display: block; }
    """

    class Narrowed(Message):
        """Other words are searched for."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Left(Message):
        """The focus goes back to what was searched."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder)

    def open(self) -> None:
        """Show the line and put the focus into it."""
        self.add_class("-open")
        self.focus()

    def action_close(self) -> None:
        self.remove_class("-open")
        self.value = ""
        self.post_message(self.Left())

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Narrowed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self.value.strip():
            self.remove_class("-open")
        self.post_message(self.Left())
