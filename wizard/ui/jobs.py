"""The one door through which steps are run: a thread works, the screen is told in batches, the end is always told."""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual.message import Message

from wizard.core.event import Ask, Event, Wait
from wizard.core.flow import Flow, StepLike
from wizard.core.problem import Cancelled, Problem
from wizard.core.question import Answers
from wizard.core.text import one_line

LEAST, USUAL, BATCH = 250, 2_000, 5_000
"""Events handed to the screen at once: as many as `WORK` allows, from and to, and what is tried first."""
MOST = 8_000
"""Events that wait for the screen at most."""
WORK = 0.01
"""Processor seconds that showing a batch may take: a key pressed meanwhile waits for no more."""
EVERY = 0.05
"""Least seconds between two batches while the screen keeps up."""
REST = 0.03
"""Seconds between two batches while it does not: for keys, and for one painting."""


@dataclass(frozen=True)
class Begun:
    """A run begins; what an earlier run showed may go."""


@dataclass(frozen=True)
class Asked:
    """The run waits for answers. The questions already offer what was answered last time."""

    ask: Ask


@dataclass(frozen=True)
class Done:
    """The step is proven."""

    fact: object


@dataclass(frozen=True)
class Stopped:
    """The step could not go on."""

    problem: Problem


@dataclass(frozen=True)
class Halted:
    """The operator stopped the run."""


Moment = Event | Begun | Asked | Done | Stopped | Halted
TURNS = frozenset({Begun, Asked, Done, Stopped, Halted})
"""Moments that turn a run, not events of it: everything else is by far the most."""


class Lent(Message):
    """A run wants the terminal for a command; it waits for the answer."""

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self.ask = ask


class At(NamedTuple):
    """A moment of a step and when it came, in seconds of the jobs' clock."""

    step: str
    when: float
    moment: Moment


class Jobs:
    """Runs one step at a time in a thread of its own.

    `start`, `answer` and `stop` are called by message handlers. `tell` posts a message from any thread; what it
    says is that `take` has something to hand over.
    """

    class News(Message):
        """Something has come; call `take`."""

    def __init__(
        self,
        flow: Flow,
        tell: Callable[[Message], object],
        *,
        clock: Callable[[], float] = time.monotonic,
        redact: Callable[[str], str] = str,
    ) -> None:
        self._flow = flow
        self._tell = tell
        self._clock = clock
        self._redact = redact
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._news: deque[At] = deque()
        self._told = False
        self._replies: queue.SimpleQueue[Answers | None] = queue.SimpleQueue()
        self._cancel = threading.Event()
        self._thread: threading.Thread | None = None
        self._wait: Wait | None = None
        """What the run waits for, while nothing else happens."""
        self.running: str = ""
        """Id of the step under way, or empty."""
        self.waiting = False
        """The step under way waits for answers, so nothing happens meanwhile."""

    def start(self, step: StepLike) -> bool:
        """Begin a run; False when one is under way."""
        with self._lock:
            if self.running:
                return False
            self.running, self.waiting, self._wait = step.id, False, None
        self._cancel = threading.Event()
        self._replies = queue.SimpleQueue()
        self.report(step.id, Begun())
        self._thread = threading.Thread(
            target=self._work, args=(step, self._cancel, self._replies), name=f"step-{step.id}", daemon=True
        )
        self._thread.start()
        return True

    def answer(self, answers: Answers) -> None:
        """Answer the questions that the run waits for."""
        if self.waiting:
            self.waiting = False
            self._replies.put(answers)

    def stop(self) -> None:
        """End the run between two of its events; a wait or a question ends at once."""
        self._cancel.set()
        with self._lock:
            self._room.notify_all()
        self._replies.put(None)

    def close(self, patience: float = 2.0) -> None:
        """Stop, and give the run `patience` seconds to leave things in order."""
        self.stop()
        if self._thread is not None:
            self._thread.join(patience)

    def take(self, most: int = BATCH) -> list[At]:
        """What has come, oldest first, at most so many."""
        with self._lock:
            batch = [self._news.popleft() for _ in range(min(most, len(self._news)))]
            self._told = bool(self._news)
            if len(self._news) <= MOST // 2:
                self._room.notify_all()
        return batch

    @property
    def more(self) -> bool:
        """There is more to take."""
        return self._told

    def _work(
        self, step: StepLike, cancel: threading.Event, replies: queue.SimpleQueue[Answers | None]
    ) -> None:
        end: Moment
        try:
            fact = self._flow.perform(
                step,
                on_event=lambda event: self._heard(step.id, event, cancel),
                asker=_Waiting(self, cancel, replies),
                cancel=cancel,
            )
            end = Done(fact)
        except Cancelled:
            end = Halted()
        except Problem as problem:
            end = Stopped(problem)
        except Exception as fault:  # noqa: BLE001  # whatever it is, the operator sees a card and nothing is lost
            end = Stopped(self._unexpected(step, fault))
        with self._lock:
            self.running, self.waiting = "", False
        self.report(step.id, end)

    def _heard(self, step: str, event: Event, cancel: threading.Event) -> None:
        """Tell an event; who runs far ahead of the screen waits for it, which costs both of them less.

        Twenty times a second a command that says nothing is looked at: the same wait again is no news.
        """
        if event == self._wait:
            return
        self._wait = event if isinstance(event, Wait) else None
        if len(self._news) >= MOST:
            with self._lock:
                self._room.wait_for(lambda: len(self._news) <= MOST // 2 or cancel.is_set(), 10)
        self.report(step, event)

    def _unexpected(self, step: StepLike, fault: Exception) -> Problem:
        trace = self._redact("".join(traceback.format_exception(fault)))
        problem = Problem(
            code="wizard.fault",
            what="The wizard met something it did not expect.",
            why=self._redact(one_line(f"{type(fault).__name__}: {fault}")),
            remedy="Try again. If it happens again, report it with the text that the c key copies.",
            evidence=tuple(one_line(line) for line in trace.splitlines() if line.strip()),
            copy=trace,
        )
        self._flow.problems[step.id] = problem
        return problem

    def report(self, step: str, moment: Moment) -> None:
        """Note a moment, from any thread, and let the screen know."""
        with self._lock:
            self._news.append(At(step, self._clock(), moment))
            first, self._told = not self._told, True
        if first:
            try:
                self._tell(Jobs.News())
            except RuntimeError:
                # The loop has ended: nobody looks any more.
                self._cancel.set()


class _Waiting:
    """An asker that lets the thread wait until the screen answers."""

    def __init__(
        self, jobs: Jobs, cancel: threading.Event, replies: queue.SimpleQueue[Answers | None]
    ) -> None:
        self._jobs = jobs
        self._cancel = cancel
        self._replies = replies

    def answer(self, step: str, ask: Ask) -> Answers:
        self._jobs.waiting = True
        self._jobs.report(step, Asked(ask))
        reply = None if self._cancel.is_set() else self._replies.get()
        if reply is None:
            raise Cancelled
        return reply


def by_step(moments: Sequence[At]) -> list[tuple[str, list[At]]]:
    """Runs of moments of the same step, in order."""
    parts: list[tuple[str, list[At]]] = []
    for at in moments:
        if not parts or parts[-1][0] != at.step:
            parts.append((at.step, []))
        parts[-1][1].append(at)
    return parts
