"""Drawing a text anew for no more than it costs: laying the screen out is three times as dear as painting."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


def redraw(static: Static, content: Content) -> None:
    """Show `content` in a text of given width; the screen is laid out only when its height changes."""
    shown = static.content
    if isinstance(shown, Content) and shown.is_same(content):
        return
    width, height = static.content_size
    static.update(content, layout=False)
    if not height or static.visual.get_height(static.styles.get_rules(), width) != height:
        static.refresh(layout=True)
