"""Text for the screen: never markup, never a control character, one way to say a time."""

from __future__ import annotations

import textwrap

from textual.content import Content

from wizard.core.event import ResourceChange
from wizard.core.finding import Verdict
from wizard.core.flow import Status
from wizard.core.text import clean

MUTED = "$foreground 60%"

VERDICT_STYLE = {
    Verdict.PROVEN: "$text-success",
    Verdict.PREDICTED: "$text-success",
    Verdict.GAP: "bold $text-error",
    Verdict.UNKNOWN: "$text-warning",
}
STATUS_STYLE = {
    Status.LATER: MUTED,
    Status.READY: "$text-accent",
    Status.RUNNING: "bold $text-accent",
    Status.DONE: "$text-success",
    Status.STALE: "$text-warning",
    Status.STOPPED: "$text-error",
}
ACTIONS: dict[str, tuple[str, str, str]] = {
    "delete": ("-", "destroy", "bold $text-error"),
    "replace": ("±", "replace", "bold $text-error"),
    "update": ("~", "change", "$text-warning"),
    "create": ("+", "add", "$text-success"),
    "import": ("↓", "import", "$text-accent"),
    "move": ("→", "move", "$text-accent"),
    "forget": ("·", "forget", "$text-warning"),
    "read": ("?", "read", MUTED),
    "no-op": (" ", "keep", MUTED),
}
"""Glyph, word and style of what a plan does, the gravest first."""


def plain(text: object, style: str = "") -> Content:
    """`text` as it is, in one style."""
    content = Content(clean(text))
    return content.stylize(style) if style else content


def joined(*parts: Content | tuple[object, str] | str) -> Content:
    """Pieces of plain text one after the other; a pair is (text, style)."""
    return Content("").join(
        part if isinstance(part, Content) else plain(*part) if isinstance(part, tuple) else plain(part)
        for part in parts
    )


def lines(*parts: Content | str) -> Content:
    """One line each; empty ones are left out."""
    return Content("\n").join([part if isinstance(part, Content) else plain(part) for part in parts if part])


def hanging(text: str, width: int, indent: int) -> str:
    """`text` broken at `width` cells, every line but the first set in by `indent`."""
    room = max(16, width - indent)
    broken = textwrap.wrap(text, room, break_long_words=True, break_on_hyphens=False) or [""]
    return f"\n{' ' * indent}".join(broken)


def within(name: str, room: int) -> str:
    """`name` in at most `room` characters; its end stays, which tells it from others of its kind."""
    if len(name) <= room:
        return name
    tail = min(len(name.rpartition(".")[2]) + 1, max(1, room * 2 // 3))
    return f"{name[: max(0, room - tail - 1)]}…{name[-tail:]}"


def clock(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:03`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def took(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes} min {left} s" if minutes else f"{left} s"


def bar(done: float, total: float, width: int) -> Content:
    """A bar of `width` cells."""
    share = min(1.0, max(0.0, done / total)) if total > 0 else 0.0
    full = round(share * width)
    return joined(("━" * full, "$primary"), ("━" * (width - full), "$foreground 15%"))


def status(of: Status, seconds: float = 0.0) -> Content:
    """Glyph and word of where a step stands, and how long it took when that is worth saying."""
    tail = f" · {took(seconds)}" if seconds >= 0.1 else ""
    return plain(f"{of.glyph} {of.word}{tail}", STATUS_STYLE[of])


def verdict(of: Verdict) -> Content:
    return plain(f"{of.glyph} {of.word}", VERDICT_STYLE[of])


def action(change: ResourceChange | str) -> Content:
    """Glyph and word of one planned change."""
    name = change if isinstance(change, str) else change.action
    glyph, word, style = ACTIONS.get(name, ("?", name, MUTED))
    return plain(f"{glyph} {word}", style)
