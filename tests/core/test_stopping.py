"""One rule for stopping: the first press asks, the second stage needs a word, and each acts once."""

from __future__ import annotations

import pytest

from wizard.core.stopping import BREAK, LEAVE, STAY, STOP, Outlook, Stage, Stopping


class Work:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def interrupt(self) -> None:
        self.heard.append("interrupt")

    def kill_children(self) -> None:
        self.heard.append("kill children")


def test_nothing_under_way_asks_nothing_and_hears_nothing() -> None:
    stopping = Stopping()
    stopping.answer(STOP)
    assert (stopping.ask(), stopping.ask(leaving=True), stopping.stage) == (None, None, Stage.IDLE)


def test_the_first_press_only_asks() -> None:
    work, stopping = Work(), Stopping()
    stopping.begin(work, Outlook())
    choice = stopping.ask()
    assert choice is not None
    assert choice.buttons == (("Let it finish", STAY), ("Stop it", STOP))
    assert (work.heard, stopping.stage) == ([], Stage.WORKING)


def test_leaving_offers_to_stay_to_leave_it_running_or_to_stop_it() -> None:
    stopping = Stopping()
    stopping.begin(Work(), Outlook())
    choice = stopping.ask(leaving=True)
    assert choice is not None
    assert [answer for _, answer in choice.buttons] == [STAY, LEAVE, STOP]


@pytest.mark.parametrize("answer", [STAY, LEAVE, BREAK, ""])
def test_other_answers_do_nothing_to_work_that_was_not_interrupted(answer: str) -> None:
    work, stopping = Work(), Stopping()
    stopping.begin(work, Outlook())
    stopping.answer(answer)
    assert (work.heard, stopping.stage) == ([], Stage.WORKING)


def test_each_stage_acts_once_and_in_order() -> None:
    now = [10.0]
    work, stopping = Work(), Stopping(clock=lambda: now[0])
    stopping.begin(work, Outlook())
    for _ in range(3):
        stopping.answer(STOP)
    assert (work.heard, stopping.stage) == (["interrupt"], Stage.STOPPING)
    now[0] += 12
    choice = stopping.ask()
    assert choice is not None
    assert "12 s" in choice.title
    assert choice.typed == "break"
    assert choice.buttons[0][1] == STAY
    for _ in range(3):
        stopping.answer(BREAK)
    assert (work.heard, stopping.stage) == (["interrupt", "kill children"], Stage.BROKEN)
    assert stopping.stopping_for == 0
    stopping.end(work)
    assert (stopping.stage, stopping.ask()) == (Stage.IDLE, None)


def test_an_answer_that_comes_too_late_hits_nobody() -> None:
    first, second, stopping = Work(), Work(), Stopping()
    stopping.begin(first, Outlook())
    stopping.end(first)
    stopping.answer(STOP)
    stopping.begin(second, Outlook())
    stopping.end(first)
    assert (first.heard, second.heard, stopping.stage) == ([], [], Stage.WORKING)


@pytest.mark.parametrize(
    ("outlook", "words"),
    [
        (Outlook(5, 10, {}, 30.0), "About 30 s are left; 5 of 10 are done."),
        (Outlook(1, 11, {}, 30.0), "About 5 min are left; 1 of 11 are done."),
        (Outlook(0, 10, {}, 30.0), "0 of 10 are done."),
        (Outlook(10, 10, {}, 30.0), "10 of 10 are done."),
        (Outlook(0, 0, {"a.b": 4.0}, 1.0), "It is at a.b."),
        (Outlook(0, 5, {f"a.b{n}": 4.0 for n in range(5)}, 1.0), "It is at a.b0, a.b1, a.b2 and 2 more."),
    ],
)
def test_it_says_how_long_and_what_may_be_half_made(outlook: Outlook, words: str) -> None:
    stopping = Stopping()
    stopping.begin(Work(), outlook)
    choice = stopping.ask()
    assert choice is not None
    assert words in choice.text
