"""A log that keeps up with thousands of lines a second, stays where the reader scrolled, and can be selected."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from wizard.ui.widgets.lines import Lines, Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.binding import BindingType
    from textual.selection import Selection


class LineLog(ScrollView, can_focus=True):
    """Lines of text with a level each. Follows the end until the reader scrolls up, and again from the end on."""

    BINDINGS: ClassVar[list[BindingType]] = []
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log--debug",
        "log--info",
        "log--warning",
        "log--error",
        "log--match",
    }
    DEFAULT_CSS = """
    LineLog {
        height: 1fr;
        padding: 0 1;
        background: $surface;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        & > .log--debug { color: $text-muted; }
        & > .log--info { color: $foreground; }
        & > .log--warning { color: $text-warning; }
        & > .log--error { color: $text-error; }
        & > .log--match { background: $warning; color: $background; text-style: bold; }
    }
    """

    class Moved(Message):
        """It follows the end, or it stands still; lines came or were narrowed."""

    def __init__(self) -> None:
        super().__init__()
        self.content_lines = Lines()
        self._paused = False
        self._ending = True
        """It goes to the end as soon as the screen knows where that is."""
        self._seen = False
        """It is on the screen."""
        self._at = -1
        """Row of the match that was jumped to last."""

    @property
    def lines(self) -> list[str]:
        """The lines kept, oldest first."""
        return [line.text for line in self.content_lines.kept]

    @property
    def follows(self) -> bool:
        return not self._paused and (self._ending or self.is_vertical_scroll_end)

    def write(self, lines: Sequence[Written]) -> None:
        """Append (level, text) or (level, text, what it is about). A text with line breaks becomes several lines."""
        if not lines:
            return
        follow = self.follows
        fallen = self.content_lines.add(lines)
        self._resized()
        if not self._seen:
            return
        if follow:
            self._to_end()
        elif fallen:
            # The reader keeps reading the same line.
            self.scroll_to(y=max(0, self.scroll_offset.y - fallen), animate=False, immediate=True)
        self.refresh()
        self.post_message(self.Moved())

    def clear(self) -> None:
        self.content_lines.clear()
        self._at = -1
        self._resized()
        self.refresh()

    def pause(self, paused: bool) -> None:
        """Stand still although lines come, or follow the end again."""
        self._paused = paused
        if not paused:
            self._to_end()
        self.post_message(self.Moved())

    def narrow(self, *, least: str | None = None, about: str | None = None, words: str | None = None) -> None:
        """Show only lines of a level or graver, only those about something; mark the words. None leaves it."""
        lines = self.content_lines
        lines.least = lines.least if least is None else least
        lines.about = lines.about if about is None else about.strip().casefold()
        lines.words = lines.words if words is None else words.casefold()
        self._at = -1
        self._rearrange()

    def wrap(self, wrapped: bool) -> None:
        """Break long lines, or let them run beyond the edge."""
        lines, top = self.content_lines, self.scroll_offset.y
        here = [lines.number(row) if 0 <= row < len(lines.rows) else -1 for row in (top, self._at)]
        lines.width = max(20, self.scrollable_content_region.width) if wrapped else 0
        self._rearrange()
        top, self._at = (lines.row_of(number) if number >= 0 else -1 for number in here)
        if top >= 0 and not self.follows:
            self.scroll_to(y=top, animate=False, immediate=True)

    def jump(self, step: int) -> bool:
        """Go to the next match (`step` 1) or the one before (-1); False when there is none."""
        here = self._at if self._at >= 0 else self.scroll_offset.y
        found = self.content_lines.find(here, step, beyond=self._at >= 0)
        if found is None:
            return False
        self._at = found
        self._paused = True
        self.scroll_to(y=max(0, found - self.size.height // 2), animate=False, immediate=True)
        self.refresh()
        self.post_message(self.Moved())
        return True

    @property
    def place(self) -> tuple[int, int]:
        """Which match of how many was jumped to; 0 before the first jump."""
        lines = self.content_lines
        if self._at < 0 or self._at >= len(lines.rows):
            return 0, len(lines.found)
        number = lines.number(self._at)
        return bisect_right(lines.found, number), len(lines.found)

    def on_hide(self) -> None:
        self._ending, self._seen = self.follows, False

    def on_show(self) -> None:
        """What came while nobody looked is behind the reader, unless the reader stood still."""
        self._seen = True
        self.post_message(self.Moved())
        if self._ending and not self._paused:
            self._to_end()

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        self._ending = False
        self.post_message(self.Moved())

    def on_resize(self, event: events.Resize) -> None:
        if self.content_lines.width and self.content_lines.width != event.size.width:
            self.wrap(True)

    def render_line(self, y: int) -> Strip:
        x_offset, y_offset = self.scroll_offset
        number = y + y_offset
        width = self.scrollable_content_region.width
        if number >= len(self.content_lines.rows):
            return Strip.blank(width, self.rich_style)
        line, start, end = self.content_lines.row(number)
        text = line.text[start:end]
        style = self.get_component_rich_style(f"log--{line.level}")
        strip = Strip(self._marked(text, style))
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(number)) is not None:
            first, last = span
            last = len(text) if last == -1 else last
            chosen = self.screen.get_component_rich_style("screen--selection")
            strip = Strip(
                [
                    Segment(text[:first], style),
                    Segment(text[first:last], style + chosen),
                    Segment(text[last:], style),
                ]
            )
        return strip.crop_extend(x_offset, x_offset + width, self.rich_style).apply_offsets(x_offset, number)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        lines = self.content_lines
        rows = [line.text[start:end] for line, start, end in map(lines.row, range(len(lines.rows)))]
        return selection.extract("\n".join(rows)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002  # drawn from text_selection
        self.refresh()

    def _marked(self, text: str, style: Style) -> list[Segment]:
        words = self.content_lines.words
        if not words or words not in (folded := text.casefold()) or len(folded) != len(text):
            return [Segment(text, style)]
        match, parts, at = self.get_component_rich_style("log--match"), [], 0
        while (found := folded.find(words, at)) >= 0:
            parts += [
                Segment(text[at:found], style),
                Segment(text[found : found + len(words)], style + match),
            ]
            at = found + len(words)
        return [*parts, Segment(text[at:], style)]

    def _to_end(self) -> None:
        self._ending = True
        self.scroll_end(animate=False, immediate=False)

    def _rearrange(self) -> None:
        follow = self.follows
        self.content_lines.arrange()
        self._resized()
        if follow:
            self._to_end()
        self.refresh()
        self.post_message(self.Moved())

    def _resized(self) -> None:
        lines = self.content_lines
        size = Size(lines.width or lines.widest, len(lines.rows))
        # The height of the log is given, so only its scrollbars can change: no layout for a line more.
        self.set_reactive(LineLog.virtual_size, size)
        if self._seen:
            self._scroll_update(size)
