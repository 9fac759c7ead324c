"""The journey: which step is next, which are done, which must be done again, and how one is performed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar, Protocol

from wizard.core.chain import Chain
from wizard.core.drive import Asker, drive, with_memory, with_tips
from wizard.core.event import Ask, Event, Forgotten, Noted, Run
from wizard.core.facts import Facts
from wizard.core.finding import Finding
from wizard.core.journal import Journal
from wizard.core.memory import Memory
from wizard.core.problem import Problem, StoppedAt
from wizard.core.question import Answers
from wizard.core.stopping import Stopping


class Status(Enum):
    """Where a step stands, as a word and a glyph."""

    LATER = ("later", "○")
    """Something before it is not done yet."""
    READY = ("ready", "◇")
    RUNNING = ("running", "●")
    DONE = ("done", "✓")
    STALE = ("again", "↻")
    """It was done, but what it rested on has changed."""
    STOPPED = ("stopped", "✗")

    @property
    def word(self) -> str:
        return self.value[0]

    @property
    def glyph(self) -> str:
        return self.value[1]


class StepLike(Protocol):
    """What the flow needs of a step; `wizard.steps.step.Step` is the real thing."""

    id: ClassVar[str]
    title: ClassVar[str]
    fact: ClassVar[type]
    needs: ClassVar[tuple[type, ...]]

    def run(self, facts: Facts, services: Any) -> Run[Any]: ...
    def prove(self, facts: Facts, services: Any) -> list[Finding]: ...


class Flow:
    """One session through the steps. Every front end holds one and nothing else."""

    def __init__(
        self,
        steps: Sequence[StepLike],
        open_services: Callable[[], Any],
        *,
        memory: Memory,
        journal: Journal,
        clock: Callable[[], float] = time.monotonic,
        pace: float = 1.0,
        tips: Mapping[str, str] | None = None,
        keep: Callable[[object], None] = lambda _: None,
        forget: Callable[..., None] = lambda *_: None,
        known: Iterable[object] = (),
        ending: str = "The journey is complete.",
    ) -> None:
        """`keep` is given facts as they are proven, the chain as it is seen, and why a step stopped; `forget` the
        kinds of facts that are true no more. `known` are facts from before; `ending` is said when every step is done.
        """
        self.steps = tuple(steps)
        self._open_services = open_services
        self._services: Any = None
        self.facts = Facts({step.fact: step.needs for step in steps})
        for fact in known:
            self.facts = self.facts.put(fact)
        self.seconds: dict[str, float] = {}
        """Wall time of the last run of each step."""
        self.problems: dict[str, Problem] = {}
        """Why a step stopped, until it is tried again."""
        self._memory = memory
        self._journal = journal
        self._clock = clock
        self._pace = pace
        self._tips = tips or {}
        """Said beside the question `step.question`: what a pretend world wants to hear."""
        self._keep = keep
        self._forget = forget
        self.ending = ending
        self._idle = Stopping()
        self._running = ""
        self._ever_done: set[str] = set()
        self._lock = threading.Lock()

    @property
    def services(self) -> Any:
        """What steps reach the outside with; opened on first use, which may take seconds: not on a UI thread."""
        if self._services is None:
            self._services = self._open_services()
        return self._services

    @property
    def stopping(self) -> Stopping:
        """What changes something right now, and how it is stopped. Never opens the services."""
        return getattr(self._services, "stopping", self._idle)

    def step(self, id: str) -> StepLike:
        """The step of this id. Raises KeyError with the known ids."""
        for step in self.steps:
            if step.id == id:
                return step
        raise KeyError(f"{id} is not a step; the steps are {', '.join(s.id for s in self.steps)}")

    def status(self, step: StepLike) -> Status:
        if step.id == self._running:
            return Status.RUNNING
        if step.id in self.problems:
            return Status.STOPPED
        if step.fact in self.facts:
            return Status.DONE
        if not self.ready(step):
            return Status.LATER
        return Status.STALE if step.id in self._ever_done else Status.READY

    def ready(self, step: StepLike) -> bool:
        """Everything the step rests on is known."""
        return all(need in self.facts for need in step.needs)

    def next_step(self) -> StepLike | None:
        """The first step that is not done, or None at the end of the journey."""
        return next((step for step in self.steps if step.fact not in self.facts), None)

    def past(self, step: StepLike) -> StepLike | None:
        """The next step after a stopped one that does not rest on it."""
        later = self.steps[self.steps.index(step) + 1 :] if step in self.steps else ()
        return next((each for each in later if self.status(each) is Status.READY), None)

    def perform(
        self, step: StepLike, *, on_event: Callable[[Event], None], asker: Asker, cancel: threading.Event
    ) -> object:
        """Run one step to its end and keep its fact. Raises Problem or Cancelled; blocks until then.

        One step runs at a time; facts that rested on an earlier result fall away when the new one differs.
        """
        with self._lock:
            self._running = step.id
            self.problems.pop(step.id, None)
            began = self._clock()
            try:
                fact = drive(
                    step.id,
                    step.run(self.facts, self.services),
                    on_event=lambda event: self._report(step.id, event, on_event),
                    asker=_Remembering(self._memory, self._tips, asker),
                    cancel=cancel,
                    pace=self._pace,
                )
            except Problem as problem:
                self.problems[step.id] = problem
                self.facts = self.facts.drop(step.fact)
                self._journal.problem(step.id, problem)
                with contextlib.suppress(Problem):
                    self._keep(StoppedAt(step.id, step.fact, problem))
                raise
            finally:
                self._running = ""
                self.seconds[step.id] = self._clock() - began
            self.facts = self.facts.put(fact)
            self._ever_done.add(step.id)
            self._keep(fact)
            return fact

    def saw(self, chain: Chain) -> None:
        """Keep how the chain is seen, outside of any run. What cannot be written down is let go."""
        with contextlib.suppress(Problem):
            self._keep(chain)

    def forget(self, step: StepLike) -> None:
        """Drop what the step proved, and everything that rests on it."""
        self.facts = self.facts.drop(step.fact)

    def close(self) -> None:
        self._journal.close()

    def _report(self, step: str, event: Event, on_event: Callable[[Event], None]) -> None:
        self._journal.event(step, event)
        if isinstance(event, Chain):
            self._keep(event)
        if isinstance(event, Noted):
            self.facts = self.facts.put(event.fact)
            self._keep(event.fact)
            return
        if isinstance(event, Forgotten):
            # Here they stay: the steps that follow still have to know what was done.
            self._forget(*event.kinds)
            return
        on_event(event)


class _Remembering:
    """An asker that offers earlier answers as defaults, says tips, and keeps the new answers."""

    def __init__(self, memory: Memory, tips: Mapping[str, str], asker: Asker) -> None:
        self._memory = memory
        self._tips = tips
        self._asker = asker

    def answer(self, step: str, ask: Ask) -> Answers:
        offered = with_tips(step, with_memory(step, ask, self._memory.recall), self._tips)
        answers = self._asker.answer(step, offered)
        self._memory.keep(step, ask, answers)
        return answers
