"""Steps that look different from the generic pane, by the id of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.ui.pane import StepPane

if TYPE_CHECKING:
    from wizard.ui.facing import Facing


def pane_for(step: Facing, number: int, typical_seconds: float) -> StepPane:
    """The pane of a step; `number` is 0 for the front page."""
    if number == 0:
        from wizard.ui.panes.start import StartPane

        return StartPane(step, number, typical_seconds)
    return StepPane(step, number, typical_seconds)
