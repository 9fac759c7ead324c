"""Steps that look different from the generic pane."""

from __future__ import annotations

from wizard.ui.pane import StepPane


def kind_of_pane(number: int) -> type[StepPane]:
    """The class that draws a step; `number` is 0 for the front page."""
    if number == 0:
        from wizard.ui.panes.start import StartPane

        return StartPane
    return StepPane
