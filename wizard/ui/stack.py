"""A vertical layout in which the evidence gives way, so that the question below it is always in sight."""

from __future__ import annotations

from textual.geometry import Region, Size
from textual.layout import ArrangeResult, WidgetPlacement
from textual.layouts.vertical import VerticalLayout
from textual.widget import Widget

YIELDS = "-yields"
"""Class of a child that shrinks and scrolls when the room is short: first those without the focus, in order."""

_LEAST = 4


class Stack(VerticalLayout):
    """Children one below the other; those with the class `-yields` share what is left."""

    name = "stack"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        placements = super().arrange(parent, children, size, greedy)
        if not placements:
            return placements
        bottom = max(p.region.bottom + p.margin.bottom for p in placements)
        excess = bottom - size.height
        if excess <= 0 or size.height <= 0:
            # Either all fits, or nothing is laid out: the natural height is asked for.
            return placements
        return _shifted(placements, _cuts(placements, excess, size.height))


def _cuts(placements: list[WidgetPlacement], excess: int, room: int) -> dict[Widget, int]:
    """Lines to take from each: first down to a few, and if that is not enough down to one.

    A question keeps a third of the room while what stands above it is read, so its buttons stay where there is room.
    """
    cuts: dict[Widget, int] = {}
    yielding = [placement for placement in placements if placement.widget.has_class(YIELDS)]
    # What is being read keeps its room the longest.
    yielding.sort(key=lambda placement: placement.widget.has_focus_within)
    read = next((p.region.y for p in yielding if p.widget.has_focus_within), room)
    for least in (_LEAST, 1):
        for placement in yielding:
            widget, height = placement.widget, placement.region.height
            keeps = max(least, room // 3) if least == _LEAST and placement.region.y > read else least
            if height > keeps:
                more = min(excess, max(0, height - cuts.get(widget, 0) - keeps))
                cuts[widget] = cuts.get(widget, 0) + more
                excess -= more
    return cuts


def _shifted(placements: list[WidgetPlacement], cuts: dict[Widget, int]) -> list[WidgetPlacement]:
    moved, up = [], 0
    for placement in placements:
        x, y, width, height = placement.region
        cut = cuts.get(placement.widget, 0)
        moved.append(placement._replace(region=Region(x, y - up, width, height - cut)))
        up += cut
    return moved
