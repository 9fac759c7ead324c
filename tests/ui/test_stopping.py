"""Stopping and leaving while Terraform changes something: asked first, acted on once, never by closing."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.ui.conftest import Driven, Opens
from wizard.core.stopping import Stage
from wizard.ui.screens.question import QuestionScreen
from wizard.ui.widgets.card import ProblemCard


def awaited(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test that runs in a loop of its own."""

    @functools.wraps(test)
    def run(**given: Any) -> None:
        asyncio.run(_all(test(**given)))

    return run


async def _all(work: Awaitable[None]) -> None:
    await work


@asynccontextmanager
async def applying(drive: Opens, **given: Any) -> AsyncIterator[Driven]:
    """The apply of the scripted journey, in its middle."""
    async with drive(**{"hold": 30.0, "weak": False, **given}) as d:
        flow = d.app.flow
        for step in flow.steps[:4]:
            flow.facts = flow.facts.put(_fact(step))
        await d.shell.visit("apply", begin=True)
        await d.until(lambda: d.pane.form, "the question")
        await d.pilot.press("y", "enter")
        await d.until(lambda: d.world.stopping.stage is Stage.WORKING, "the apply")
        yield d


def _fact(step: Any) -> object:
    from wizard.core.facts import AwsIdentity, PermissionsProven, VariablesWritten, WorkspaceProven

    made: dict[type, object] = {
        AwsIdentity: AwsIdentity("1", "arn", "us-east-1", "x"),
        PermissionsProven: PermissionsProven("1", "arn", 1, 0, 0),
        WorkspaceProven: WorkspaceProven("h", "1", "w", "n", "ann", "token"),
        VariablesWritten: VariablesWritten("terraform.tfvars", ("x",), True),
    }
    return made[step.fact]


async def asked(d: Driven, *keys: str) -> None:
    await d.pilot.press(*keys)
    await d.until(lambda: isinstance(d.app.screen, QuestionScreen), "a question on top")


async def closed(d: Driven, *keys: str) -> None:
    await d.pilot.press(*keys)
    await d.until(lambda: not isinstance(d.app.screen, QuestionScreen), "the question gone")


@awaited
async def test_the_stop_key_asks_with_what_may_be_half_made(drive: Opens) -> None:
    async with applying(drive) as d:
        await asked(d, "s")
        assert "About 60 s are left; 1 of 4 are done." in d.text
        assert "aws_iam_role.htd" in d.text
        await closed(d, "enter")
        assert d.world.signals == []
        await asked(d, "s")
        await closed(d, "escape")
        assert d.world.signals == []
        assert d.app.jobs.running == "apply"


@awaited
async def test_stopping_interrupts_once_and_breaking_off_needs_the_word(drive: Opens) -> None:
    async with applying(drive) as d:
        await asked(d, "s")
        await closed(d, "right", "enter")
        await d.until(lambda: d.world.signals, "the interrupt")
        await asked(d, "s")
        assert "has been stopping for" in d.text
        await d.pilot.press("right", "enter")
        await d.pilot.press("shift+tab", *"bre")
        assert isinstance(d.app.screen, QuestionScreen)
        assert d.world.signals == ["interrupt"]
        await closed(d, "escape")
        await asked(d, "s")
        await d.pilot.press("shift+tab", *"break")
        await closed(d, "enter")
        await d.until(lambda: len(d.world.signals) > 1, "the second stage")
        assert d.world.signals == ["interrupt", "kill children"]


@awaited
async def test_what_was_stopped_is_followed_to_its_own_end(drive: Opens) -> None:
    async with applying(drive, hold=1.0) as d:
        await asked(d, "s")
        await closed(d, "right", "enter")
        await d.until(lambda: isinstance(d.pane.card, ProblemCard), "the end")
        assert d.app.flow.problems["apply"].code == "terraform.interrupted"


@awaited
async def test_leaving_offers_three_ways_and_leaving_it_running_does_nothing_to_it(drive: Opens) -> None:
    async with applying(drive) as d:
        await asked(d, "ctrl+q")
        assert all(word in d.text for word in ("Stay", "Leave it running", "Stop it"))
        await closed(d, "enter")
        assert d.app.is_running
        await asked(d, "ctrl+q")
        await d.pilot.press("right", "enter")
        await d.until(lambda: d.app.return_value is not None, "the end")
        assert d.world.signals == []
        assert d.app.left_running


@awaited
async def test_leaving_can_stop_it_and_stays_to_see_the_end(drive: Opens) -> None:
    async with applying(drive) as d:
        await asked(d, "ctrl+q")
        await closed(d, "right", "right", "enter")
        await d.until(lambda: d.world.signals, "the interrupt")
        assert d.world.signals == ["interrupt"]
        assert d.app.is_running


@awaited
async def test_closing_never_stops_it(drive: Opens) -> None:
    async with applying(drive) as d:
        d.app.exit(130)
    d.app.jobs.close()
    assert d.app.jobs.running == ""
    assert d.world.signals == []
