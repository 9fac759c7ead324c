"""A pretend operator at the full screen: follows a journey with keys, for pictures and for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from wizard.core.journey import Visit

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from wizard.ui.app import WizardApp
    from wizard.ui.pane import StepPane
    from wizard.ui.shell import Shell
    from wizard.ui.widgets.field import Field
    from wizard.ui.widgets.form import Form

Look = Callable[[str, str], Awaitable[None]]
"""Called with a step's id and a moment in it: `ask KEY`, `done`, `stopped`."""

PATIENCE = 120.0
"""Seconds that one question or end may take to come."""


class Hands:
    """Answers what the screen asks, the way a person would: the keyboard and nothing else."""

    def __init__(self, app: WizardApp, pilot: Pilot[int], look: Look) -> None:
        self._app = app
        self._pilot = pilot
        self._look = look

    async def walk(self, visits: Sequence[Visit]) -> None:
        """From the front page through all visits. Raises AssertionError when the screen is not as expected."""
        await self._end_of(Visit(self._shell.here))
        for visit in visits:
            await self._pilot.press("enter")
            await self._until(partial(self._at, visit.step), f"the step {visit.step}")
            await self._end_of(visit)

    async def _end_of(self, visit: Visit) -> None:
        """Answer until the step has ended, and look at every still moment."""
        while True:
            await self._until(self._still, f"a question or an end of {visit.step}")
            form = self._pane.form
            if form is None:
                break
            await self._look(visit.step, f"ask {form.ask.questions[0].key}")
            for field in form.fields:
                answer = visit.answers.get(field.question.key, field.question.default)
                # Enter accepts a form whole whose defaults will do, so what stays is passed over.
                if not form.ask.settled or field is form.fields[-1] or answer != field.question.default:
                    await self._fill(field, answer)
            await self._until(partial(self._past, form), "the next moment")
        stopped = visit.step in self._app.flow.problems
        await self._look(visit.step, "stopped" if stopped else "done")
        if stopped != (visit.ends == "stopped"):
            said = self._app.flow.problems.get(visit.step)
            raise AssertionError(f"{visit.step} ended otherwise than expected: {said or 'done'}")

    async def _fill(self, field: Field, answer: str) -> None:
        from textual.widgets import Input

        from wizard.ui.widgets.choices import ChoiceField
        from wizard.ui.widgets.confirm import ConfirmField

        field.target.focus()
        await self._pilot.pause()
        if isinstance(field, ConfirmField):
            await self._pilot.press("y" if answer == "yes" else "n")
        elif isinstance(field, ChoiceField):
            for _ in field.choices:
                if field.answer == answer:
                    break
                await self._pilot.press("down")
        else:
            # Typed letter by letter a long address would take seconds.
            cast(Input, field.target).value = answer
            await self._pilot.pause()
        await self._pilot.press("enter")

    @property
    def _shell(self) -> Shell:
        return cast("Shell", self._app.screen_stack[0])

    @property
    def _pane(self) -> StepPane:
        return self._shell.pane

    def _at(self, step: str) -> bool:
        return self._shell.here == step

    def _past(self, form: Form) -> bool:
        return self._pane.form is not form

    def _still(self) -> bool:
        """Something waits for the operator: it is placed, has the focus, and nothing more is coming."""
        if self._shell.here not in self._shell.panes:
            return False
        placed, focused = self._pane.form or self._pane.card, self._shell.focused
        jobs = self._app.jobs
        quiet = (not jobs.running or jobs.waiting) and not jobs.more
        return bool(placed and focused and placed in focused.ancestors and quiet)

    async def _until(self, met: Callable[[], object], what: str) -> None:
        ends = asyncio.get_running_loop().time() + PATIENCE
        while True:
            await self._pilot.pause()
            if met():
                return
            if asyncio.get_running_loop().time() > ends:
                raise AssertionError(f"{what} did not come within {PATIENCE:.0f} s")
            await asyncio.sleep(0.02)
