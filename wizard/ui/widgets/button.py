"""A button one line high that says what it does."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Button

from wizard.core.text import one_line


class Choice(Button):
    """Compact, calm, and plainly visible when it has the focus."""

    DEFAULT_CSS = """
    Choice.-style-default {
        min-width: 6;
        height: 1;
        padding: 0;
        margin: 0 1 0 0;
        border: none !important;
        background: $panel;
        color: $foreground;
        text-style: none;
        &:hover { background: $primary 40%; }
        &:focus { background: $primary; color: $background; text-style: bold; background-tint: transparent; }
        &:disabled { text-opacity: 60%; }
    }
    """

    def __init__(self, label: str, action: str, *, tooltip: str = "") -> None:
        super().__init__(Content(one_line(label, 60)), compact=True, tooltip=tooltip or None)
        self.choice = action
