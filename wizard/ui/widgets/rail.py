"""The steps of the journey, each with a glyph and a word."""

from __future__ import annotations

from textual.content import Content

from wizard.core.flow import Flow, StepLike
from wizard.ui.widgets.roster import Roster
from wizard.ui.words import MUTED, STATUS_STYLE, joined, plain, status


class Rail(Roster):
    """Up and down to look, Enter to go there."""

    DEFAULT_CSS = """
    Rail {
        width: 28;
        height: 1fr;
        padding: 1 0 0 0;
        border-right: solid $border-blurred;
        background: $surface;
        overflow-y: auto;
    }
    Rail:focus { border: none; border-right: solid $border; }
    """

    def draw(self, flow: Flow, steps: tuple[StepLike, ...], here: str) -> None:
        """Show where every step stands and which one is open."""
        self.show(
            [
                (step.id, _row(flow, number, step, step.id == here), True)
                for number, step in enumerate(steps, 1)
            ]
        )


def strip_line(flow: Flow, steps: tuple[StepLike, ...], here: str) -> Content:
    """The rail in one line, for narrow terminals: `Step 3 of 8  ✓✓●○○○○○`."""
    number = next((n for n, step in enumerate(steps, 1) if step.id == here), 0)
    marks = [plain(flow.status(step).glyph, STATUS_STYLE[flow.status(step)]) for step in steps]
    name = f"Step {number} of {len(steps)}" if number else f"{len(steps)} steps"
    return joined((f"{name}  ", MUTED), Content("").join(marks))


def _row(flow: Flow, number: int, step: StepLike, here: bool) -> Content:
    now = flow.status(step)
    title = plain(
        f"{number} {step.title}", "bold $text-primary" if here else "" if now.word != "later" else MUTED
    )
    seconds = flow.seconds.get(step.id, 0.0) if now.word == "done" else 0.0
    return joined(title.truncate(25, ellipsis=True), "\n  ", status(now, seconds))
