"""A code to compare and approve in a browser: large, with its address and the time it has left."""

from __future__ import annotations

from datetime import datetime

from textual import events
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from wizard.core.event import DeviceCode
from wizard.core.text import one_line
from wizard.ui.widgets.block import Block
from wizard.ui.widgets.large import large
from wizard.ui.words import MUTED, joined, plain
from wizard.ui.words import clock as spent


class Address(Static, can_focus=True):
    """An address that Enter or a click opens in a browser."""

    DEFAULT_CSS = """
    Address { width: 1fr; height: auto; color: $text-primary; text-style: underline; }
    Address:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
    """

    class Wanted(Message):
        """Open this address in a browser."""

        def __init__(self, url: str) -> None:
            super().__init__()
            self.url = url

    def __init__(self, shown: str, url: str) -> None:
        super().__init__(plain(shown), markup=False)
        self.url = url

    def on_click(self) -> None:
        self.post_message(self.Wanted(self.url))

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            self.post_message(self.Wanted(self.url))


class Code(Static):
    """The code: in large letters where there is room, and always in plain ones, for reading aloud."""

    DEFAULT_CSS = """
    Code { text-align: center; width: 1fr; height: auto; text-style: bold; color: $text-accent; padding: 1 0; }
    """

    def __init__(self, code: str) -> None:
        super().__init__(plain(" ".join(code)), markup=False, classes="code")
        self._code = code

    def on_resize(self, event: events.Resize) -> None:
        wide = max(map(len, large(self._code, event.size.width)), default=0)
        rows = [row.ljust(wide) for row in large(self._code, event.size.width)]
        self.update(plain("\n".join([*rows, " ".join(self._code)])))


class DeviceCard(Block):
    """The code, the address, and a clock that runs down. Without a code the browser comes back by itself."""

    passing = True
    DEFAULT_CSS = """
    DeviceCard .card { height: auto; background: $surface; padding: 0 1; }
    DeviceCard .left { color: $text-muted; }
    """

    def __init__(self, code: DeviceCode, now: datetime) -> None:
        self.code = code
        self.url = code.url_complete or code.url
        self.address = Address(one_line(code.url), one_line(code.url_complete or code.url))
        self._left = Static(markup=False, classes="left")
        user_code = one_line(code.user_code, 40)
        where = "here with o or on any device:" if user_code else "in a browser on this computer:"
        compare = Static(plain("It must show this code. If it does, approve."), markup=False)
        super().__init__(
            "Approve this code in your browser" if user_code else "Sign in with your browser",
            Vertical(
                Static(plain(f"Open this address, {where}"), markup=False),
                self.address,
                *((compare, Code(user_code)) if user_code else ()),
                self._left,
                classes="card",
            ),
        )
        self.tick(0.0, now)

    def tick(self, clock: float, now: datetime) -> None:  # noqa: ARG002  # the code lives by the calendar
        left = (self.code.expires_at - now).total_seconds()
        if left > 0:
            good = "Waiting for you. The code is good for " if self.code.user_code else "Waiting for you, "
            words = joined((good, MUTED), spent(left), (" more.", MUTED))
        else:
            words = plain(
                "! expired  This code is no longer good; a new one can be asked for.", "$text-warning"
            )
        self._left.update(words)

    def summary(self) -> str:
        return one_line(self.code.user_code, 40)

    def copyable(self) -> str:
        """The code to type in; the whole address where there is none, or where it has the focus."""
        address = self.address.has_focus or not self.code.user_code
        return self.address.url if address else one_line(self.code.user_code, 40)
