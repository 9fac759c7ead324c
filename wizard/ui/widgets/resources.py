"""The resources that Terraform works on: what fails and what runs on top, how many are done, each with its clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.content import Content
from textual.widgets import Static

from wizard.core.event import ResourceRow
from wizard.ui.widgets.block import Block
from wizard.ui.words import MUTED, clock, joined, plain

_STATES = {
    "failed": ("✗", "failed", "bold $text-error"),
    "running": ("●", "running", "$text-accent"),
    "waiting": ("○", "waiting", MUTED),
    "done": ("✓", "done", "$text-success"),
}
_ORDER = list(_STATES)
MOST = 200
"""Rows drawn at once, the gravest first; the rest is counted."""


class Resources(Block):
    """One row a resource, failed ones on top, and a bar that is full only when everything is done."""

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
        rows = [row for state in _ORDER for row in by_state[state]]
        drawn = [_bar(done, failed, total), *(self._row(row) for row in rows[:MOST])]
        if len(rows) > MOST:
            drawn.append(plain(f"… and {len(rows) - MOST} more; the log has them all", MUTED))
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


def _bar(done: int, failed: int, total: int, width: int = 32) -> Content:
    """Done, failed and still to come; what failed never counts as done, and only all of it fills the bar."""
    if not total:
        return Content("")
    lost = max(1, failed * width // total) if failed else 0
    full = min(done * width // total, width - lost)
    return joined(
        ("━" * full, "$primary"),
        ("╍" * lost, "$text-error"),
        ("━" * (width - full - lost), "$foreground 15%"),
    )
