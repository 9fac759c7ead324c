"""A log that keeps up with thousands of lines a second, stays where the reader scrolled, and can be selected."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from wizard.core.text import one_line

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.selection import Selection

MOST = 10_000
"""Lines kept; a tenth more is allowed before the oldest are dropped."""
_WIDEST = 2_000


class LineLog(ScrollView, can_focus=True):
    """Lines of text with a level each. Follows the end until the reader scrolls up."""

    BINDINGS: ClassVar[list[BindingType]] = []
    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--debug", "log--info", "log--warning", "log--error"}
    DEFAULT_CSS = """
    LineLog {
        height: 9;
        border-top: solid $border-blurred;
        padding: 0 1;
        background: $surface;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        & > .log--debug { color: $text-muted; }
        & > .log--info { color: $foreground; }
        & > .log--warning { color: $text-warning; }
        & > .log--error { color: $text-error; }
        &:focus { border-top: solid $border; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[tuple[str, str]] = deque()
        self._wide = 0

    @property
    def lines(self) -> list[str]:
        """The lines kept, oldest first."""
        return [text for _, text in self._lines]

    def write(self, lines: list[tuple[str, str]]) -> None:
        """Append (level, text) pairs. A text with line breaks becomes several lines."""
        if not lines:
            return
        follow = self.is_vertical_scroll_end
        for level, text in lines:
            for part in text.splitlines() or [""]:
                kept = one_line(part, _WIDEST) if part.strip() else ""
                self._wide = max(self._wide, len(kept))
                self._lines.append((level, kept))
        if len(self._lines) > MOST + MOST // 10:
            while len(self._lines) > MOST:
                self._lines.popleft()
        self.virtual_size = Size(self._wide, len(self._lines))
        if follow:
            self.scroll_end(animate=False, immediate=False)
        self.refresh()

    def clear(self) -> None:
        self._lines.clear()
        self._wide = 0
        self.virtual_size = Size(0, 0)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        x_offset, y_offset = self.scroll_offset
        number = y + y_offset
        width = self.scrollable_content_region.width
        if number >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        level, text = self._lines[number]
        style = self.get_component_rich_style(f"log--{level}")
        strip = Strip([Segment(text, style)])
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(number)) is not None:
            start, end = span
            end = len(text) if end == -1 else end
            chosen = self.screen.get_component_rich_style("screen--selection")
            strip = Strip(
                [
                    Segment(text[:start], style),
                    Segment(text[start:end], style + chosen),
                    Segment(text[end:], style),
                ]
            )
        return strip.crop_extend(x_offset, x_offset + width, self.rich_style).apply_offsets(x_offset, number)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract("\n".join(self.lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002  # drawn from text_selection
        self.refresh()
