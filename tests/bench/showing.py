"""How fast a plan and a stream are shown: a plan of 20,000 lines, and 10,000 events with keys pressed meanwhile."""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import time
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult

from tests.bench import rival
from tests.ui import scripted
from wizard.core.event import Run
from wizard.core.facts import Facts, Machine
from wizard.core.flow import Flow
from wizard.core.journal import Journal
from wizard.core.memory import Memory
from wizard.core.redact import Redactor
from wizard.services.terraform import plan, stream
from wizard.services.terraform.listening import Heard, hear
from wizard.services.terraform.rows import Rows
from wizard.ui.app import WizardApp
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

    def run(self, facts: Facts, services: scripted.World) -> Run[Machine]:
        heard = Heard(Rows(announces=True))
        for line in lines():
            yield from hear(stream.parse(line), heard)
        return Machine("terraform", "1", "", "")


class Timed(WizardApp):
    """Notes when a key arrives."""

    arrived: float = 0.0

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and event.key == "f12":
            self.arrived = time.perf_counter()
        await super().on_event(event)


async def storm() -> tuple[float, list[float]]:
    """Events a second from the line to the screen, and how long keys took meanwhile, in milliseconds."""
    step = Storm()
    flow = Flow((step,), scripted.World, memory=Memory(None), journal=Journal(None, Redactor()))
    app = Timed(flow, step, badge="")
    waits: list[float] = []
    async with app.run_test(size=(120, 40)):
        while step.id not in app.shell.panes or app.shell.panes[step.id].card is None:
            pressed = time.perf_counter()
            app.arrived = 0.0
            app.post_message(events.Key("f12", None))
            while not app.arrived:
                await asyncio.sleep(0)
            if step.id in app.shell.panes:
                waits.append((app.arrived - pressed) * 1000)
            await asyncio.sleep(0.004)
        seconds = time.monotonic() - app.shell.panes[step.id].begun_at
    return EVENTS / seconds, waits


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
    rate, waits = asyncio.run(storm())
    waits.sort()
    p95 = waits[int(len(waits) * 0.95)]
    print(
        f"{'10,000 events to the screen':<44} {rate:8.0f} a second, "
        f"keys {statistics.median(waits):.1f} ms, p95 {p95:.1f} ms, longest {waits[-1]:.0f} ms"
    )


if __name__ == "__main__":
    main()
