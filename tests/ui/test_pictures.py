"""A few pictures of the scripted journey. Accept changes with `make snapshots` after looking at them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.ui import scripted
from tests.ui.conftest import Driven
from tests.ui.test_journey import KEYS_TO_THE_END
from wizard.steps import FRONT, STEPS
from wizard.ui.app import WizardApp

STOPPED = (("enter",), ("down", "enter"), ("enter",))
PICTURES = {
    "start": ((80, 24), ()),
    "credentials": ((80, 24), KEYS_TO_THE_END[:1]),
    "permissions": ((80, 24), KEYS_TO_THE_END[:3]),
    "permissions_stopped": ((80, 24), STOPPED),
    "permissions_stopped_wide": ((140, 40), STOPPED),
    "workspace": ((80, 24), KEYS_TO_THE_END[:4]),
    "variables": ((80, 24), KEYS_TO_THE_END[:8]),
    "apply": ((80, 24), KEYS_TO_THE_END[:10]),
    "apply_narrow": ((60, 20), KEYS_TO_THE_END[:10]),
    "connect": ((80, 24), KEYS_TO_THE_END[:12]),
    "warehouse": ((104, 34), KEYS_TO_THE_END[:14]),
    "proof": ((80, 24), KEYS_TO_THE_END),
}


def test_every_step_has_its_picture() -> None:
    assert {name.partition("_")[0] for name in PICTURES} == {step.id for step in (FRONT, *STEPS)}


@pytest.mark.parametrize("name", PICTURES)
def test_picture(snap_compare: Callable[..., bool], name: str) -> None:
    size, keys = PICTURES[name]
    world = scripted.World()
    app = WizardApp(
        scripted.flow(world, clock=lambda: 0.0),
        scripted.FRONT,
        badge="DEMO · nothing here is real",
        clock=lambda: 0.0,
        now=lambda: scripted.NOON,
    )

    async def walk(pilot: Pilot[Any]) -> None:
        driving = Driven(app, pilot, world, [])
        await driving.settled()
        for pressed in keys:
            await driving.press(*pressed)
        for field in app.screen.query(Input):
            field.cursor_blink = False
        await asyncio.sleep(0.15)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=walk)
