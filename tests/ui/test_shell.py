"""The keys of the screen, the rail, sizes, and leaving."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.geometry import Offset
from textual.widgets import Static

from tests.ui.test_journey import KEYS_TO_THE_END
from wizard.core.finding import Finding, Verdict
from wizard.ui.app import LEFT
from wizard.ui.jobs import At
from wizard.ui.screens.help import Help
from wizard.ui.screens.question import QuestionScreen
from wizard.ui.screens.sheet import Sheet

Opens = Callable[..., Any]


def test_a_code_is_shown_copied_and_opened_and_the_wait_can_be_stopped(drive: Opens) -> None:
    async def run() -> None:
        async with drive(hold=60.0) as d:
            await d.press("enter")
            await d.pilot.press("enter")
            await d.until(lambda: "W D J B - M J H T" in d.text)
            await d.until(lambda: "for your approval" in d.text)
            assert "10:00" in d.text
            assert "$ aws sso login --profile prod" in d.text
            await d.pilot.press("c")
            assert d.app.clipboard == "WDJB-MJHT"
            await d.pilot.press("o")
            await d.until(lambda: d.opened)
            assert d.opened == ["https://example.awsapps.com/start/#/device?user_code=WDJB-MJHT"]
            await d.pilot.press("s")
            await d.until(lambda: isinstance(d.app.screen, QuestionScreen))
            await d.pilot.press("right", "enter")
            await d.settled()
            assert "Stopped, as you asked" in d.text

    asyncio.run(run())


def test_a_running_step_goes_on_while_the_operator_looks_elsewhere(drive: Opens) -> None:
    async def run() -> None:
        async with drive(hold=1.5) as d:
            await d.press("enter")
            await d.pilot.press("enter")
            await d.until(lambda: d.app.jobs.running and not d.app.jobs.waiting)
            await d.pilot.press("escape")
            await d.until(lambda: d.shell.here == "start")
            await d.until(lambda: not d.app.jobs.running)
            await d.until(lambda: d.shell.panes["credentials"].card)
            assert d.shell.here == "start"
            await d.press("g", "home", "enter")
            assert d.shell.here == "credentials"
            assert "Done: Sign in to AWS" in d.text

    asyncio.run(run())


def test_quitting_while_something_runs_asks_first(drive: Opens) -> None:
    async def run() -> None:
        async with drive(hold=60.0) as d:
            await d.press("enter")
            await d.pilot.press("enter")
            await d.until(lambda: d.app.jobs.running and not d.app.jobs.waiting)
            await d.pilot.press("ctrl+q")
            await d.until(lambda: "still under way. Leave?" in d.text)
            assert "what is done stays done" in d.text
            await d.pilot.press("ctrl+q", "escape")
            await d.until(lambda: d.app.screen is d.shell)
            assert d.app.jobs.running == "credentials"
            await d.pilot.press("ctrl+q", "right", "enter")
        assert d.app.return_value == LEFT

    asyncio.run(run())


@pytest.mark.parametrize("key", ["ctrl+q", "f10", "ctrl+c"])
def test_quitting_while_nothing_runs_does_not_ask(drive: Opens, key: str) -> None:
    async def run() -> None:
        async with drive() as d:
            await d.pilot.press(key)
            await d.pilot.pause()
        assert d.app.return_value == LEFT

    asyncio.run(run())


def test_help_explains_the_question_and_the_keys(drive: Opens) -> None:
    async def run() -> None:
        async with drive() as d:
            for keys in KEYS_TO_THE_END[:4]:
                await d.press(*keys)
            await d.pilot.press("f1")
            await d.until(lambda: isinstance(d.app.screen, Help))
            assert "Copy it from the address bar" in d.text
            assert "f2" in d.text
            assert "Show or hide the log" in d.text
            await d.pilot.press("escape")
            assert d.app.screen is d.shell

    asyncio.run(run())


def test_letters_are_typed_and_function_keys_act_while_a_field_has_the_focus(drive: Opens) -> None:
    async def run() -> None:
        async with drive() as d:
            for keys in KEYS_TO_THE_END[:4]:
                await d.press(*keys)
            await d.pilot.press(*"nblcrtes")
            assert d.pane.form.fields[0].answer == "nblcrtes"
            shown = {str(key.key_display) for key in d.shell.query("FooterKey")}
            assert {"f2", "f3", "esc"} <= shown
            assert "l" not in shown
            await d.pilot.press("f2")
            assert d.pane.has_class("-log")

    asyncio.run(run())


def test_the_commands_by_hand_are_shown_copied_and_saved(drive: Opens, tmp_path: Path) -> None:
    async def run() -> None:
        async with drive() as d:
            await d.pilot.press("e")
            await d.until(lambda: isinstance(d.app.screen, Sheet))
            assert "echo start" in d.text
            await d.pilot.press("c")
            assert d.app.clipboard == "echo start"
            await d.pilot.press("s")
            await d.until(lambda: "saved:" in d.text)
        saved = tmp_path / "htd-start-commands.sh"
        assert saved.read_text() == "echo start\n"
        assert stat.S_IMODE(saved.stat().st_mode) == 0o600

    asyncio.run(run())


def test_a_finding_opens_with_what_to_do(drive: Opens) -> None:
    async def run() -> None:
        async with drive() as d:
            await d.press("enter")
            await d.press("down", "enter")
            await d.press("enter")
            d.pane.evidence.blocks[0].roster.focus()
            await d.pilot.press("enter")
            await d.until(lambda: isinstance(d.app.screen, Sheet))
            assert "What to do: Attach the statement." in d.text
            await d.pilot.press("c")
            assert d.app.clipboard == '{"Action": "iam:GetRole"}'

    asyncio.run(run())


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
def test_the_buttons_of_a_long_sheet_are_in_sight(drive: Opens, size: tuple[int, int]) -> None:
    async def run() -> None:
        async with drive(size=size) as d:
            d.shell._open_sheet("Long", "\n".join(f"line {n}" for n in range(200)), "long.txt")
            await d.until(lambda: isinstance(d.app.screen, Sheet) and d.app.focused)
            assert d.app.screen.size.region.contains_region(d.app.focused.region)
            await d.pilot.press("pagedown")
            await d.until(lambda: d.app.screen.query_one("VerticalScroll").scroll_offset.y > 0)

    asyncio.run(run())


def test_what_comes_while_the_wizard_leaves_is_let_go(drive: Opens) -> None:
    async def run() -> None:
        async with drive() as d:
            await d.press("enter")
            d.app.exit(0)
            found = Finding("late", "Late news", Verdict.PROVEN)
            await d.shell.take([At("credentials", 0.0, found), At("connect", 0.0, found)])
            assert "connect" not in d.shell.panes

    asyncio.run(run())


def test_a_step_that_cannot_begin_says_what_comes_first(drive: Opens) -> None:
    async def run() -> None:
        async with drive() as d:
            await d.press("g", "end", "enter")
            assert d.shell.here == "proof"
            assert "first comes Sign in to AWS" in d.text
            await d.press("enter")
            assert d.shell.here == "credentials"

    asyncio.run(run())


def test_the_bar_tells_who_and_where(drive: Opens) -> None:
    async def run() -> None:
        async with drive() as d:
            assert "AWS not signed in" in d.text
            assert "DEMO · nothing here is real" in d.text
            for keys in KEYS_TO_THE_END[:7]:
                await d.press(*keys)
            assert "AWS 111122223333 · as Admin/ann · in us-east-1 · workspace dbc-12345678-abcd" in d.text

    asyncio.run(run())


def test_the_hardware_cursor_follows_the_focus(drive: Opens) -> None:
    async def run() -> None:
        async with drive() as d:
            await d.press("enter")
            roster = d.app.focused
            first = d.app.cursor_position
            assert first == Offset(roster.content_region.x, roster.content_region.y)
            await d.pilot.press("down")
            await d.until(lambda: d.app.cursor_position.y > first.y)

    asyncio.run(run())


def test_the_theme_changes_to_light_and_back(drive: Opens) -> None:
    async def run() -> None:
        async with drive() as d:
            assert d.app.current_theme.dark
            await d.pilot.press("t")
            assert not d.app.current_theme.dark
            await d.pilot.press("t")
            assert d.app.current_theme.dark

    asyncio.run(run())


@pytest.mark.parametrize(
    ("size", "rail", "aside", "small"),
    [
        ((59, 24), False, False, True),
        ((60, 19), False, False, True),
        ((60, 20), False, False, False),
        ((80, 24), False, False, False),
        ((100, 24), True, False, False),
        ((120, 30), True, True, False),
    ],
)
def test_wider_is_richer_and_too_small_says_so(
    drive: Opens, size: tuple[int, int], rail: bool, aside: bool, small: bool
) -> None:
    async def run() -> None:
        async with drive() as d:
            await d.pilot.resize_terminal(*size)
            await d.pilot.pause()
            assert bool(d.shell.query_one("#middle").display) is not small
            assert bool(d.shell.query_one("#small", Static).display) is small
            if not small:
                assert bool(d.shell.query_one("#rail").display) is rail
                assert bool(d.shell.query_one("Aside").display) is aside

    asyncio.run(run())


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40)])
def test_the_button_with_the_focus_is_always_in_sight(drive: Opens, size: tuple[int, int]) -> None:
    async def run() -> None:
        async with drive(size=size) as d:
            for keys in (("enter",), ("down", "enter"), ("enter",)):
                await d.press(*keys)
                button = d.app.focused
                assert d.shell.size.region.contains_region(button.region)
                assert button.region.bottom <= d.shell.query_one("Footer").region.y

    asyncio.run(run())


def test_the_list_of_steps_opens_where_there_is_no_room_for_it(drive: Opens) -> None:
    async def run() -> None:
        async with drive(size=(80, 24)) as d:
            await d.press("enter")
            here, rail = d.shell.here, d.shell.query_one("#rail")
            assert not rail.display
            await d.pilot.press("f11")
            await d.until(lambda: rail.has_focus)
            assert rail.display
            await d.pilot.press("escape")
            await d.until(lambda: not rail.display)
            assert d.shell.here == here
            assert d.pane.has_focus_within

    asyncio.run(run())
