"""A change to a document, line by line, with words and signs besides colours."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from wizard.core.event import Diff
from wizard.ui.widgets.block import Block
from wizard.ui.words import MUTED, joined, plain

_AROUND = 2
"""Unchanged lines shown before and after a change."""
_MOST = 2000
"""Lines of a document beyond which only the new one is shown."""


class DiffBlock(Block):
    """Removed lines are marked `-`, added ones `+`, the rest is context."""

    passing = True
    DEFAULT_CSS = """
    DiffBlock > .body { border-left: thick $primary 40%; padding: 0 0 0 1; background: $surface; }
    """

    def __init__(self, diff: Diff) -> None:
        self.diff = diff
        rows, self.removed, self.added = compared(diff.before, diff.after)
        folder, slash, name = diff.title.rpartition("/")
        self.hint = f"in {folder}" if slash and folder.startswith("/") else "Tab to read"
        super().__init__(name if self.hint != "Tab to read" else diff.title, Static(rows, markup=False))

    def summary(self) -> str:
        return f"{self.removed} removed, {self.added} added"

    def copyable(self) -> str:
        return self.diff.after


def compared(before: str, after: str) -> tuple[Content, int, int]:
    """The lines of a difference, how many are removed and how many added."""
    import difflib

    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > _MOST:
        return plain(after), len(old), len(new)
    rows: list[Content] = []
    removed = added = 0
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND):
        if group[0][1]:
            rows.append(plain("  ⋯", MUTED))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                rows += [joined(("  ", MUTED), (line, MUTED)) for line in old[i1:i2]]
                continue
            rows += [plain(f"- {line}", "$text-error") for line in old[i1:i2]]
            rows += [plain(f"+ {line}", "$text-success") for line in new[j1:j2]]
            removed, added = removed + i2 - i1, added + j2 - j1
    if rows and group[-1][2] < len(old):
        rows.append(plain("  ⋯", MUTED))
    if not rows:
        rows.append(plain("= the same as before", MUTED))
    return Content("\n").join(rows), removed, added
