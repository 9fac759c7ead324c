"""A form whose defaults will do, and whose rest is one key away."""

from __future__ import annotations

import asyncio

import pytest

from tests.ui.widgets.bench import FormBench
from wizard.core.event import Ask
from wizard.core.question import NO, YES, Answers, Choice, Kind, Question

FIELDS = (
    Question("a", "First", default="1"),
    Question("b", "Second", default="2", check=lambda b: "No." * (b == "x")),
)
REST = Question(
    "rest", "The rest", Kind.CHOICE, choices=(Choice(NO, "Go on"), Choice(YES, "Show 3 more")), default=NO
)


SETTLED = Ask((*FIELDS, REST), more="rest", settled=True)


@pytest.mark.parametrize(
    ("ask", "keys", "heard"),
    [
        (SETTLED, ["enter"], {"a": "1", "b": "2", "rest": NO}),
        (SETTLED, ["ctrl+o"], {"a": "1", "b": "2", "rest": YES}),
        (SETTLED, ["5", "ctrl+o"], {"a": "5", "b": "2", "rest": YES}),
        # Whoever changes something is led through the rest as ever.
        (SETTLED, ["5", "enter"], None),
        (SETTLED, ["5", "enter", "enter"], {"a": "5", "b": "2", "rest": NO}),
        (SETTLED, ["tab", "x", "ctrl+o"], None),
        (SETTLED, ["tab", "tab", "tab", "enter"], {"a": "1", "b": "2", "rest": YES}),
        (Ask(FIELDS), ["enter"], None),
        (Ask(FIELDS), ["ctrl+o"], None),
        (Ask(FIELDS), ["enter", "enter"], {"a": "1", "b": "2"}),
    ],
)
def test_what_is_answered(ask: Ask, keys: list[str], heard: Answers | None) -> None:
    async def pressing() -> list[Answers]:
        app = FormBench(ask)
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press(*keys)
            await pilot.pause()
            return app.heard

    assert asyncio.run(pressing()) == ([heard] if heard is not None else [])


def test_the_key_is_on_the_screen_where_there_is_more() -> None:
    async def shown(ask: Ask) -> tuple[bool, list[str]]:
        app = FormBench(ask)
        async with app.run_test() as pilot:
            await pilot.pause()
            bound = [each.binding.id for each in app.screen.active_bindings.values() if each.enabled]
            return "form.more" in bound, [str(button.label) for button in app.query("Choice")]  # type: ignore[attr-defined]  # a Button

    assert asyncio.run(shown(SETTLED)) == (True, ["Continue", "Show 3 more (ctrl+o)"])
    assert asyncio.run(shown(Ask(FIELDS))) == (False, ["Continue"])
