"""The picture of the chain goes on being looked at, while it is in front and at a calm pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, cast

from tests.ui import scripted
from tests.ui.conftest import Driven
from wizard.core.chain import JOINTS, RESTS, Chain
from wizard.core.event import Run
from wizard.core.facts import DataProven, Facts
from wizard.core.finding import Verdict
from wizard.core.flow import Flow
from wizard.core.journal import Journal
from wizard.core.memory import Memory
from wizard.core.problem import Problem
from wizard.core.redact import Redactor
from wizard.core.watch import Watch
from wizard.ui.app import WizardApp


@dataclass
class World:
    """The chain as it is, the looks that were taken, and the time."""

    broken: int = 0
    code: str = "chain.trust"
    looks: list[bool] = field(default_factory=list)
    kept: list[object] = field(default_factory=list)
    clock: float = 0.0
    chain: Chain = field(default_factory=Chain)
    fails: bool = False
    patience: int = 30
    """Looks without a key before it rests."""

    def now(self) -> datetime:
        return scripted.NOON + timedelta(seconds=self.clock)

    def look(self, whole: bool) -> Chain:
        self.looks.append(whole)
        if self.fails:
            raise RuntimeError("a look stumbled")
        lost = Problem(self.code, "It is lost.", "Somebody took it.", "Put it back.", step="start")
        found = [
            j.finding(Verdict.GAP, "read", lost)
            if j.number == self.broken
            else j.finding(Verdict.PROVEN, "read")
            for j in JOINTS
        ]
        self.chain = self.chain.all_seen(found, self.now())
        return self.chain


class Proof(scripted.Scripted):
    id = "proof"
    title = "Prove it reads the data"
    fact = DataProven
    needs: ClassVar[tuple[type, ...]] = ()

    def run(self, facts: Facts, services: Any) -> Run[DataProven]:
        yield services.look(True)
        services.looks.clear()
        broken = services.chain.first_broken
        if broken is not None:
            raise broken.finding.problem
        return DataProven("SELECT 1", 2, 0.9, "s3://htd-data/proof.csv")

    def watch(self, facts: Facts, services: Any) -> Watch:
        return Watch(services.look, "reads only", every=60, often=15, looks=services.patience)


@asynccontextmanager
async def watched(world: World, folder: Path) -> AsyncIterator[Driven]:
    """The outcome of the proof is on the screen."""
    flow = Flow(
        cast("Any", (Proof(),)),
        lambda: world,
        memory=Memory(folder / "answers.json"),
        journal=Journal(folder / "journal.jsonl", Redactor()),
        keep=world.kept.append,
    )
    app = WizardApp(flow, scripted.FRONT, clock=lambda: world.clock, now=world.now, save_folder=folder)
    async with app.run_test(size=(80, 24)) as pilot:
        driven = Driven(app, pilot, scripted.World(), [])
        await driven.settled()
        await app.shell.visit("proof", begin=True)
        await driven.settled()
        yield driven


async def at(driven: Driven, world: World, clock: float) -> None:
    """It is `clock` seconds later; a look that is due is taken and shown."""
    world.clock = clock
    driven.shell.look_on()
    lookout = driven.pane.lookout
    assert lookout is not None
    await driven.until(lambda: not lookout.busy)


def test_it_is_looked_at_again_and_says_when_and_stops_where_it_is_frozen(tmp_path: Path) -> None:
    async def run() -> None:
        world = World(patience=2)
        async with watched(world, tmp_path) as d:
            assert "next in 60 s · w now, z freezes · reads only" in d.text
            await at(d, world, 14)
            assert world.looks == []
            assert "next in 46 s" in d.text
            await at(d, world, 15)
            assert world.looks == [False]
            await at(d, world, 60)
            assert world.looks == [False, True]
            assert f"looked at {world.now().astimezone():%H:%M:%S}, next in 60 s" in d.text
            await d.pilot.press("z")
            await at(d, world, 300)
            assert world.looks == [False, True]
            assert "‖ frozen" in d.text
            await d.pilot.press("w")
            await at(d, world, 301)
            assert world.looks == [False, True, True]
            await d.pilot.press("z")
            await at(d, world, 302)
            await at(d, world, 361)
            await at(d, world, 421)
            # So many looks without a key, and it rests; a key wakes it.
            assert "resting" in d.text
            await at(d, world, 900)
            assert world.looks == [False, *[True] * 4]
            await d.pilot.press("w")
            await at(d, world, 901)
            assert len(world.looks) == 6
            assert "resting" not in d.text

    asyncio.run(run())


def test_nothing_is_asked_while_something_else_is_in_front(tmp_path: Path) -> None:
    async def run() -> None:
        world = World()
        async with watched(world, tmp_path) as d:
            await d.pilot.press("f1")
            world.clock = 100
            d.shell.look_on()
            world.clock = 0
            await d.pilot.press("escape")
            await d.shell.visit("start")
            world.clock = 100
            d.shell.look_on()
            await d.pilot.pause()
            assert world.looks == []
            await d.shell.visit("proof")
            await at(d, world, 101)
            assert world.looks == [True]

    asyncio.run(run())


def test_what_breaks_and_what_is_mended_meanwhile_is_said_with_its_way_out(tmp_path: Path) -> None:
    async def run() -> None:
        world = World()
        async with watched(world, tmp_path) as d:
            assert "Every step is done" in d.text
            world.broken = 4
            await at(d, world, 60)
            assert "broken at joint 4" in d.text
            assert "Joint 4: It is lost." in d.text
            assert "Go to: Check this computer" in d.text
            assert isinstance(world.kept[-1], Chain)
            kept = len(world.kept)
            await at(d, world, 120)
            assert len(world.kept) == kept
            world.broken, world.code = 9, RESTS
            await at(d, world, 180)
            assert "broken at joint 9" in d.text
            world.fails = True
            await at(d, world, 240)
            assert "the last look failed" in d.text

    asyncio.run(run())


def test_a_stopped_proof_says_when_its_reason_is_gone(tmp_path: Path) -> None:
    async def run() -> None:
        world = World(broken=4)
        async with watched(world, tmp_path) as d:
            assert "It is lost." in d.text
            world.broken = 0
            await at(d, world, 60)
            assert "Holds now: " in d.text
            await d.press("enter")
            assert "Every step is done" in d.text

    asyncio.run(run())
