"""The log of a step: follow or pause, search, filter by level and by resource, wrap, save, and the raw stream."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from wizard.ui.redraw import redraw
from wizard.ui.widgets.lines import LEVELS, Written
from wizard.ui.widgets.log import LineLog
from wizard.ui.widgets.raw import Raw
from wizard.ui.widgets.searchline import SearchLine
from wizard.ui.words import MUTED, plain

COPIED = 2_000
"""Lines that the copy key takes at most; terminals drop what is longer. Saving takes all."""
_LEAST = {"debug": "all", "info": "no details", "warning": "warnings and errors", "error": "errors"}


class LogPane(Vertical):
    """A line that says what is shown, a line to search in, and the lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "Follow", id="log.pause", tooltip="Stand still, or follow the end again"),
        Binding("slash", "search", "Search", id="log.search", tooltip="Mark what holds these words"),
        Binding("n", "jump(1)", "Next", show=False, id="log.next", tooltip="To the next match"),
        Binding("N", "jump(-1)", "Before", show=False, id="log.before", tooltip="To the match before"),
        Binding("f", "level", "Level", id="log.level", tooltip="Everything, no details, warnings, errors"),
        Binding("a", "about", "About", id="log.about", tooltip="Only lines about one resource"),
        Binding("w", "wrap", "Wrap", id="log.wrap", tooltip="Break long lines or not"),
        Binding("x", "save", "Save", id="log.save", tooltip="Write what is shown to a file"),
        Binding(
            "escape", "everything", "All", id="log.everything", tooltip="Neither filter nor search any more"
        ),
        Binding(
            "y", "raw", "Raw", id="log.raw", tooltip="What Terraform really printed, and where it is kept"
        ),
    ]
    DEFAULT_CSS = """
    LogPane { height: 10; border-top: solid $border-blurred; background: $surface; }
    LogPane:focus-within { border-top: solid $border; }
    LogPane > .state { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    class Save(Message):
        """What is shown is to be written to a file."""

        def __init__(self, pane: LogPane, text: str) -> None:
            super().__init__()
            self.pane = pane
            self.text = text

    def __init__(self) -> None:
        super().__init__()
        self.log_lines = LineLog()
        self.search = SearchLine("words to look for; n and N go from one to the next")
        self.only = SearchLine("an address or a part of one; Esc shows everything")
        self._state = Static(markup=False, classes="state")
        self._wrapped = False
        self._said = ""
        self._held: list[Written] | None = None
        """The lines of the log while the raw stream is shown."""
        self._raw: Raw | None = None
        self.raw_file: Path | None = None
        """Where the last command's output is kept."""

    def compose(self) -> ComposeResult:
        yield self._state
        yield self.search
        yield self.only
        yield self.log_lines

    def on_mount(self) -> None:
        self._draw()

    @property
    def lines(self) -> list[str]:
        """The lines kept, oldest first."""
        return self.log_lines.lines

    def write(self, lines: Sequence[Written]) -> None:
        """Append lines; while the raw stream is looked at they wait."""
        if self._held is not None:
            self._held += lines
            self._read_on()
        else:
            self.log_lines.write(lines)

    def clear(self) -> None:
        """A new run begins."""
        self._held, self.raw_file, self._said = None, None, ""
        self.log_lines.clear()
        self._draw()

    def enter(self) -> None:
        """Put the focus into the lines."""
        self.log_lines.focus()

    def copyable(self) -> str:
        return "\n".join(self.log_lines.content_lines.shown[-COPIED:])

    def saved(self, words: str) -> None:
        """Say how saving went."""
        self._said = words
        self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  # Textual's
        lines = self.log_lines.content_lines
        return action != "everything" or bool(lines.words or lines.about or lines.least != LEVELS[0])

    def action_everything(self) -> None:
        self.log_lines.narrow(least=LEVELS[0])
        self.search.action_close()
        self.only.action_close()

    def action_pause(self) -> None:
        self.log_lines.pause(self.log_lines.follows)

    def action_search(self) -> None:
        self.search.open()

    def action_about(self) -> None:
        self.only.open()

    def action_jump(self, step: int) -> None:
        if not self.log_lines.jump(step):
            self.saved("Nothing to jump to: search with / first.")

    def action_level(self) -> None:
        here = LEVELS.index(self.log_lines.content_lines.least)
        self.log_lines.narrow(least=LEVELS[(here + 1) % len(LEVELS)])

    def action_wrap(self) -> None:
        self._wrapped = not self._wrapped
        self.log_lines.wrap(self._wrapped)

    def action_save(self) -> None:
        self.post_message(self.Save(self, "\n".join(self.log_lines.content_lines.shown)))

    def action_raw(self) -> None:
        """The very bytes of the command, cleaned for the screen, and back."""
        lines = self.log_lines
        if self._held is not None:
            held, self._held = self._held, None
            lines.clear()
            lines.write(held)
        elif self.raw_file is None:
            self._said = "No command of this step has kept its output."
        else:
            self._held = [(line.level, line.text, line.source) for line in lines.content_lines.kept]
            self._raw = None
            self._read_on()
        self._draw()

    def _read_on(self) -> None:
        """Show what was printed since, or from its beginning what another command prints."""
        if self.raw_file is None:
            return
        if self._raw is None or self._raw.file != self.raw_file:
            self.log_lines.clear()
            self._raw = Raw(self.raw_file)
        self.log_lines.write(self._raw.more())

    def on_search_line_narrowed(self, event: SearchLine.Narrowed) -> None:
        event.stop()
        if self.search.has_focus:
            self.log_lines.narrow(words=event.words)
        else:
            self.log_lines.narrow(about=event.words)

    def on_search_line_left(self, event: SearchLine.Left) -> None:
        event.stop()
        # A line that was put away empties itself without the focus.
        self.log_lines.narrow(words=self.search.value, about=self.only.value)
        self.enter()
        if self.search.value:
            self.log_lines.jump(1)

    def on_line_log_moved(self, event: LineLog.Moved) -> None:
        event.stop()
        self._said = ""
        self._draw()

    def _draw(self) -> None:
        lines = self.log_lines.content_lines
        shown, kept = len(lines.rows), len(lines.kept)
        at, matches = self.log_lines.place
        parts = [
            f"Raw: {self.raw_file}" if self._held is not None else "Log",
            "▶ following" if self.log_lines.follows else "⏸ standing still; space follows",
            f"{kept:,} lines" if shown == kept or self._wrapped else f"{shown:,} of {kept:,} lines",
            _LEAST[lines.least] if lines.least != LEVELS[0] else "",
            f"about “{lines.about}”" if lines.about else "",
            f"“{lines.words}”: {at} of {matches}" if lines.words else "",
            "wrapped" if self._wrapped else "",
        ]
        redraw(self._state, plain(self._said or " · ".join(part for part in parts if part), MUTED))
