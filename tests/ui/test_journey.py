"""The whole scripted journey, with keys only, as an operator would go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from wizard.core.flow import Status
from wizard.ui.app import COMPLETE

KEYS_TO_THE_END: tuple[tuple[str, ...], ...] = (
    ("enter",),  # from the front page to credentials
    ("enter",),  # profile prod
    ("enter",),  # permissions
    ("enter",),  # workspace
    (*"https://dbc-1.cloud.databricks.com", "enter"),
    (*"secret-token", "enter"),
    ("enter",),  # the first warehouse
    ("enter",),  # variables
    ("y", "enter"),
    ("enter",),  # apply
    ("y", "enter"),
    ("enter",),  # connect
    ("y", "enter"),
    ("enter",),  # warehouse
    ("enter",),  # proof
)


def test_every_step_is_done_with_keys_alone(drive: Callable[..., Any]) -> None:
    async def run() -> None:
        async with drive() as d:
            for keys in KEYS_TO_THE_END:
                await d.press(*keys)
            assert [d.app.flow.status(step) for step in d.app.flow.steps] == [Status.DONE] * 8
            assert d.world.heard["token"] == "secret-token"
            assert d.world.heard["write"] == d.world.heard["apply"] == d.world.heard["change"] == "yes"
            assert "Every step is done" in d.text
            assert "secret-token" not in d.text + "\n".join(
                line for pane in d.shell.panes.values() for line in pane.log_lines.lines
            )
            await d.pilot.press("enter")
        assert d.app.return_value == COMPLETE

    asyncio.run(run())


def test_a_problem_leads_to_the_step_that_mends_it_and_back(drive: Callable[..., Any]) -> None:
    async def run() -> None:
        async with drive() as d:
            await d.press("enter")
            await d.press("down", "enter")  # htd-user, who may not read
            await d.press("enter")
            assert "4 permissions are missing" in d.text
            assert "Who can do it: an AWS administrator" in d.text
            assert d.app.flow.status(d.app.flow.step("permissions")) is Status.STOPPED
            await d.press("enter")
            assert d.shell.here == "credentials"
            await d.press("up", "enter")
            assert "Next: Check permissions" in d.text
            await d.press("enter")
            assert d.app.flow.status(d.app.flow.step("permissions")) is Status.DONE
            assert "3 predicted · 7 proven" in d.text

    asyncio.run(run())


def test_no_has_the_focus_and_leaves_everything_as_it_is(drive: Callable[..., Any]) -> None:
    async def run() -> None:
        async with drive() as d:
            for keys in KEYS_TO_THE_END[:8]:
                await d.press(*keys)
            assert d.shell.here == "variables"
            assert str(d.app.focused.label) == "No"
            assert "+ ids" in d.text
            # Whoever reads what is asked about, and comes back, has not moved on to the yes.
            await d.pilot.press("tab")
            assert d.app.focused is d.pane.evidence
            await d.pilot.press("down", "down", "tab", "up", "tab")
            assert str(d.app.focused.label) == "No"
            await d.press("enter")
            assert d.world.heard["write"] == "no"
            assert "was left as it is" in d.text

    asyncio.run(run())


def test_one_key_takes_back_what_was_written(drive: Callable[..., Any]) -> None:
    async def run() -> None:
        async with drive() as d:
            for keys in KEYS_TO_THE_END[:9]:
                await d.press(*keys)
            assert d.app.flow.status(d.app.flow.step("variables")) is Status.DONE
            await d.press("u")
            assert d.world.heard["undo"] == "terraform.tfvars"
            assert "is as it was before" in d.text
            assert d.app.flow.status(d.app.flow.step("variables")) is Status.STOPPED
            await d.pilot.press("u")
            await d.settled()
            await d.press("enter")
            assert "One line changes" in d.text

    asyncio.run(run())


def test_looking_back_loses_nothing_that_was_typed(drive: Callable[..., Any]) -> None:
    async def run() -> None:
        async with drive() as d:
            for keys in KEYS_TO_THE_END[:4]:
                await d.press(*keys)
            await d.pilot.press(*"https://dbc")
            await d.press("escape")
            assert d.shell.here == "permissions"
            assert d.app.jobs.running == "workspace"
            await d.press("n")
            assert d.shell.here == "workspace"
            assert d.pane.form.fields[0].answer == "https://dbc"

    asyncio.run(run())


def test_running_an_earlier_step_again_puts_the_open_question_aside(drive: Callable[..., Any]) -> None:
    async def run() -> None:
        async with drive() as d:
            for keys in KEYS_TO_THE_END[:4]:
                await d.press(*keys)
            await d.press("escape")
            await d.press("escape")
            assert d.shell.here == "credentials"
            await d.pilot.press("r")
            await d.until(lambda: "again?" in d.text)
            await d.pilot.press("right", "enter")
            await d.until(lambda: d.app.jobs.running == "credentials" and d.app.jobs.waiting)
            await d.settled()
            assert "Stopped, as you asked" in str(d.shell.panes["workspace"].card._said)
            await d.press("enter")
            assert "Next: Find the workspace" in d.text

    asyncio.run(run())


def test_a_crash_becomes_a_card_without_secrets(drive: Callable[..., Any]) -> None:
    async def run() -> None:
        async with drive(crash=True) as d:
            for keys in KEYS_TO_THE_END[:3]:
                await d.press(*keys)
            assert "did not expect" in d.text
            assert "ValueError" in d.text
            assert "dapi0" not in d.text + d.pane.copyable()
            assert "Traceback" in d.pane.copyable()
            d.world.crash = False
            await d.press("enter")
            assert "Done: Check permissions" in d.text

    asyncio.run(run())
