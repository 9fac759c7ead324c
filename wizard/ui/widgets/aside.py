"""Beside the step on wide terminals: why it is there, and the commands a person would have typed."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from wizard.core.facts import Facts
from wizard.ui.facing import Facing
from wizard.ui.words import plain


class Aside(VerticalScroll, can_focus=False):
    """Two short texts, one below the other."""

    DEFAULT_CSS = """
    Aside {
        width: 38;
        height: 1fr;
        padding: 1 2;
        border-left: solid $border-blurred;
        background: $surface;
        display: none;
    }
    Aside Static { height: auto; margin: 0 0 1 0; }
    Aside .head { text-style: bold; color: $text-secondary; margin: 0; }
    Aside .commands { color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._about = Static(markup=False)
        self._head = Static("By hand you would type", classes="head", markup=False)
        self._commands = Static(markup=False, classes="commands")

    def compose(self) -> ComposeResult:
        yield Static("About this step", classes="head", markup=False)
        yield self._about
        yield self._head
        yield self._commands

    def show(self, face: Facing, facts: Facts) -> None:
        """Show the words of one step."""
        commands = face.equivalent(facts)
        self._about.update(plain(face.about or face.why))
        self._commands.update(plain("\n\n".join(commands)))
        self._head.display = bool(commands)
