"""A warehouse as it starts: state and health in words, time against what is usual, where it has been."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content
from textual.widgets import Static

from wizard.core.event import WarehouseSeen
from wizard.ui.widgets.block import Block
from wizard.ui.words import MUTED, bar, joined, lines, plain, took
from wizard.ui.words import clock as spent_clock

_STATES = {
    "RUNNING": ("✓", "$text-success"),
    "STARTING": ("●", "$text-accent"),
    "STOPPING": ("◌", "$text-warning"),
    "STOPPED": ("○", MUTED),
    "DELETING": ("✗", "$text-error"),
    "DELETED": ("✗", "$text-error"),
}
_HEALTH = {
    "HEALTHY": ("✓", "$text-success"),
    "DEGRADED": ("!", "$text-warning"),
    "FAILED": ("✗", "$text-error"),
}
_UNKNOWN = ("?", "$text-warning")


class Gauge(Block):
    """The latest look, and the states it has gone through with their durations."""

    DEFAULT_CSS = """
    Gauge > .body { background: $surface; padding: 0 1; }
    """

    def __init__(self, typical_seconds: float) -> None:
        self.looks: list[WarehouseSeen] = []
        self.timeline: list[tuple[str, float]] = []
        """(state and health, seconds since the start was asked for when it was first seen)."""
        self._typical = typical_seconds
        self._since = 0.0
        self._face = Static(markup=False)
        super().__init__("Warehouse", self._face)

    def add(self, look: WarehouseSeen, when: float) -> None:
        """Show one more look, seen at `when`."""
        stage = f"{look.state} {look.health}".strip()
        if not self.timeline or self.timeline[-1][0] != stage:
            self.timeline.append((stage, look.elapsed))
        self.looks.append(look)
        self._since = when
        self.title = look.name or look.id
        self._draw_head()
        self._draw(when)

    def tick(self, clock: float, now: datetime) -> None:  # noqa: ARG002  # a start is timed by the clock
        self._draw(clock)

    def _draw(self, now: float) -> None:
        """Between two looks the clock goes on while the warehouse starts."""
        if not self.looks:
            return
        look = self.looks[-1]
        elapsed = look.elapsed + (now - self._since if look.state == "STARTING" else 0.0)
        glyph, style = _STATES.get(look.state, _UNKNOWN)
        health_glyph, health_style = _HEALTH.get(look.health, ("·", MUTED))
        health = look.health or "no health reported"
        face = joined(
            (f"{glyph} {look.state}", f"bold {style}"), "   ", (f"{health_glyph} {health}", health_style)
        )
        spent = joined(
            bar(elapsed, self._typical, 16),
            f"  {spent_clock(elapsed)}",
            (f"  usually {self._typical:g} s", MUTED),
        )
        details = " · ".join(f"{name} {value}" for name, value in look.details)
        self._face.update(
            lines(
                face, spent, plain(look.note), self._path(elapsed), plain(details, MUTED) if details else ""
            )
        )

    def summary(self) -> str:
        return self.timeline[-1][0] if self.timeline else ""

    def copyable(self) -> str:
        if not self.looks:
            return ""
        look = self.looks[-1]
        return "\n".join(
            [
                f"{look.name} ({look.id}): {look.state} {look.health}".rstrip(),
                look.note,
                self._path(look.elapsed).plain,
            ]
        )

    def _path(self, elapsed: float) -> Content:
        ends = [began for _, began in self.timeline[1:]] + [elapsed]
        steps = [
            f"{stage} {took(end - began)}" for (stage, began), end in zip(self.timeline, ends, strict=True)
        ]
        return plain(" → ".join(steps), MUTED)
