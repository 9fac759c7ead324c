"""A piece of evidence in a pane: a heading and a body that can be folded to one line."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from wizard.ui.redraw import redraw
from wizard.ui.words import MUTED, joined, plain


class Heading(Static, can_focus=False):
    """The first line of a block. When the block is folded, Enter or a click opens it."""

    DEFAULT_CSS = """
    Heading { width: 1fr; height: auto; text-style: bold; color: $foreground; }
    Heading:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
    """

    def __init__(self, block: Block) -> None:
        super().__init__(markup=False)
        self._block = block

    def on_click(self) -> None:
        if self.can_focus:
            self._block.fold(not self._block.folded)

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter" and self.can_focus:
            event.stop()
            self._block.fold(not self._block.folded)


class Block(Vertical):
    """Base of every piece of evidence."""

    DEFAULT_CSS = """
    Block { height: auto; }
    Block.-apart { margin: 1 0 0 0; }
    Block > Heading { text-wrap: nowrap; text-overflow: ellipsis; }
    Block.-folded > .body { display: none; }
    Block > .body { height: auto; }
    """

    class Folded(Message):
        """This block was folded or unfolded."""

    passing: ClassVar[bool] = False
    """Read before an answer, and folded once the answer is given."""
    narrows: ClassVar[bool] = False
    """The keys for filter, search and export act on it while it is open."""
    crowds: ClassVar[bool] = False
    """It needs the room of the step's reason, which was read by now."""
    hint: str = ""
    """Said beside the title while there is something to do in here."""
    url: str = ""
    """An address that the browser key opens; what has one is folded when the run goes on."""

    def __init__(self, title: str, body: Widget) -> None:
        super().__init__()
        self.title = title
        self.folded = False
        self._settled = False
        self._head = Heading(self)
        self._body = body
        body.add_class("body")
        self._draw_head()

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._body

    def fold(self, folded: bool = True) -> None:
        """Show one line only, or all of it again. From the first folding on the heading takes the focus."""
        self._settled = True
        self.folded = folded
        self.set_class(folded, "-folded")
        self._head.can_focus = True
        self._draw_head()
        self.post_message(self.Folded())

    def tick(self, clock: float, now: datetime) -> None:
        """Redraw what depends on the time; `clock` is in seconds of the jobs' clock."""

    @property
    def live(self) -> bool:
        """It goes on by itself and can be frozen to be read."""
        return False

    def freeze(self, clock: float) -> None:
        """Stand still, or go on."""

    def end(self, clock: float) -> None:
        """The run is over; nothing more will come."""

    def reveal(self) -> None:
        """Bring what matters most into sight, after the room became less."""

    def summary(self) -> str:
        """What the one line says beside the title."""
        return ""

    def copyable(self) -> str:
        """What the copy key takes from here; empty when nothing is worth it."""
        return ""

    def _draw_head(self) -> None:
        redraw(self._head, self._heading())
        self._head.display = bool(self.title)

    def _heading(self) -> Content:
        mark = ("▸ " if self.folded else "▾ ") if self._settled else ""
        said = self.summary() if self.folded else self.hint
        tail = f"  {said}" if said else ""
        return joined((mark, MUTED), plain(self.title), (tail, MUTED))
