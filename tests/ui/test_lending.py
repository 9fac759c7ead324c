"""A step that lends the terminal: the screen lets go of it, and the answer is how the command ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from wizard.core.event import Ask, Run
from wizard.core.facts import Facts, Machine
from wizard.core.finding import Finding
from wizard.core.flow import Flow
from wizard.core.journal import Journal
from wizard.core.memory import Memory
from wizard.core.question import Question
from wizard.core.redact import Redactor
from wizard.ui.app import WizardApp


class Borrower:
    """Asks for the terminal and keeps what it was told."""

    id: ClassVar[str] = "start"
    title: ClassVar[str] = "Borrow"
    why: ClassVar[str] = "To see."
    fact: ClassVar[type] = Machine
    needs: ClassVar[tuple[type, ...]] = ()
    told: ClassVar[list[str]] = []

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def run(self, facts: Facts, services: Any) -> Run[Machine]:
        question = Question("status", "How did it end?", always_ask=True)
        answers = yield Ask((question,), command=("sh", "-c", f"touch {self._marker}; exit 3"))
        self.told.append(answers["status"])
        return Machine("terraform", "1", "/m", "")

    def prove(self, facts: Facts, services: Any) -> list[Finding]:
        return []


def _app(marker: Path) -> WizardApp:
    step = Borrower(marker)
    flow = Flow((step,), lambda: None, memory=Memory(None), journal=Journal(None, Redactor()))
    return WizardApp(flow, step)


@pytest.mark.parametrize("suspends", [True, False])
def test_the_screen_lets_go(suspends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "ran"
    app = _app(marker)
    Borrower.told.clear()
    away: list[str] = []

    @contextmanager
    def suspend(_: WizardApp) -> Iterator[None]:
        away.append("away")
        yield
        away.append("back")

    if suspends:
        monkeypatch.setattr(WizardApp, "suspend", suspend)

    async def play() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            for _ in range(100):
                await pilot.pause(0.05)
                if Borrower.told:
                    break

    asyncio.run(play())
    # Where the screen cannot let go, nothing is run behind it.
    assert marker.exists() is suspends
    assert Borrower.told == (["3"] if suspends else ["127"])
    assert away == (["away", "back"] if suspends else [])
