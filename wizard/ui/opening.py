"""The first thing that is painted: what this is and what comes. The rest of the screen is loaded behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static


class Opening(Screen[None]):
    """Two lines of bar, then title and reason of the front page, where they stay when the screen is whole."""

    DEFAULT_CSS = """
    Opening { background: $background; }
    Opening > #opening-bar { height: 2; padding: 0 1; background: $panel; color: $text-primary; text-style: bold; }
    Opening > #opening-text { padding: 1 2; color: $foreground; }
    """

    def __init__(self, title: str, why: str, badge: str, then: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._words = f"{title}\n\n{why}"
        self._badge = badge
        self._then = then

    def compose(self) -> ComposeResult:
        yield Static(f"htd-wizard   {self._badge}".rstrip(), id="opening-bar", markup=False)
        yield Static(self._words, id="opening-text", markup=False)

    def on_mount(self) -> None:
        self.call_after_refresh(self._then)
