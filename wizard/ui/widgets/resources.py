"""The resources that Terraform works on: what fails and what runs on top, how many are done, each with its clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from rich.segment import Segment
from textual.containers import ScrollableContainer
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from wizard.core.event import ResourceRow
from wizard.ui.widgets.block import Block
from wizard.ui.words import clock, hanging, within

_STATES = {
    "failed": ("✗", "failed"),
    "running": ("●", "running"),
    "waiting": ("○", "waiting"),
    "done": ("✓", "done"),
}
_ORDER = list(_STATES)


Drawn = list[tuple[str, str]]
"""Pieces of a line: (text, which of the listing's styles it has)."""


class Listing(Widget):
    """Lines of which only those in sight are drawn, however many there are."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"listing--{style}"
        for style in ("failed", "running", "waiting", "done", "muted", "plain", "full", "lost", "left")
    }
    DEFAULT_CSS = """
    Listing {
        height: auto;
        width: 1fr;
        & > .listing--failed { color: $text-error; text-style: bold; }
        & > .listing--running { color: $text-accent; }
        & > .listing--done { color: $text-success; }
        & > .listing--waiting, & > .listing--muted { color: $foreground 60%; }
        & > .listing--full { color: $primary; }
        & > .listing--lost { color: $text-error; }
        & > .listing--left { color: $foreground 15%; }
    }
    """

    def __init__(self, draw: Callable[[ResourceRow | str], Drawn]) -> None:
        super().__init__()
        self._lines: list[ResourceRow | str] = []
        self._draw_line = draw

    @property
    def wide(self) -> int:
        """Cells of a line; before the first layout a likely number."""
        return self.size.width or 72

    def show(self, lines: list[ResourceRow | str]) -> None:
        """Show these lines instead."""
        grown = len(lines) != len(self._lines)
        self._lines = lines
        self.refresh(layout=grown)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  # Textual's
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        pieces = [
            Segment(text, self.get_component_rich_style(f"listing--{style}"))
            for text, style in self._draw_line(self._lines[y])
            if text
        ]
        return Strip(pieces).adjust_cell_length(self.size.width, self.rich_style)


class Resources(Block):
    """One row a resource, failed ones on top, and a bar that is full only when everything is done."""

    crowds = True

    def __init__(self, clock: Callable[[], float]) -> None:
        self.rows: dict[str, ResourceRow] = {}
        self._seen: dict[str, float] = {}
        self._clock = clock
        self._table = Listing(self._line)
        super().__init__("Resources", self._table)

    def add(self, rows: list[tuple[float, ResourceRow]]) -> None:
        """Show these states, each with the time it was seen."""
        for when, row in rows:
            self.rows.pop(row.address, None)
            self.rows[row.address] = row
            self._seen[row.address] = when
        self._draw()

    def reveal(self) -> None:
        """What failed stands on top; the room for it became less."""
        holder = next((node for node in self.ancestors if isinstance(node, ScrollableContainer)), None)
        if holder is not None and self._count("failed"):
            self.call_after_refresh(holder.scroll_to_widget, self, top=True, animate=False)

    @property
    def done(self) -> int:
        return self._count("done")

    def tick(self, clock: float, now: datetime) -> None:  # noqa: ARG002  # rows carry their own times
        if self._count("running"):
            self._draw()

    def _count(self, state: str) -> int:
        return sum(row.state == state for row in self.rows.values())

    def _draw(self) -> None:
        done, failed, total = self.done, self._count("failed"), len(self.rows)
        running = self._count("running")
        parts = [
            f"{done} of {total} done",
            f"{failed} failed" if failed else "",
            f"{running} running" if running else "",
        ]
        self.title = " · ".join(part for part in parts if part)
        self._draw_head()
        by_state: dict[str, list[ResourceRow]] = {state: [] for state in _ORDER}
        for row in reversed(self.rows.values()):
            by_state[row.state].append(row)
        # What waits keeps the order of the plan.
        by_state["waiting"].reverse()
        lines: list[ResourceRow | str] = [""]
        for state in _ORDER:
            for row in by_state[state]:
                lines.append(row)
                if row.text and state in ("failed", "running"):
                    lines += hanging(row.text, self._table.wide, 4).splitlines()
        self._table.show(lines)

    def _line(self, line: ResourceRow | str) -> Drawn:
        if isinstance(line, ResourceRow):
            return self._row(line)
        if line:
            return [(f"    {line.strip()}", "muted")]
        return _bar(self.done, self._count("failed"), len(self.rows))

    def copyable(self) -> str:
        return "\n".join(
            f"{row.state}  {row.action}  {row.address}  {row.text}".rstrip() for row in self.rows.values()
        )

    def _row(self, row: ResourceRow) -> Drawn:
        glyph, word = _STATES[row.state]
        seconds = row.seconds
        if row.state == "running":
            seconds += self._clock() - self._seen[row.address]
        spent = f"  {clock(seconds)}" if row.state != "waiting" and seconds >= 1 else ""
        return [
            (f"{glyph} {word:<8}", row.state),
            (f"{row.action:<8}", "muted"),
            (within(row.address, self._table.wide - 18 - len(spent)), "plain"),
            (spent, "muted"),
        ]


def _bar(done: int, failed: int, total: int, width: int = 32) -> Drawn:
    """Done, failed and still to come; what failed never counts as done, and only all of it fills the bar."""
    if not total:
        return []
    lost = max(1, failed * width // total) if failed else 0
    full = min(done * width // total, width - lost)
    return [("━" * full, "full"), ("╍" * lost, "lost"), ("━" * (width - full - lost), "left")]
