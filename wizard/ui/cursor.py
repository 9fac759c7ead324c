"""The hardware cursor follows what has the focus, so that screen readers and magnifiers can.

Model: archinstall puts `app.cursor_position` on the highlighted row of a list.
"""

from __future__ import annotations

from textual.geometry import Offset
from textual.widget import Widget

from wizard.ui.widgets.roster import Roster


def follow(widget: Widget | None) -> None:
    """Put the cursor on `widget`, or on the highlighted row of a list; text fields do it themselves."""
    if widget is None or not widget.is_attached or widget.has_class("-text-field"):
        return
    region = widget.content_region
    row = widget.highlighted_line if isinstance(widget, Roster) else 0
    widget.app.cursor_position = Offset(region.x, region.y + row)


def reveal(roster: Roster) -> None:
    """Scroll whatever holds the list until its highlighted row is in sight."""
    roster.read_on(0)
