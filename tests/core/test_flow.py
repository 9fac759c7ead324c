import threading
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from wizard.core.event import Ask, Event, Forgotten, Line, Noted, Run, Wait
from wizard.core.facts import Facts
from wizard.core.finding import Finding
from wizard.core.flow import Flow, Status
from wizard.core.journal import Journal
from wizard.core.journey import Script, Visit, visits
from wizard.core.memory import Memory
from wizard.core.problem import Cancelled, Problem
from wizard.core.question import Answers, Kind, Question, confirm
from wizard.core.redact import Redactor


@dataclass(frozen=True)
class Name:
    text: str


@dataclass(frozen=True)
class Greeting:
    text: str


class AskName:
    id: ClassVar[str] = "name"
    title: ClassVar[str] = "Ask a name"
    fact: ClassVar[type] = Name
    needs: ClassVar[tuple[type, ...]] = ()

    def run(self, facts: Facts, services: Any) -> Run[Name]:
        answers = yield Ask(
            (Question("name", "Your name?"), Question("pin", "PIN?", Kind.SECRET, optional=True))
        )
        yield Wait(0.0)
        return Name(answers["name"])

    def prove(self, facts: Facts, services: Any) -> list[Finding]:
        return []


class Greet(AskName):
    id: ClassVar[str] = "greet"
    fact: ClassVar[type] = Greeting
    needs: ClassVar[tuple[type, ...]] = (Name,)

    def run(self, facts: Facts, services: Any) -> Run[Greeting]:  # type: ignore[override]  # another fact
        if (yield Ask((confirm("really", "Really?"),)))["really"] == "no":
            raise Problem("greet.declined", "No greeting.", "You said no.", "Say yes.", step="name")
        yield Line(f"Hello {facts.need(Name).text}")
        return Greeting(f"Hello {facts.need(Name).text}")


def flow(memory: Memory | None = None) -> Flow:
    return Flow(
        (AskName(), Greet()),
        lambda: None,
        memory=memory or Memory(None),
        journal=Journal(None, Redactor()),
        pace=0,
    )


def perform(held: Flow, step: str, **answers: str) -> list[Event]:
    seen: list[Event] = []
    held.perform(
        held.step(step), on_event=seen.append, asker=Script(Visit(step, answers)), cancel=threading.Event()
    )
    return seen


def states(held: Flow) -> list[Status]:
    return [held.status(step) for step in held.steps]


def test_statuses_follow_from_facts() -> None:
    held = flow()
    assert states(held) == [Status.READY, Status.LATER]
    perform(held, "name", name="Ada")
    assert states(held) == [Status.DONE, Status.READY]
    perform(held, "greet", really="yes")
    assert states(held) == [Status.DONE, Status.DONE]
    assert held.next_step() is None
    perform(held, "name", name="Grace")
    assert states(held) == [Status.DONE, Status.STALE]
    assert held.next_step() is held.step("greet")


def test_a_problem_stops_the_step_until_it_is_tried_again() -> None:
    held = flow()
    perform(held, "name", name="Ada")
    with pytest.raises(Problem, match="No greeting"):
        perform(held, "greet", really="no")
    assert held.status(held.step("greet")) is Status.STOPPED
    assert held.problems["greet"].step == "name"
    perform(held, "greet", really="yes")
    assert held.status(held.step("greet")) is Status.DONE


def test_a_yes_is_never_taken_from_memory_and_never_for_granted(tmp_path: Any) -> None:
    held = flow(Memory(tmp_path / "answers.json"))
    perform(held, "name", name="Ada", pin="1234")
    perform(held, "greet", really="yes")
    again = flow(Memory(tmp_path / "answers.json"))
    perform(again, "name")
    assert again.facts.need(Name) == Name("Ada")
    with pytest.raises(Problem) as stopped:
        perform(again, "greet")
    assert stopped.value.code == "answers.missing"
    assert stopped.value.evidence == ("greet.really: Really?",)
    kept = (tmp_path / "answers.json").read_text()
    assert "1234" not in kept
    assert "really" not in kept


