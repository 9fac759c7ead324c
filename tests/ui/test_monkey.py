"""Seeded random keys: whatever is pressed, the app lives and its state holds together. HTD_SOAK=N tries N seeds."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

KEYS = (
    *(
        "enter",
        "escape",
        "tab",
        "shift+tab",
        "up",
        "down",
        "left",
        "right",
        "pageup",
        "pagedown",
        "home",
        "end",
    ),
    *(
        "n",
        "b",
        "s",
        "r",
        "e",
        "l",
        "c",
        "o",
        "t",
        "g",
        "y",
        "f1",
        "f2",
        "f3",
        "f4",
        "f5",
        "f6",
        "f8",
        "x",
        "backspace",
    ),
)


@pytest.mark.parametrize("seed", range(int(os.environ.get("HTD_SOAK", "2"))))
def test_random_keys_never_break_it(drive: Callable[..., Any], seed: int) -> None:
    async def run() -> None:
        rng = random.Random(seed)
        async with drive(
            size=rng.choice([(60, 20), (80, 24), (120, 32)]), hold=0.02, crash=seed % 2 == 1
        ) as d:
            for _ in range(150):
                await d.pilot.press(rng.choice(KEYS))
                assert d.shell.here in d.shell.faces
                assert sum(pane.display for pane in d.shell.panes.values()) == 1
                assert all(len(pane.query(".last")) <= 2 for pane in d.shell.panes.values())
            assert d.app.return_value is None

    asyncio.run(run())
