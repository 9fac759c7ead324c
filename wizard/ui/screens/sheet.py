"""A text to read whole, copy or save: commands, a policy, the details of a finding."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.layout import Layout
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from wizard.core.atomic import write_private
from wizard.ui.stack import YIELDS, Stack
from wizard.ui.widgets.button import Choice
from wizard.ui.words import MUTED, plain

COPIED = "Sent to your terminal's clipboard. If it does not arrive, save it with s instead."


class Frame(Vertical):
    """The text gives way to the buttons."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = Stack()

    @property
    def layout(self) -> Layout:
        return self._stack


class Sheet(ModalScreen[None]):
    """Text on top of the screen. `c` copies, `s` saves, Esc closes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close", id="sheet.close", tooltip="Back to the step"),
        Binding("c,f4", "copy", "Copy", id="sheet.copy", tooltip="Send the text to the terminal's clipboard"),
        Binding(
            "s,f7", "save", "Save", id="sheet.save", tooltip="Write the text to a file only you can read"
        ),
        Binding("up", "read(-1)", "Up", show=False, id="sheet.up", tooltip="Read further up"),
        Binding("down", "read(1)", "Down", show=False, id="sheet.down", tooltip="Read further down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="sheet.pageup", tooltip="A page up"),
        Binding(
            "pagedown,space", "page(1)", "Page down", show=False, id="sheet.pagedown", tooltip="A page down"
        ),
    ]
    DEFAULT_CSS = """
    Sheet { align: center middle; background: $background 70%; }
    Sheet > Frame {
        width: 90%;
        max-width: 110;
        height: auto;
        max-height: 90%;
        background: $surface;
        border: round $primary;
        padding: 0 2;
    }
    Sheet .title { text-style: bold; color: $text-primary; height: auto; margin: 0 0 1 0; }
    Sheet VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
    Sheet .text { height: auto; }
    Sheet .said { height: auto; color: $text-muted; }
    Sheet Horizontal { height: 1; margin: 1 0 0 0; }
    """

    def __init__(self, title: str, text: Content, copied: str, file_name: str, folder: Path) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._copied = copied
        self._file = folder / file_name
        self._said = Static(plain(f"s saves it as {self._file.name}", MUTED), markup=False, classes="said")

    def compose(self) -> ComposeResult:
        with Frame():
            yield Static(plain(self._title), markup=False, classes="title")
            with VerticalScroll(classes=YIELDS, can_focus=False):
                yield Static(self._text, markup=False, classes="text")
            yield self._said
            with Horizontal():
                yield Choice("Close", "dismiss")
                yield Choice("Copy", "copy")
                yield Choice("Save", "save")

    def on_mount(self) -> None:
        self.query_one(Choice).focus()

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if isinstance(event.button, Choice):
            await self.run_action(event.button.choice)

    def action_read(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        text = self.query_one(VerticalScroll)
        text.scroll_relative(y=pages * max(1, text.size.height - 1), animate=False)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._copied)
        self._said.update(plain(COPIED, MUTED))

    def action_save(self) -> None:
        try:
            write_private(self._file, self._copied)
        except OSError as fault:
            self._said.update(plain(f"! not saved: {fault.strerror or fault}. {self._file}", "$text-warning"))
        else:
            self._said.update(plain(f"✓ saved: {self._file}", "$text-success"))
