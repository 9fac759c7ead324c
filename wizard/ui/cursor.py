"""The hardware cursor follows what has the focus, so that screen readers and magnifiers can.

Model: archinstall puts `app.cursor_position` on the highlighted row of a list.
"""

from __future__ import annotations

from textual.containers import ScrollableContainer
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
    y = roster.content_region.y + roster.highlighted_line
    holder = next((node for node in roster.ancestors if isinstance(node, ScrollableContainer)), None)
    if holder is None:
        return
    view = holder.content_region
    if y < view.y:
        holder.scroll_relative(y=y - view.y, animate=False, force=True)
    elif y >= view.bottom:
        holder.scroll_relative(y=y - view.bottom + 1, animate=False, force=True)
