"""Fields: pastes, faults as typed, previews, secrets."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from textual import events
from textual.content import Content

from tests.ui.widgets.bench import FormBench
from wizard.core.event import Ask
from wizard.core.question import Choice, Kind, Question, confirm
from wizard.ui.widgets.choices import ChoiceField
from wizard.ui.widgets.confirm import ConfirmField
from wizard.ui.widgets.field import LONGEST, LineInput, TextField

TEXT = Question(
    "a", "Address", check=lambda a: None if a.startswith("x") else "It begins with x.", help="Look it up."
)
SECRET = Question("b", "Token", Kind.SECRET)


def asking(*questions: Question) -> FormBench:
    return FormBench(Ask(questions))


def _said(field: TextField) -> str:
    content = field.said.content
    return content.plain if isinstance(content, Content) else str(content)


def _input(app: FormBench, number: int = 0) -> LineInput:
    field = app.form.fields[number]
    assert isinstance(field, TextField)
    return field.input


def test_a_pasted_line_break_never_submits_and_is_kept() -> None:
    async def run() -> None:
        app = asking(Question("a", "Keys"))
        async with app.run_test() as pilot:
            # Terminals send a pasted line break as CR.
            _input(app).post_message(events.Paste("\nexport A=1\rexport B=2\r"))
            await pilot.pause()
            assert app.heard == []
            assert app.form.fields[0].answer == "export A=1\nexport B=2"
            await pilot.press("enter")
            assert app.heard == [{"a": "export A=1\nexport B=2"}]

    asyncio.run(run())


def test_a_huge_paste_is_cut_said_so_and_does_not_freeze() -> None:
    async def run() -> None:
        app = asking(Question("a", "Keys", preview=lambda answer: (f"{len(answer)} characters",)))
        async with app.run_test() as pilot:
            began = time.monotonic()
            _input(app).post_message(events.Paste("x" * 5_000_000))
            await pilot.pause(0.3)
            assert len(_input(app).value) == LONGEST
            field: Any = app.form.fields[0]
            assert "cut at 20,000" in _said(field)
            assert time.monotonic() - began < 10

    asyncio.run(run())


def test_of_a_paste_too_long_for_the_field_what_matters_is_taken() -> None:
    async def run() -> None:
        app = asking(Question("a", "Address", keep=lambda text: "https://x/" if "https://x" in text else ""))
        async with app.run_test() as pilot:
            _input(app).post_message(events.Paste("lorem ipsum\r" * 90_000 + "https://x"))
            await pilot.pause(0.3)
            field: Any = app.form.fields[0]
            assert field.answer == "https://x/"
            assert "what matters in it was taken" in _said(field)
            _input(app).value = ""
            _input(app).post_message(events.Paste("lorem ipsum\r" * 90_000))
            await pilot.pause(0.3)
            assert len(_input(app).value) == LONGEST

    asyncio.run(run())


def test_what_a_terminal_would_obey_is_taken_out_of_a_paste() -> None:
    async def run() -> None:
        app = asking(Question("a", "Keys"))
        async with app.run_test() as pilot:
            _input(app).post_message(events.Paste("a\x1b]52;c;ZXZpbA==\x07b\x1b[2Jc"))
            await pilot.pause()
            assert app.form.fields[0].answer == "abc"

    asyncio.run(run())


def test_a_fault_is_said_as_it_is_typed_and_stops_the_answer() -> None:
    async def run() -> None:
        app = asking(TEXT, SECRET)
        async with app.run_test() as pilot:
            field: Any = app.form.fields[0]
            await pilot.pause(0.2)
            assert "Look it up." in _said(field)
            await pilot.press("y")
            await pilot.pause(0.2)
            assert "It begins with x." in _said(field)
            await pilot.press("enter")
            assert app.focused is _input(app)
            await pilot.press("ctrl+u", "enter")
            assert "This needs an answer.\nLook it up." in _said(field)
            await pilot.press("x", "y", "enter")
            assert app.focused is _input(app, 1)
            await pilot.press("enter")
            assert "This needs an answer." in _said(app.form.fields[1])  # type: ignore[arg-type]  # a TextField
            await pilot.press(*"tok", "enter")
            assert app.heard == [{"a": "xy", "b": "tok"}]

    asyncio.run(run())


def test_a_secret_is_masked_and_can_neither_be_copied_nor_cut() -> None:
    async def run() -> None:
        app = asking(SECRET)
        async with app.run_test() as pilot:
            await pilot.press(*"hunter2")
            await pilot.press("ctrl+a", "ctrl+c")
            await pilot.press("ctrl+x")
            assert app.clipboard == ""
            assert _input(app).value == "hunter2"
            assert "hunter2" not in app.export_screenshot()

    asyncio.run(run())


def test_a_default_is_offered_with_where_it_comes_from() -> None:
    async def run() -> None:
        app = asking(Question("a", "Region", default="us-east-1", origin="from your AWS config file"))
        async with app.run_test() as pilot:
            await pilot.pause(0.2)
            assert "from your AWS config file" in _said(app.form.fields[0])  # type: ignore[arg-type]  # a TextField
            await pilot.press("enter")
            assert app.heard == [{"a": "us-east-1"}]

    asyncio.run(run())


def test_a_choice_that_is_not_available_says_why_and_is_passed_over() -> None:
    async def run() -> None:
        choices = (Choice("a", "A"), Choice("b", "[/b]", unavailable="expired"), Choice("c", "C"))
        app = asking(Question("q", "Which?", Kind.CHOICE, choices=choices))
        async with app.run_test() as pilot:
            field = app.form.fields[0]
            assert isinstance(field, ChoiceField)
            assert "not now: expired" in str(field.roster.options[1].prompt)
            await pilot.press("down", "enter")
            assert app.heard == [{"q": "c"}]

    asyncio.run(run())


def test_a_long_list_is_narrowed_by_typing() -> None:
    async def run() -> None:
        choices = tuple(Choice(str(n), f"Number {n}", "even" if n % 2 == 0 else "odd") for n in range(30))
        app = asking(Question("q", "Which?", Kind.CHOICE, choices=choices, default="4"))
        async with app.run_test() as pilot:
            field = app.form.fields[0]
            assert isinstance(field, ChoiceField)
            assert field.answer == "4"
            await pilot.press(*"2 odd")
            assert [option.id for option in field.roster.options] == ["21", "23", "25", "27", "29"]
            await pilot.press(*"zzz")
            assert field.answer == ""
            await pilot.press("enter")
            assert app.heard == []
            await pilot.press("escape", *"29", "enter")
            assert app.heard == [{"q": "29"}]

    asyncio.run(run())


def test_a_confirm_among_others_is_a_list_with_no_first() -> None:
    async def run() -> None:
        app = asking(Question("a", "Name"), confirm("b", "Sure?"))
        async with app.run_test() as pilot:
            await pilot.press("n", "enter", "enter")
            assert app.heard == [{"a": "n", "b": "no"}]

    asyncio.run(run())


def test_an_enter_typed_right_behind_an_arrow_presses_the_button_it_moved_to() -> None:
    async def run() -> None:
        app = asking(confirm("b", "Sure?"))
        async with app.run_test() as pilot:
            await pilot.pause()
            field = app.form.fields[0]
            assert isinstance(field, ConfirmField)
            assert app.screen.focused is field.no
            field.action_other()
            assert app.screen.focused is field.yes
            field.action_point("no")
            assert app.screen.focused is field.no

    asyncio.run(run())
