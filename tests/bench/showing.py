"""How fast a plan and a stream are shown: a plan of 20,000 lines, and 10,000 events with keys pressed meanwhile."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import statistics
import sys
import threading
import time
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult

from tests.bench import rival
from tests.ui import scripted
from wizard.core.event import Run, Wait
from wizard.core.facts import Facts, Machine
from wizard.core.flow import Flow
from wizard.core.journal import Journal
from wizard.core.memory import Memory
from wizard.core.redact import Redactor
from wizard.services.terraform import plan, stream
from wizard.services.terraform.listening import Heard, hear
from wizard.services.terraform.rows import Rows
from wizard.ui.app import SWITCH, WizardApp
from wizard.ui.evidence import Evidence

RESOURCES = 800
ATTRIBUTES = 23
"""800 resources of 23 attributes: what `terraform show` prints of them has about 20,000 lines."""
EVENTS = 10_000


def document() -> str:
    """The output of `show -json` for a large plan."""
    entries = [
        {
            "address": f'aws_s3_object.o["{n}"]', "mode": "managed", "type": "aws_s3_object",
            "change": {
                "actions": ["create"], "before": None,
                "after": {f"attribute_{k}": f"value {k} of {n}" for k in range(ATTRIBUTES)}, "after_unknown": {},
            },
        }
        for n in range(RESOURCES)
    ]  # fmt: skip
    return json.dumps({"resource_changes": entries})


def lines() -> list[str]:
    """A stream of an apply: progress of many resources at once."""
    found = []
    for n in range(EVENTS):
        address, turn = f'aws_s3_object.o["{n % 250}"]', n // 250
        kind = (
            "apply_start"
            if turn == 0
            else "apply_complete"
            if turn == EVENTS // 250 - 1
            else "apply_progress"
        )
        hook = {"resource": {"addr": address}, "action": "create", "elapsed_seconds": turn * 10}
        found.append(
            json.dumps({"@level": "info", "@message": f"{address}: {kind}", "type": kind, "hook": hook})
        )
    return found


class Column(App[None]):
    """A column of evidence alone."""

    def __init__(self) -> None:
        super().__init__()
        self.evidence = Evidence(time.monotonic, lambda: scripted.NOON, 6.0)

    def compose(self) -> ComposeResult:
        yield self.evidence


async def show_plan() -> tuple[float, float]:
    """Seconds from the JSON text to a painted plan, and the megabytes the process has grown to."""
    text = document()
    app = Column()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        began = time.perf_counter()
        app.evidence.show([(0.0, plan.read(json.loads(text)).planned)])
        await pilot.pause()
        while "aws_s3_object" not in "".join(
            segment.text for strip in app.screen._compositor.render_strips() for segment in strip
        ):
            await pilot.pause()
        seconds = time.perf_counter() - began
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Storm(scripted.Scripted):
    """A step that hears a whole stream at once."""

    id = "apply"
    title = "A storm of events"
    fact: ClassVar[type] = Machine
    heard: ClassVar[list[str]] = lines()
    began: ClassVar[tuple[float, float]]

    def run(self, facts: Facts, services: scripted.World) -> Run[Machine]:
        yield Wait(0.5)
        Storm.began = time.perf_counter(), time.process_time()
        heard = Heard(Rows(announces=True))
        for line in self.heard:
            yield from hear(stream.parse(line), heard)
        return Machine("terraform", "1", "", "")


class Timed(WizardApp):
    """Notes how long keys were under way."""

    waits: list[float]

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            self.waits.append((time.monotonic() - event.time) * 1000)
        await super().on_event(event)


async def storm() -> tuple[float, float, list[float]]:
    """Events a second from the line to the screen, processor seconds of it, how long keys took in milliseconds."""
    step = Storm()
    flow = Flow((step,), scripted.World, memory=Memory(None), journal=Journal(None, Redactor()))
    app = Timed(flow, step, badge="")
    app.waits = []
    over = threading.Event()

    def press() -> None:
        while not over.wait(0.01):
            app.post_message(events.Key("f20", None))

    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.3)
        gc.collect()
        gc.freeze()
        app.waits.clear()
        pane = app.shell.panes[step.id]
        keys = threading.Thread(target=press)
        keys.start()
        while len(pane.log_lines.lines) < EVENTS:
            await asyncio.sleep(0.005)
        painted = asyncio.Event()
        app.shell.call_after_refresh(painted.set)
        await painted.wait()
        began, spent = Storm.began
        seconds, spent = time.perf_counter() - began, time.process_time() - spent
        over.set()
        keys.join()
        await pilot.pause(0.05)
    return EVENTS / seconds, spent, app.waits


def heard_alone() -> float:
    """Events a second from the line to what is told, without a screen."""
    whole, heard = lines(), Heard(Rows(announces=True))
    began = time.perf_counter()
    told = sum(1 for line in whole for _ in hear(stream.parse(line), heard))
    return EVENTS / (time.perf_counter() - began) if told else 0.0


def main() -> None:
    """Print the figures."""
    seconds, megabytes = asyncio.run(show_plan())
    print(
        f"{'a plan of 20,000 lines, from JSON to paint':<44} {seconds * 1000:8.0f} ms  {megabytes:.0f} MB in all"
    )
    print(f"{'10,000 events heard, without a screen':<44} {heard_alone():8.0f} a second")
    rival.main(RESOURCES, ATTRIBUTES)
    sys.setswitchinterval(SWITCH)
    storms = [asyncio.run(storm()) for _ in range(5)]
    waits = sorted(wait for _, _, waits in storms for wait in waits)
    p95 = waits[int(len(waits) * 0.95)]
    print(
        f"{'10,000 events to the screen':<44} {max(each[0] for each in storms):8.0f} a second at best, "
        f"{EVENTS / min(each[1] for each in storms):.0f} a second of processor time, "
        f"keys {statistics.median(waits):.1f} ms, p95 {p95:.1f} ms, longest {waits[-1]:.0f} ms, "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )


if __name__ == "__main__":
    main()
