"""The scripted journey in an app that tests drive with keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Static

from tests.ui import scripted
from wizard.ui.app import WizardApp
from wizard.ui.pane import StepPane
from wizard.ui.shell import Shell


@dataclass
class Driven:
    """An app under test, its pilot, and what tests ask of it."""

    app: WizardApp
    pilot: Pilot[int]
    world: scripted.World
    opened: list[str]
    """Addresses that were opened in a browser."""

    @property
    def shell(self) -> Shell:
        assert self.app.shell is not None
        return self.app.shell

    @property
    def pane(self) -> StepPane:
        return self.shell.pane

    @property
    def text(self) -> str:
        """Every word that is shown on the top screen."""
        shown = [w for w in self.app.screen.query(Static) if all(n.display for n in w.ancestors_with_self)]
        rosters = [
            str(option.prompt)
            for roster in self.app.screen.query("Roster")
            if all(n.display for n in roster.ancestors_with_self)
            for option in cast(Any, roster).options
        ]
        labels = [str(cast(Any, button).label) for button in self.app.screen.query("Choice")]
        return "\n".join([*(_words(w) for w in shown), *rosters, *labels])

    async def until(self, met: Callable[[], object], what: str = "") -> None:
        """Wait until `met` is true; fails loudly when it never is."""
        for _ in range(400):
            await self.pilot.pause()
            if met():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"never came: {what or met}\n{self.text}")

    async def settled(self) -> None:
        """Wait until the open step asks, or has ended, and what it shows has the focus."""
        await self.until(self._still, "a question or an end with the focus")

    async def press(self, *keys: str) -> None:
        """Press keys and wait until the screen is still."""
        await self.pilot.press(*keys)
        await self.settled()

    def _still(self) -> bool:
        jobs, shell = self.app.jobs, self.app.shell
        if jobs is None or shell is None or shell.here not in shell.panes:
            return False
        placed = self.pane.form or self.pane.card
        return bool(
            placed
            and shell.focused
            and placed in shell.focused.ancestors
            and (not jobs.running or jobs.waiting)
            and not jobs.more
        )


Opens = Callable[..., Any]


@asynccontextmanager
async def driven(folder: Path, size: tuple[int, int] = (80, 24), **world: Any) -> AsyncIterator[Driven]:
    """The scripted journey, on its front page, still."""
    opened: list[str] = []
    made = scripted.World(**world)

    def browse(address: str) -> bool:
        opened.append(address)
        return False

    app = WizardApp(
        scripted.flow(made, clock=lambda: 0.0),
        scripted.FRONT,
        badge="DEMO · nothing here is real",
        open_browser=browse,
        clock=lambda: 0.0,
        now=lambda: scripted.NOON,
        save_folder=folder,
    )
    async with app.run_test(size=size) as pilot:
        driving = Driven(app, pilot, made, opened)
        await driving.settled()
        yield driving


@pytest.fixture
def drive(tmp_path: Path) -> Opens:
    """Opens the scripted journey: `async with drive(size=(80, 24), hold=30) as d`."""

    def opens(**given: Any) -> Any:
        return driven(tmp_path, **given)

    return opens


def _words(widget: Static) -> str:
    content = widget.content
    return content.plain if isinstance(content, Content) else str(content)
