"""Stopping work that changes something: what is asked first, and what happens then. One rule for every front end.

Measured: an interrupt does not let Terraform finish the resource it is at. The AWS provider drops the request, and
what AWS made already is known to nobody. So the first key press only asks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from wizard.core.text import one_line

LEAVE, STOP, STAY, BREAK = "leave", "stop", "stay", "break"
LEFT_RUNNING = "Terraform goes on by itself. Start the wizard again to follow it, or to see how it ended."
WORD = "break"
"""What is typed to break off a stop that does not end."""


class Left(Exception):
    """Somebody leaves, and what is under way goes on without the wizard."""


class Stage(Enum):
    """How far the stopping has gone."""

    IDLE = "idle"
    """Nothing under way changes anything."""
    WORKING = "working"
    STOPPING = "stopping"
    """Interrupted once; the work puts its things in order."""
    BROKEN = "broken"
    """What hung was killed."""


class Stoppable(Protocol):
    """A command that changes something and goes on without the wizard."""

    def interrupt(self) -> None:
        """Ask it once to end in order."""

    def kill_children(self) -> None:
        """Kill what it started and waits for, so that it can end by itself."""


@dataclass
class Outlook:
    """How far the work is. Written by whoever listens to it, read by whoever asks about it."""

    done: int = 0
    total: int = 0
    under_way: dict[str, float] = field(default_factory=dict)
    """What is being made or changed right now, and for how many seconds."""
    seconds: float = 0.0
    """How long it has been at work."""

    def left(self) -> str:
        """About how long it will take, as far as it can be told from what is done."""
        if not self.done or self.total <= self.done:
            return ""
        left = self.seconds / self.done * (self.total - self.done)
        return (
            f"About {max(5, round(left / 5) * 5)} s are left"
            if left < 90
            else f"About {left / 60:.0f} min are left"
        )


@dataclass(frozen=True)
class Choice:
    """A question about stopping. The first button is the calm one."""

    title: str
    text: str
    buttons: tuple[tuple[str, str], ...]
    """(label, one of LEAVE, STOP, STAY, BREAK)."""
    typed: str = ""
    """Word that must be typed for BREAK."""


class Stopping:
    """What is under way that changes something, and how far stopping it has gone. May be used from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._work: Stoppable | None = None
        self._outlook = Outlook()
        self._since = 0.0
        self.stage = Stage.IDLE

    def begin(self, work: Stoppable, outlook: Outlook) -> None:
        """`work` changes something from now on."""
        with self._lock:
            self._work, self._outlook, self.stage = work, outlook, Stage.WORKING

    def end(self, work: Stoppable) -> None:
        """`work` has ended, or nobody follows it any more."""
        with self._lock:
            if self._work is work:
                self._work, self.stage = None, Stage.IDLE

    @property
    def stopping_for(self) -> float:
        """Seconds since it was interrupted, or since what hung was killed."""
        return self._clock() - self._since if self.stage in (Stage.STOPPING, Stage.BROKEN) else 0.0

    def ask(self, *, leaving: bool = False) -> Choice | None:
        """What to ask somebody who presses stop, or who leaves; None when nothing changes anything."""
        match self.stage:
            case Stage.IDLE:
                return None
            case Stage.WORKING:
                return _leave(self._outlook) if leaving else _stop(self._outlook)
            case _:
                return _still(self.stopping_for, leaving)

    def answer(self, answer: str) -> None:
        """Do what was chosen; STAY and LEAVE do nothing to the work."""
        if answer == STOP:
            self._go(Stage.WORKING, Stage.STOPPING, lambda work: work.interrupt())
        elif answer == BREAK:
            self._go(Stage.STOPPING, Stage.BROKEN, lambda work: work.kill_children())

    def _go(self, before: Stage, after: Stage, act: Callable[[Stoppable], None]) -> None:
        """One stage further, once, however often it is asked for."""
        with self._lock:
            work = self._work
            if work is None or self.stage is not before:
                return
            self.stage, self._since = after, self._clock()
        act(work)


def _stop(outlook: Outlook) -> Choice:
    return Choice(
        "Stop the apply?",
        f"{_standing(outlook)} {_risk(outlook)}",
        (("Let it finish", STAY), ("Stop it", STOP)),
    )


def _leave(outlook: Outlook) -> Choice:
    return Choice(
        "Terraform is at work. Leave it running?",
        f"{_standing(outlook)} Left running, it completes by itself and its state stays whole; "
        f"the next start shows how it ended. {_risk(outlook)}",
        (("Stay", STAY), ("Leave it running", LEAVE), ("Stop it", STOP)),
    )


def _still(seconds: float, leaving: bool) -> Choice:
    return Choice(
        f"Terraform has been stopping for {seconds:.0f} s",
        "It saves its state and gives back its lock; that takes a few seconds. Only if it hangs, break it off: "
        "its providers are killed, and what they asked of AWS last is known to nobody. "
        f"To do that, type {WORD}.",
        (("Wait", STAY), *((("Leave it to itself", LEAVE),) if leaving else ()), ("Break off", BREAK)),
        typed=WORD,
    )


def _standing(outlook: Outlook) -> str:
    count = f"{outlook.done} of {outlook.total} are done." if outlook.total else ""
    left = outlook.left()
    return f"{left}; {count}" if left and count else count


def _risk(outlook: Outlook) -> str:
    """What may be half-made when it is stopped now."""
    now = list(outlook.under_way)
    if not now:
        return "If it is stopped now, it saves its state first."
    return (
        f"It is at {_named(now)}. If it is stopped now, AWS may have that without Terraform's state knowing; "
        "the wizard looks for it afterwards."
    )


def _named(addresses: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(one_line(each, 60) for each in addresses[:most])
    more = len(addresses) - most
    return f"{shown} and {more} more" if more > 0 else shown
