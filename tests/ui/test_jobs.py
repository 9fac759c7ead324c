"""The one door: every end is told, questions wait, stopping wakes them, nothing secret leaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

from textual.message import Message

from wizard.core.event import Ask, Line, Run, Wait
from wizard.core.finding import Finding
from wizard.core.flow import Flow
from wizard.core.journal import Journal
from wizard.core.memory import Memory
from wizard.core.problem import Problem
from wizard.core.question import Question
from wizard.core.redact import Redactor
from wizard.ui.jobs import BATCH, MOST, Asked, At, Begun, Done, Halted, Jobs, Stopped


class _Fact:
    pass


class _Step:
    id: ClassVar = "one"
    title: ClassVar = "One"
    fact: ClassVar[type] = _Fact
    needs: ClassVar[tuple[type, ...]] = ()

    def __init__(self, body: Callable[[], Run[Any]]) -> None:
        self._body = body

    def run(self, facts: object, services: object) -> Run[Any]:
        return self._body()

    def prove(self, facts: object, services: object) -> list[Finding]:
        return []


class _Desk:
    """Jobs over one step, and everything they told."""

    def __init__(self, body: Callable[[], Run[Any]]) -> None:
        self.step = _Step(body)
        self.flow = Flow([self.step], lambda: None, memory=Memory(None), journal=Journal(None, Redactor()))
        self.news = 0
        self.jobs = Jobs(self.flow, self._tell, redact=Redactor())
        self.seen: list[At] = []

    def until(self, kind: type) -> Any:
        """The first moment of this kind, once it has come."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            self.seen += self.jobs.take()
            for at in self.seen:
                if isinstance(at.moment, kind):
                    return at.moment
            time.sleep(0.005)
        raise AssertionError(f"never came: {kind.__name__}")

    def _tell(self, message: Message) -> None:
        self.news += 1


def test_a_run_begins_reports_and_ends_with_its_fact() -> None:
    def body() -> Run[_Fact]:
        yield Line("hello")
        return _Fact()

    desk = _Desk(body)
    assert desk.jobs.start(desk.step)
    assert isinstance(desk.until(Done).fact, _Fact)
    assert [type(at.moment) for at in desk.seen] == [Begun, Line, Done]
    assert desk.jobs.running == ""


def test_only_one_step_runs_at_a_time() -> None:
    def body() -> Run[_Fact]:
        yield Wait(60)
        return _Fact()

    desk = _Desk(body)
    assert desk.jobs.start(desk.step)
    assert not desk.jobs.start(desk.step)
    desk.jobs.close()
    desk.until(Halted)


def test_a_question_waits_for_its_answer() -> None:
    heard: dict[str, str] = {}

    def body() -> Run[_Fact]:
        heard.update((yield Ask((Question("name", "Name?"),))))
        return _Fact()

    desk = _Desk(body)
    desk.jobs.start(desk.step)
    desk.until(Asked)
    assert desk.jobs.waiting
    desk.jobs.answer({"name": "ann"})
    desk.until(Done)
    assert heard == {"name": "ann"}


def test_stopping_wakes_a_question() -> None:
    closed = threading.Event()

    def body() -> Run[_Fact]:
        try:
            yield Ask((Question("name", "Name?"),))
        finally:
            closed.set()
        return _Fact()

    desk = _Desk(body)
    desk.jobs.start(desk.step)
    desk.until(Asked)
    desk.jobs.stop()
    desk.until(Halted)
    assert closed.is_set()
    assert desk.jobs.start(desk.step), "an old stop does not stop the next run"
    assert len([at for at in desk.seen if isinstance(at.moment, Halted)]) == 1
    desk.jobs.close()


def test_a_problem_and_a_fault_both_end_in_a_problem() -> None:
    def stops() -> Run[_Fact]:
        yield Line("x")
        raise Problem("code", "what", "why", "remedy")

    def breaks() -> Run[_Fact]:
        yield Line("x")
        raise KeyError("AKIA" + "A" * 16)

    stopped = _Desk(stops)
    stopped.jobs.start(stopped.step)
    assert stopped.until(Stopped).problem.code == "code"
    broken = _Desk(breaks)
    broken.jobs.start(broken.step)
    problem = broken.until(Stopped).problem
    assert problem.code == "wizard.fault"
    assert "AKIA" + "A" * 16 not in str(problem.as_dict())
    assert broken.flow.problems["one"] is problem


def test_thousands_of_events_come_in_batches_and_never_far_ahead_of_the_screen() -> None:
    far = threading.Event()

    def body() -> Run[_Fact]:
        for number in range(2 * MOST):
            if number == BATCH:
                far.set()
            yield Line(str(number))
        return _Fact()

    desk = _Desk(body)
    desk.jobs.start(desk.step)
    assert far.wait(10)
    assert desk.jobs.running
    assert desk.news == 1
    first = desk.jobs.take()
    assert len(first) == BATCH
    assert desk.jobs.more
    desk.seen += first
    desk.until(Done)
    lines = [at.moment.text for at in desk.seen if isinstance(at.moment, Line)]
    assert lines == [str(number) for number in range(2 * MOST)]


def test_the_same_wait_again_is_no_news() -> None:
    def body() -> Run[_Fact]:
        for reason in ("", "", "for the lock", "for the lock", ""):
            yield Wait(0.001, reason)
        yield Line("x")
        yield Wait(0.001)
        return _Fact()

    desk = _Desk(body)
    desk.jobs.start(desk.step)
    desk.until(Done)
    said = [at.moment.reason for at in desk.seen if isinstance(at.moment, Wait)]
    assert said == ["", "for the lock", "", ""]


def test_who_waits_for_the_screen_is_stopped_at_once() -> None:
    far = threading.Event()

    def body() -> Run[_Fact]:
        for _ in range(MOST - 1):
            yield Line("more")
        far.set()
        yield Line("one too many")
        return _Fact()

    desk = _Desk(body)
    desk.jobs.start(desk.step)
    assert far.wait(10)
    desk.jobs.close()
    assert not desk.jobs.running
    desk.until(Halted)


def test_when_nobody_listens_any_more_the_run_ends() -> None:
    def body() -> Run[_Fact]:
        yield Line("x")
        yield Wait(60)
        return _Fact()

    def gone(message: Message) -> None:
        raise RuntimeError("Event loop is closed")

    desk = _Desk(body)
    desk.jobs = Jobs(desk.flow, gone)
    desk.jobs.start(desk.step)
    desk.until(Halted)
