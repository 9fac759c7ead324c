"""A list of rows with a highlighted one; what it shows is never markup."""

from __future__ import annotations

from textual.containers import ScrollableContainer
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class Roster(OptionList):
    """An option list without a frame, whole in height: what holds it scrolls."""

    DEFAULT_CSS = """
    Roster {
        border: none;
        padding: 0;
        background: transparent;
        height: auto;
        max-height: 9999;
        scrollbar-size-vertical: 1;
        & > .option-list--option { padding: 0 1; }
        & > .option-list--option-highlighted {
            background: transparent;
            text-style: none;
            color: $foreground;
        }
        & > .option-list--option-disabled { color: $foreground; }
        &:focus { border: none; background-tint: transparent; }
        &:focus > .option-list--option-highlighted {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(markup=False, id=id, classes=classes)
        self._shown: list[tuple[str, Content, bool]] = []

    def show(self, rows: list[tuple[str, Content, bool]]) -> None:
        """Show `rows` of (id, content, can be chosen); the highlighted id stays highlighted."""
        if self._same(rows):
            return
        option = self.highlighted_option
        kept = option.id if option is not None else None
        if [row[0] for row in rows] == [row[0] for row in self._shown]:
            for old, (name, content, _) in zip(self._shown, rows, strict=True):
                if not old[1].is_same(content):
                    self.replace_option_prompt(name, content)
        else:
            self.set_options([Option(content, id=name, disabled=not free) for name, content, free in rows])
            self._restore(kept, rows)
        self._shown = rows
        self.refresh(layout=True)

    @property
    def highlighted_line(self) -> int:
        """Line of the highlighted row within what is in sight."""
        if self.highlighted is None:
            return 0
        return self._index_to_line.get(self.highlighted, 0) - self.scroll_offset.y

    def read_on(self, step: int) -> bool:
        """Scroll what holds the list: by `step` lines within a long row, or to the row when `step` is 0.

        False when there is nothing of the row left to see in that direction.
        """
        holder = next((node for node in self.ancestors if isinstance(node, ScrollableContainer)), None)
        if holder is None or self.highlighted is None:
            return False
        top = self.content_region.y + self.highlighted_line - holder.content_region.y
        below = top + self._heights.get(self.highlighted, 1) - holder.content_region.height
        if step == 0:
            move = top if top < 0 else min(below, top) if below > 0 else 0
        elif step > 0:
            move = step if below > 0 else 0
        else:
            move = step if top < 0 else 0
        if move:
            holder.scroll_relative(y=move, animate=False, force=True)
        return bool(move)

    def action_cursor_down(self) -> None:
        """Read on in a long row, else go to the next."""
        if not self.read_on(1):
            super().action_cursor_down()

    def action_cursor_up(self) -> None:
        """Read back in a long row, else go to the one before."""
        if not self.read_on(-1):
            super().action_cursor_up()

    def _same(self, rows: list[tuple[str, Content, bool]]) -> bool:
        return len(rows) == len(self._shown) and all(
            new[0] == old[0] and new[2] == old[2] and new[1].is_same(old[1])
            for new, old in zip(rows, self._shown, strict=True)
        )

    def _restore(self, kept: str | None, rows: list[tuple[str, Content, bool]]) -> None:
        free = [index for index, row in enumerate(rows) if row[2]]
        same = next((index for index in free if rows[index][0] == kept), None)
        self.highlighted = same if same is not None else (free[0] if free else None)
