"""The layout in which evidence gives way to the question."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.layout import Layout
from textual.widgets import Button, Static

from wizard.ui.stack import YIELDS, Stack


class Column(Vertical):
    def __init__(self) -> None:
        super().__init__()
        self._stack = Stack()

    @property
    def layout(self) -> Layout:
        return self._stack


class Bench(App[None]):
    CSS = "VerticalScroll { height: auto; } Static { height: auto; } Button { height: 1; border: none; }"

    def __init__(self, upper: int, lower: int) -> None:
        super().__init__()
        self._upper, self._lower = upper, lower

    def compose(self) -> ComposeResult:
        with Column():
            yield Static("title", id="fixed")
            with VerticalScroll(id="upper", classes=YIELDS):
                yield Static("\n".join("x" * self._upper))
            with VerticalScroll(id="lower", classes=YIELDS):
                yield Static("\n".join("x" * (self._lower - 1)))
                yield Button("Go", compact=True)


@pytest.mark.parametrize(
    ("upper", "lower", "heights"),
    [(3, 5, (1, 3, 5)), (100, 5, (1, 14, 5)), (100, 100, (1, 4, 15)), (1, 100, (1, 1, 18))],
)
def test_the_upper_gives_way_first_then_the_lower(upper: int, lower: int, heights: tuple[int, ...]) -> None:
    async def run() -> None:
        app = Bench(upper, lower)
        async with app.run_test(size=(40, 20)) as pilot:
            app.set_focus(None)
            await pilot.pause()
            shown = tuple(app.query_one(f"#{name}").region.height for name in ("fixed", "upper", "lower"))
            assert shown == heights

    asyncio.run(run())


@pytest.mark.parametrize(("lower", "heights"), [(100, (13, 6)), (5, (14, 5)), (8, (13, 6))])
def test_what_is_read_takes_the_room_but_a_third_stays_for_the_question(
    lower: int, heights: tuple[int, int]
) -> None:
    async def run() -> None:
        app = Bench(100, lower)
        async with app.run_test(size=(40, 20)) as pilot:
            app.set_focus(app.query_one("#upper"))
            app.query_one(Column).refresh(layout=True)
            await pilot.pause()
            assert tuple(app.query_one(f"#{name}").region.height for name in ("upper", "lower")) == heights

    asyncio.run(run())
