"""The front page: what lies ahead in one glance, while the computer is looked at."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from wizard.ui.pane import StepPane
from wizard.ui.words import MUTED, joined, lines, plain


class StartPane(StepPane):
    """A welcome above the generic pane."""

    DEFAULT_CSS = """
    StartPane > .hero { height: auto; margin: 0 0 1 0; }
    """

    def compose(self) -> ComposeResult:
        yield Static(
            lines(
                plain(self.face.headline, "bold $text-primary"),
                joined(
                    ("One question at a time. Nothing changes before you have read it and said yes. ", MUTED),
                    ("Esc goes back, F1 explains.", MUTED),
                ),
            ),
            markup=False,
            classes="hero",
        )
        yield from super().compose()

    def title(self) -> str:
        return self.face.title
