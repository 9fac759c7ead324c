"""A warehouse as it starts: state and health in words, time against what is usual, where it has been."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content
from textual.widgets import Static

from wizard.core.event import WarehouseSeen
from wizard.ui.redraw import redraw
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
_STATIONS = ("STOPPED", "STARTING", "RUNNING", "HEALTHY")
"""The way every start takes."""
_SLOWER = 1.5
"""So many times the usual is worth a word."""


class Gauge(Block):
    """The latest look, the way so far with its durations, and the time against what is usual."""

    DEFAULT_CSS = """
    Gauge > .body { background: $surface; padding: 0 1; }
    """

    def __init__(self, typical_seconds: float) -> None:
        self.looks: list[WarehouseSeen] = []
        self.timeline: list[tuple[str, float]] = []
        """(state and health, seconds since the start was asked for when it was first seen)."""
        self.frozen = False
        """It stands still to be read; looking goes on behind it."""
        self.over = False
        """Nobody looks any more."""
        self._typical = typical_seconds
        self._since = 0.0
        self._face = Static(markup=False)
        super().__init__("Warehouse", self._face)

    def add(self, look: WarehouseSeen, when: float) -> None:
        """Show one more look, seen at `when`."""
        if self.timeline and look.elapsed < self.timeline[-1][1]:
            # It was started anew.
            self.timeline.clear()
        stage = f"{look.state or 'UNKNOWN'} {look.health}".strip()
        if not self.timeline or self.timeline[-1][0] != stage:
            self.timeline.append((stage, look.elapsed))
        self.looks.append(look)
        self._since = when
        self.title = look.name or look.id
        self._draw_head()
        self._draw(when)

    def tick(self, clock: float, now: datetime) -> None:  # noqa: ARG002  # a start is timed by the clock
        self._draw(clock)

    @property
    def live(self) -> bool:
        return bool(self.looks) and not self.over and self.looks[-1].next_look > 0

    def freeze(self, clock: float) -> None:
        """Stand still, or go on."""
        self.frozen = not self.frozen
        self._draw(clock, insist=True)

    def end(self, clock: float) -> None:
        """Nobody looks any more: there is no next look, and nothing to freeze."""
        self.over, self.frozen = True, False
        self._draw(clock)

    def _draw(self, now: float, insist: bool = False) -> None:
        """Between two looks the clock goes on while the warehouse starts."""
        if not self.looks or (self.frozen and not insist):
            return
        look = self.looks[-1]
        counting = not self.over and (look.next_look > 0 or look.state == "STARTING")
        elapsed = look.elapsed + (now - self._since if counting else 0.0)
        redraw(
            self._face,
            lines(
                _state(look),
                _track(look),
                self._spent(look, elapsed),
                plain(look.note),
                self._path(elapsed),
                _details(look),
                plain(look.cost, MUTED) if look.cost else "",
                self._next(look, now) if look.next_look > 0 and not self.over else "",
            ),
        )

    def _spent(self, look: WarehouseSeen, elapsed: float) -> Content:
        low, high = look.typical if look.typical[1] else (self._typical, self._typical)
        usual = f"{low:.0f} to {high:.0f} s" if round(low) != round(high) else f"{high:.0f} s"
        tail = f", {look.typical_from}" if look.typical_from else ""
        slower = f"  {elapsed / high:.0f} times as long" if high and elapsed > _SLOWER * high else ""
        return joined(
            bar(elapsed, high, 16),
            f"  {spent_clock(elapsed)}",
            (f"  usually {usual}{tail}", MUTED),
            (slower, "$text-warning"),
        )

    def _next(self, look: WarehouseSeen, now: float) -> Content:
        if self.frozen:
            return plain("‖ frozen; looking goes on. z shows the newest again", "$text-warning")
        left = max(0.0, look.next_look - (now - self._since))
        return plain(f"next look {f'in {left:.0f} s' if left > 0.5 else 'now'} · z freezes this", MUTED)

    def summary(self) -> str:
        return self.timeline[-1][0] if self.timeline else ""

    def copyable(self) -> str:
        if not self.looks:
            return ""
        look = self.looks[-1]
        told = [
            f"{look.name} ({look.id}): {look.state} {look.health}".rstrip(),
            look.note,
            self._path(look.elapsed).plain,
            *(f"{name}: {value}" for name, value in look.details),
            look.cost,
        ]
        return "\n".join(line for line in told if line)

    def _path(self, elapsed: float) -> Content:
        ends = [began for _, began in self.timeline[1:]] + [elapsed]
        steps = [
            f"{stage} {took(end - began)}" for (stage, began), end in zip(self.timeline, ends, strict=True)
        ]
        return plain(" → ".join(steps), MUTED)


def _state(look: WarehouseSeen) -> Content:
    """State and health, as glyph and word. What is not known is shown as it came."""
    glyph, style = _STATES.get(look.state, _UNKNOWN)
    health_glyph, health_style = _HEALTH.get(look.health, _UNKNOWN if look.health else ("·", MUTED))
    return joined(
        (f"{glyph} {look.state or 'no state reported'}", f"bold {style}"),
        "   ",
        (f"{health_glyph} {look.health or 'no health reported'}", health_style),
    )


def _track(look: WarehouseSeen) -> Content | str:
    """The four stations of a start, with where it is; nothing for a state that is none of them."""
    places = {"STOPPED": 0, "STOPPING": 0, "STARTING": 1, "RUNNING": 2}
    if look.state not in places:
        return ""
    here = 3 if look.state == "RUNNING" and look.health in ("", "HEALTHY") else places[look.state]
    ill = look.health in ("DEGRADED", "FAILED")
    parts: list[tuple[str, str]] = []
    for number, name in enumerate(_STATIONS):
        if number:
            parts.append((" ━ " if number <= here else " ─ ", "$primary" if number <= here else MUTED))
        if number < here or here == 3:
            parts.append((f"● {name}", "$text-success"))
        elif number == here:
            glyph, style = _HEALTH[look.health] if ill else ("◉", "$text-accent")
            parts.append((f"{glyph} {name}", f"bold {style}"))
        else:
            parts.append((f"○ {name}", MUTED))
    return joined(*parts)


def _details(look: WarehouseSeen) -> Content | str:
    """What it is in one line; what was said about a failure, a line each."""
    short = " · ".join(f"{name} {value}" for name, value in look.details if name not in _LONG)
    long = [joined((f"{name}: ", MUTED), value) for name, value in look.details if name in _LONG]
    return lines(plain(short, MUTED) if short else "", *long) if short or long else ""


_LONG = ("Databricks says", "failure code", "said")
"""Details that deserve a line of their own."""
