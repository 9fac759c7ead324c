"""Rows that a query returned, or a list to read."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.widgets import Static

from wizard.core.event import Table
from wizard.core.text import one_line, plural
from wizard.ui.widgets.block import Block
from wizard.ui.words import MUTED, hanging, joined, plain

MOST = 200
"""Rows drawn; the copy key takes all of them."""
_GAP = 2
_LEAST = 6


class Grid(Static):
    """Columns side by side, the widest giving way first when the room is short."""

    def __init__(self, table: Table) -> None:
        super().__init__(markup=False)
        self._cells = [[one_line(cell, 200) for cell in row] for row in (table.columns, *table.rows[:MOST])]
        self._hidden = len(table.rows) - MOST

    def on_resize(self, event: events.Resize) -> None:
        self.update(self._drawn(event.size.width))

    def on_mount(self) -> None:
        self.update(self._drawn(50))

    def _drawn(self, width: int) -> Content:
        count = max((len(row) for row in self._cells), default=0)
        if count == 1:
            # Lines to be read whole; the title says what they are.
            return Content("\n").join(plain(hanging(row[0], width, 2)) for row in self._cells[1:])
        padded = [row + [""] * (count - len(row)) for row in self._cells]
        widths = fitted([max(plain(row[i]).cell_length for row in padded) for i in range(count)], width)
        drawn = [
            Content(" " * _GAP).join(
                plain(cell, "bold $text-secondary" if number == 0 else "").truncate(
                    wide, ellipsis=True, pad=True
                )
                for cell, wide in zip(row, widths, strict=True)
            )
            for number, row in enumerate(padded)
        ]
        if self._hidden > 0:
            drawn.append(plain(f"… and {plural(self._hidden, 'more row')}; the c key copies all", MUTED))
        return Content("\n").join(drawn)


class TableBlock(Block):
    """A titled table."""

    passing = True

    def __init__(self, table: Table) -> None:
        self.table = table
        super().__init__(table.title, Grid(table))

    def summary(self) -> str:
        return plural(len(self.table.rows), "row")

    def copyable(self) -> str:
        return "\n".join("\t".join(row) for row in (self.table.columns, *self.table.rows))

    def _heading(self) -> Content:
        note = f"  {self.table.note}" if self.table.note and not self.folded else ""
        return joined(super()._heading(), (note, MUTED))


def fitted(widths: list[int], room: int) -> list[int]:
    """Column widths that fit into `room` cells, taken from the widest first."""
    fitting = list(widths)
    while sum(fitting) + _GAP * (len(fitting) - 1) > room and max(fitting, default=0) > _LEAST:
        fitting[fitting.index(max(fitting))] -= 1
    return fitting
