"""Looks again while the picture is in front, at a calm pace, in a thread of its own; says when and what it does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from textual.content import Content
from textual.message import Message

from wizard.core.chain import Chain
from wizard.core.watch import Watch
from wizard.ui.words import MUTED, joined


class Lookout:
    """When the next look is due, and the one that is under way.

    `tick`, `ask` and `freeze` are called by message handlers; `tell` posts a message from any thread.
    """

    class Looked(Message):
        """A look has ended."""

        def __init__(self, lookout: Lookout, chain: Chain | None, whole: bool) -> None:
            super().__init__()
            self.lookout = lookout
            self.chain = chain
            """None when the look itself failed."""
            self.whole = whole

    def __init__(self, watch: Watch, tell: Callable[[Message], object], clock: float, now: datetime) -> None:
        self._watch = watch
        self._tell = tell
        self.busy = False
        self.frozen = False
        self.seen = now
        """When everything was last looked at."""
        self._whole_at = self._part_at = clock
        self._left = watch.looks
        self._wanted = False
        self._failed = False

    @property
    def resting(self) -> bool:
        """So many looks were taken without a key that nobody seems to be there."""
        return self._left <= 0

    def tick(self, clock: float) -> None:
        """Look, if it is time. Not called while something else is in front."""
        if self.busy:
            return
        whole = clock - self._whole_at >= self._watch.every
        part = clock - self._part_at >= self._watch.often
        if self._wanted or ((whole or part) and not self.frozen and not self.resting):
            self._look(self._wanted or whole)

    def ask(self) -> None:
        """Look at the next tick, whatever the time: somebody is there. What is frozen stays so afterwards."""
        self._wanted = True
        self._left = self._watch.looks

    def freeze(self) -> None:
        """Stand still, or go on."""
        self.frozen = not self.frozen
        self._left = self._watch.looks

    def ended(self, whole: bool, clock: float, now: datetime, failed: bool) -> None:
        """A look has ended, at everything or at what changes by itself."""
        self.busy, self._failed = False, failed
        self._part_at = clock
        if whole:
            self._whole_at, self.seen = clock, now
            self._left -= 1

    def words(self, clock: float) -> Content:
        """One line: when it was looked at, when it will be, what a look does, and the keys."""
        said = f"looked at {self.seen.astimezone():%H:%M:%S}"
        if self._failed:
            said = f"! the last look failed; {said}"
        left = max(0.0, self._watch.every - (clock - self._whole_at))
        if self.busy:
            then = "looking now"
        elif self.frozen:
            then = "‖ frozen, z goes on"
        elif self.resting:
            then = "resting, no key for a while"
        else:
            then = f"next in {left:.0f} s"
        keys = "w now" if self.frozen or self.resting else "w now, z freezes"
        style = "$text-warning" if self.frozen or self.resting or self._failed else MUTED
        return joined((f"{said}, {then} · {keys} · {self._watch.says}", style))

    def _look(self, whole: bool) -> None:
        self.busy, self._wanted = True, False
        threading.Thread(target=self._work, args=(whole,), name="lookout", daemon=True).start()

    def _work(self, whole: bool) -> None:
        chain: Chain | None
        try:
            chain = self._watch.look(whole)
        except Exception:  # noqa: BLE001  # a look is no step: its failure is a word on the screen, and the next one is due
            chain = None
        try:
            self._tell(self.Looked(self, chain, whole))
        except RuntimeError:
            return  # the loop has ended: nobody looks any more
