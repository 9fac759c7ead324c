"""The resources that Terraform works on: what fails and what runs on top, how many are done, each with its clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.content import Content
from textual.widgets import Static

from wizard.core.event import ResourceRow
from wizard.ui.widgets.block import Block
from wizard.ui.words import MUTED, bar, clock, joined, plain

_STATES = {
    "failed": ("✗", "failed", "bold $text-error"),
    "running": ("●", "running", "$text-accent"),
    "waiting": ("○", "waiting", MUTED),
    "done": ("✓", "done", "$text-success"),
}
_ORDER = list(_STATES)


class Resources(Block):
    """One row a resource, and a bar of how many are done."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.rows: dict[str, ResourceRow] = {}
        self._seen: dict[str, float] = {}
        self._clock = clock
        self._table = Static(markup=False)
        super().__init__("Resources", self._table)

    def add(self, rows: list[tuple[float, ResourceRow]]) -> None:
        """Show these states, each with the time it was seen."""
        for when, row in rows:
            self.rows.pop(row.address, None)
            self.rows[row.address] = row
            self._seen[row.address] = when
        self._draw()

    @property
    def done(self) -> int:
        return sum(row.state == "done" for row in self.rows.values())

    def tick(self, clock: float, now: datetime) -> None:  # noqa: ARG002  # rows carry their own times
        self._draw()

    def _draw(self) -> None:
        failed = sum(row.state == "failed" for row in self.rows.values())
        self.title = f"{self.done} of {len(self.rows)} done" + (f" · {failed} failed" if failed else "")
        self._draw_head()
        newest_first = list(reversed(self.rows.values()))
        rows = sorted(newest_first, key=lambda row: _ORDER.index(row.state))
        drawn = [bar(self.done, len(self.rows), 32), *(self._row(row) for row in rows)]
        self._table.update(Content("\n").join(drawn))

    def copyable(self) -> str:
        return "\n".join(
            f"{row.state}  {row.action}  {row.address}  {row.text}".rstrip() for row in self.rows.values()
        )

    def _row(self, row: ResourceRow) -> Content:
        glyph, word, style = _STATES[row.state]
        seconds = row.seconds
        if row.state == "running":
            seconds += self._clock() - self._seen[row.address]
        spent = f"  {clock(seconds)}" if row.state != "waiting" and seconds >= 1 else ""
        text = f"\n    {row.text}" if row.text and row.state in ("failed", "running") else ""
        return joined(
            (f"{glyph} {word:<8}", style),
            (f"{row.action:<8}", MUTED),
            plain(row.address),
            (spent, MUTED),
            (text, style),
        )
