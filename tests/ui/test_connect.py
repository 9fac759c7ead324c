"""The connect step on screen: nothing is written before its yes, and one key puts it back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

from tests.steps.alone import WAREHOUSE, Front, flow_of, open_alone, way_back_of
from tests.ui import scripted
from tests.ui.conftest import Driven
from wizard.core.facts import Connected
from wizard.steps.undo.front import Before
from wizard.ui.app import WizardApp

YES = {"change": "yes", "skip_validation": "yes"}


def test_u_shows_the_way_back_and_asks(tmp_path: Path) -> None:
    async def run() -> None:
        with open_alone(tmp_path) as alone:
            before = alone.world.config
            alone.perform("connect", YES)
            flow = flow_of(alone, "connect")
            app = WizardApp(flow, cast(Any, Front()), save_folder=tmp_path, clock=lambda: 0.0)
            async with app.run_test(size=(80, 24)) as pilot:
                d = Driven(app, pilot, scripted.World(), [])
                await d.settled()
                assert not d.shell.check_action("undo", ())
                await d.shell.visit("connect")
                await d.settled()
                assert d.shell.check_action("undo", ())
                await d.press("u")
                assert "Put the SQL configuration of" in d.text
                await d.press("n", "enter")
                assert "You chose not to put it back." in d.text
                assert alone.world.config != before
                await d.press("r")
                await d.press("u")
                await d.press("y", "enter")
                assert alone.world.config == before
                assert "Take the instance profile htd-instance-profile out of" in d.text
                await d.press("y", "enter")
                assert "is as it was before this step" in d.text
                assert alone.changes[-1] == "POST remove 200"
                assert alone.world.config == before
                assert Connected not in flow.facts
                assert not d.shell.check_action("undo", ())

    asyncio.run(run())


def test_nothing_is_written_before_each_yes_on_the_screen(tmp_path: Path) -> None:
    async def run() -> None:
        with open_alone(tmp_path) as alone:
            flow = flow_of(alone, "connect", "warehouse")
            app = WizardApp(flow, cast(Any, Front()), save_folder=tmp_path, clock=lambda: 0.0)
            async with app.run_test(size=(80, 24)) as pilot:
                d = Driven(app, pilot, scripted.World(), [])
                await d.settled()
                await d.press("enter")
                assert "Make this change in" in d.text
                await d.press("enter")
                assert "was left as it is" in d.text
                assert alone.changes == []
                await d.press("r")
                await d.press("y", "enter")
                assert "Register it without that try?" in d.text
                assert alone.changes == ["POST add 400"]
                await d.press("y", "enter")
                assert alone.changes == ["POST add 400", "POST add 200", "PUT warehouses 200"]
                await d.press("enter")
                assert "Start Serverless Starter Warehouse" in d.text
                await d.press("enter")
                assert "was not started" in d.text
                assert len(alone.changes) == 3

    asyncio.run(run())


def test_the_way_back_writes_nothing_before_each_yes_on_the_screen(tmp_path: Path) -> None:
    async def run() -> None:
        with open_alone(tmp_path) as alone:
            before = alone.world.config
            alone.perform("connect", YES)
            alone.world.add_warehouse(WAREHOUSE, state="RUNNING")
            made = len(alone.changes)
            app = WizardApp(way_back_of(alone), cast(Any, Before()), save_folder=tmp_path, clock=lambda: 0.0)
            async with app.run_test(size=(80, 24)) as pilot:
                d = Driven(app, pilot, scripted.World(), [])
                await d.settled()
                assert "Take back what the wizard did" in d.text
                assert "set the SQL configuration" in d.text
                await d.press("enter")
                assert "Stop Serverless Starter Warehouse?" in d.text
                await d.press("enter")
                assert "Left as it is" in d.text
                await d.press("enter")
                assert "will restart" in d.text
                await d.press("enter")
                await d.press("enter")
                assert "still names it, so it stays registered" in d.text
                assert len(alone.changes) == made
                await d.press("enter")
                assert "The wizard applied nothing in AWS." in d.text
                await d.press("enter")
                assert "nothing was changed" in d.text
                assert "0 changes taken back, 5 things left." in d.text
                assert "htd-wizard undo" in d.text
                config = "GET /api/2.0/sql/config/warehouses"
                body = {"error_code": "PERMISSION_DENIED", "message": "This API is reserved to admin users"}
                alone.world.faults.add(config, status=403, body=body)
                await d.shell.visit("configuration", begin=True)
                await d.settled()
                assert "Hand the commands on" in d.text
                await d.press("r")
                await d.press("y", "enter")
                assert alone.world.config == before
                assert alone.changes[made:] == ["PUT warehouses 200"]

    asyncio.run(run())
