"""The card of a problem: its line with a caret, every other fault beside it, and what trying again does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.app import App, ComposeResult

from wizard.core.problem import Problem
from wizard.ui.widgets.card import ProblemCard
from wizard.ui.widgets.told import Excerpt

HOSTILE = "[/x] [bold]not markup[/]"
EXISTS = Problem("terraform.exists", "It is there already.", "By hand.", "Import it.", copy="import {}")
SYNTAX = Problem(
    "terraform.syntax",
    "A file is not valid.",
    "Terraform could not read it.",
    "Mend the line.",
    excerpt=("main.tf line 7", f"7 name = {HOSTILE}", "  ^^^^"),
    again="Plan again",
    also=(EXISTS,),
)


class Bench(App[None]):
    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.card = ProblemCard(problem, "")

    def compose(self) -> ComposeResult:
        yield self.card


def _words(app: Bench) -> str:
    return "\n".join(str(each.content) for each in app.query("Static").results())  # type: ignore[attr-defined]  # Static's


def test_a_card_shows_the_line_what_trying_again_does_and_every_other_fault() -> None:
    async def run() -> None:
        app = Bench(SYNTAX)
        async with app.run_test(size=(80, 24)) as pilot:
            app.card.focus_first()
            await pilot.pause()
            shown = _words(app)
            assert f"│ 7 name = {HOSTILE}\n│   ^^^^" in shown
            assert [str(button.label) for button in app.card.buttons] == ["Plan again", "Back"]
            for key, label in (("right", "Back"), ("right", "Plan again"), ("left", "Back")):
                await pilot.press(key)
                assert str(getattr(app.focused, "label", "")) == label
            app.card.action_beside(1)
            app.card.action_beside(1)
            assert str(getattr(app.focused, "label", "")) == "Back", "two keys typed in one go"
            await pilot.pause()
            (other,) = app.card.others
            assert other.folded
            assert "It is there already." in shown
            assert app.card.copyable().startswith("✗ A file is not valid.")
            head: Any = other.query_one("Heading")
            head.focus()
            await pilot.press("enter")
            assert not other.folded
            assert app.card.copyable() == "import {}"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("start", "end", "row", "caret"),
    [(2, 6, "7 name = x", "  ^^^^"), (90, 94, "…", "        ^^^^")],
)
def test_a_caret_beyond_the_edge_is_brought_into_sight(start: int, end: int, row: str, caret: str) -> None:
    code = "7 name = x" + "y" * 100
    excerpt = Excerpt(("a.tf line 7", code, " " * start + "^" * (end - start)))

    class Alone(App[None]):
        def compose(self) -> ComposeResult:
            yield excerpt

    async def run() -> None:
        async with Alone().run_test(size=(40, 5)) as pilot:
            await pilot.pause()
            head, first, second = str(excerpt.content).splitlines()
            assert head == "│ a.tf line 7"
            assert first.startswith(f"│ {row}")
            assert second == f"│ {caret}"

    asyncio.run(run())
