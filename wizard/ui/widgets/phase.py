"""What is being done right now: its name, how long it has taken, the exact command, how far it is."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from wizard.core.event import Phase, Progress, Wait
from wizard.ui.redraw import redraw
from wizard.ui.words import MUTED, bar, clock, joined, lines, plain


class PhaseLine(Static):
    """One phase at a time. Hidden while nothing runs."""

    DEFAULT_CSS = """
    PhaseLine { height: auto; display: none; margin: 1 0 0 0; }
    PhaseLine.-on { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.phase: Phase | None = None
        self.progress: Progress | None = None
        self.wait = ""
        self._since = 0.0
        self._paused = False

    def begin(self, when: float, phase: Phase | None = None) -> None:
        """A phase begins; without one, the run itself does."""
        self.phase, self.progress, self.wait = phase, None, ""
        self._since, self._paused = when, False
        self.add_class("-on")
        self.tick(when)

    def report(self, event: Progress | Wait, when: float) -> None:
        """How far it is, or what it waits for."""
        if isinstance(event, Progress):
            self.progress = event
        else:
            self.wait = event.reason
        self.tick(when)

    def pause(self, paused: bool) -> None:
        """A question is open: it is the operator's time now, so the line steps back."""
        self._paused = paused
        self.set_class(not paused, "-on")

    def end(self) -> None:
        self.phase = None
        self.remove_class("-on")

    def tick(self, now: float) -> None:
        """Redraw the clock."""
        if self.has_class("-on"):
            redraw(self, self._drawn(now))

    def _drawn(self, now: float) -> Content:
        phase = self.phase or Phase("Beginning")
        head = joined(("● ", "$text-accent"), (phase.title, "bold"), (f"  {clock(now - self._since)}", MUTED))
        command = joined(("  $ ", MUTED), plain(phase.command, "$text-secondary")) if phase.command else ""
        return lines(head, command, self._far(), plain(f"  {self.wait}", MUTED) if self.wait else "")

    def _far(self) -> Content | str:
        if self.progress is None:
            return ""
        if not self.progress.total:
            return plain(f"  {self.progress.done} {self.progress.label}", MUTED)
        count = f"  {self.progress.done} of {self.progress.total}"
        tail = f"  {self.progress.label}" if self.progress.label else ""
        return joined("  ", bar(self.progress.done, self.progress.total, 24), count, (tail, MUTED))