def test_a_pretend_world_says_beside_the_question_what_it_wants_to_hear() -> None:
    held = Flow(
        (AskName(),),
        lambda: None,
        memory=Memory(None),
        journal=Journal(None, Redactor()),
        tips={"name.name": "In this demo: Ada"},
    )
    asked: list[Ask] = []

    class Asker:
        def answer(self, step: str, ask: Ask) -> Answers:
            asked.append(ask)
            return {"name": "Ada"}

    held.perform(held.step("name"), on_event=lambda _: None, asker=Asker(), cancel=threading.Event())
    name, pin = asked[0].questions
    assert name.help == "In this demo: Ada"
    assert name.default == ""
    assert pin.help == ""


def test_cancel_ends_a_wait_at_once_and_keeps_the_facts() -> None:
    held = flow()
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        held.perform(held.step("name"), on_event=lambda _: None, asker=Script(Visit("name")), cancel=cancel)
    assert held.status(held.step("name")) is Status.READY


def test_every_missing_answer_is_named_at_once() -> None:
    ask = Ask((Question("a", "First?"), Question("b", "Second?"), Question("c", "Third?", default="x")))
    with pytest.raises(Problem) as stopped:
        Script(Visit("some")).answer("some", ask)
    assert stopped.value.evidence == ("some.a: First?", "some.b: Second?")


def test_an_answer_that_will_not_do_stops_with_its_reason() -> None:
    class Fussy(AskName):
        def run(self, facts: Facts, services: Any) -> Run[Name]:
            answers: Answers = yield Ask(
                (Question("name", "Name?", check=lambda text: "Too short." if len(text) < 3 else None),)
            )
            return Name(answers["name"])

    held = Flow((Fussy(),), lambda: None, memory=Memory(None), journal=Journal(None, Redactor()))
    with pytest.raises(Problem) as stopped:
        perform(held, "name", name="Al")
    assert stopped.value.evidence == ("name.name: Too short.",)


def test_a_visit_must_name_a_step() -> None:
    with pytest.raises(Problem, match="brew is not a step"):
        visits([{"step": "brew"}], ["name", "greet"])


def test_services_are_opened_once_and_late() -> None:
    opened: list[int] = []

    def open_services() -> str:
        opened.append(1)
        return "open"

    held = Flow(
        (AskName(),),
        open_services,
        memory=Memory(None),
        journal=Journal(None, Redactor()),
    )
    assert opened == []
    perform(held, "name", name="Ada")
    assert (held.services, opened) == ("open", [1])


@dataclass(frozen=True)
class Mark:
    text: str


class Marking(AskName):
    id: ClassVar[str] = "marking"

    def run(self, facts: Facts, services: Any) -> Run[Name]:
        yield Noted(Mark("made"))
        yield Forgotten((Greeting,))
        raise Problem("marking.failed", "It failed afterwards.", "It does.", "Try again.")


def test_what_was_noted_outlasts_a_failed_step_and_what_is_forgotten_stays_known_here() -> None:
    kept: list[object] = []
    gone: list[type] = []
    held = Flow(
        (Marking(), Greet()),
        lambda: None,
        memory=Memory(None),
        journal=Journal(None, Redactor()),
        keep=kept.append,
        forget=lambda *kinds: gone.extend(kinds),
        known=[Greeting("from before")],
    )
    seen: list[Event] = []
    with pytest.raises(Problem):
        held.perform(
            held.step("marking"),
            on_event=seen.append,
            asker=Script(Visit("marking")),
            cancel=threading.Event(),
        )
    assert (kept[0], gone, seen) == (Mark("made"), [Greeting], [])
    assert held.facts.get(Mark) == Mark("made")


def test_past_a_step_that_stopped_comes_the_next_that_does_not_rest_on_it() -> None:
    held = flow()
    assert held.past(held.step("name")) is None
    held.facts = held.facts.put(Name("Ann"))
    assert held.past(held.step("name")) is held.step("greet")
