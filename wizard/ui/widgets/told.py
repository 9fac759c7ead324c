"""A problem in words: what happened, the line it is about, why, what to do, who can do it."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from wizard.core.problem import Problem, Who
from wizard.core.text import plural
from wizard.ui.words import MUTED, joined, lines, plain

_BEFORE = 8
"""Characters shown before a caret that lies beyond the right edge."""


class Excerpt(Static):
    """Lines of a file, never wrapped, so that the carets stay below what they point at."""

    DEFAULT_CSS = "Excerpt { height: auto; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, rows: tuple[str, ...]) -> None:
        super().__init__(markup=False)
        self._rows = rows

    def on_mount(self) -> None:
        self.update(self._drawn(76))

    def on_resize(self, event: events.Resize) -> None:
        self.update(self._drawn(event.size.width))

    def _drawn(self, width: int) -> Content:
        shift = self._shift(width - 2)
        return Content("\n").join(_row(row, shift if number else 0) for number, row in enumerate(self._rows))

    def _shift(self, room: int) -> int:
        """How far the lines move to the left so that every caret's start is seen."""
        carets = [row for row in self._rows if _is_caret(row)]
        start = min((len(row) - len(row.lstrip()) for row in carets), default=0)
        end = max((len(row) for row in carets), default=0)
        return max(0, start - _BEFORE) if end > room else 0


class Told(Vertical):
    """The words of a problem, for a card or a block of its own."""

    DEFAULT_CSS = """
    Told { height: auto; }
    Told > Static { height: auto; }
    """

    def __init__(self, problem: Problem, *, headed: bool = True, evidence: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._problem = problem
        self._headed = headed
        self._evidence = evidence

    def compose(self) -> ComposeResult:
        problem = self._problem
        copied = problem.copy.splitlines()
        # One line is a command: the words say that it stands below.
        hand_on = (
            f"c copies what to hand on ({plural(len(copied), 'line')})." if copied[1:] else "c copies it."
        )
        if self._headed:
            yield Static(joined(("✗ ", "bold $text-error"), (problem.what, "bold")), markup=False)
        # A line that somebody else's yes will make right is worth less room than whom to ask.
        mended_here = problem.who is Who.YOU
        if problem.excerpt and mended_here:
            yield Excerpt(problem.excerpt)
        yield Static(
            lines(
                joined(("Why: ", MUTED), problem.why) if problem.why else "",
                joined(("What to do: ", MUTED), problem.remedy),
                joined(("Who can do it: ", MUTED), str(problem.who)),
                joined(("  ", MUTED), (problem.copy, "$text-secondary")) if len(copied) == 1 else "",
                plain(hand_on, MUTED) if copied else "",
                plain(f"m shows a message to {problem.who}, ready to send.", MUTED)
                if problem.message
                else "",
                *(plain(f"  {line}", MUTED) for line in self._evidence),
            ),
            markup=False,
        )
        if problem.excerpt and not mended_here:
            yield Excerpt(problem.excerpt)


def _is_caret(row: str) -> bool:
    return "^" in row and not row.strip(" ^")


def _row(row: str, shift: int) -> Content:
    shown = f"…{row[shift + 1 :]}" if shift and not _is_caret(row) else row[shift:]
    return joined(("│ ", MUTED), (shown, "bold $text-error" if _is_caret(row) else "$text-secondary"))
