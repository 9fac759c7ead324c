"""Every recorded stream through parser, rows, cards and both front ends: whole, cut, mixed, with what is foreign."""

from __future__ import annotations

import asyncio
import io
import json
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from tests.services.terraform.conftest import STREAMS, recorded
from wizard.core.event import Event, Line, ResourceRow
from wizard.plain.printer import Printer
from wizard.services.aws import denials
from wizard.services.terraform import diagnostics, stream
from wizard.services.terraform.listening import Heard, hear
from wizard.services.terraform.rows import Rows
from wizard.ui.evidence import Evidence
from wizard.ui.pane import logged
from wizard.ui.widgets.logpane import LogPane

NAMES = sorted(file.stem for file in STREAMS.glob("*.jsonl"))
HUGE = json.dumps({"type": "log", "@level": "info", "@message": "m" * 1_200_000})
FOREIGN = (
    "Successfully configured the backend", "\x1b[2J\x1b]0;title\x07", "{", '{"type": 3}', "[" * 5_000, HUGE,
    '{"type":"quantum_start","hook":{"resource":{"addr":7}},"@message":"from tomorrow"}',
    '{"type":"apply_start","hook":null}', '{"type":"diagnostic","diagnostic":{"snippet":[],"range":3}}',
    '{"type":"change_summary","changes":{"add":"many"}}', '{"type":"outputs","outputs":[1]}',
    '{"type":"version","ui":"1.9","terraform":"1.30.0","@message":"Terraform 1.30.0"}', "\ud800",
)  # fmt: skip


def replayed(lines: Iterable[str]) -> tuple[list[Event], Heard]:
    """What is told of these lines, to the end."""
    heard = Heard(Rows(announces=True))
    events: list[Event] = [
        event for line in lines if line.strip() for event in hear(stream.parse(line), heard)
    ]
    return [*events, *heard.rows.ended()], heard


def told(events: Iterable[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Line)]


def stands(events: Iterable[Event]) -> dict[str, str]:
    return {event.address: event.state for event in events if isinstance(event, ResourceRow)}


def printed(events: Iterable[Event]) -> str:
    out = io.StringIO()
    printer = Printer(out)
    for event in events:
        printer(event)
    printer.flush()
    return out.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_lost_and_no_row_is_left_running(name: str) -> None:
    lines = recorded(name)
    events, heard = replayed(lines)
    # Outputs are a result and no line; everything else can be read in the log.
    meant = [message for message in map(stream.parse, lines) if message.type != "outputs" and message.text]
    assert len(told(events)) == len(meant)
    assert "running" not in stands(events).values()
    assert "\x1b" not in printed(events)
    problem = diagnostics.problem(heard.diagnostics, "applying", denials.explain)
    assert problem.what
    assert all("\x1b" not in line for line in problem.lines())


def cut(lines: list[str], seed: random.Random) -> list[str]:
    """As a reader finds a file that is still written, or whose end is lost."""
    kept = lines[: seed.randrange(1, len(lines) + 1)]
    return [*kept[:-1], kept[-1][: seed.randrange(len(kept[-1]) + 1)]]


def mixed(lines: list[str], seed: random.Random) -> list[str]:
    """With what is no message between the lines."""
    found = list(lines)
    for foreign in FOREIGN:
        found.insert(seed.randrange(len(found) + 1), foreign)
    return found


def joined(lines: list[str], seed: random.Random) -> list[str]:
    """Two streams in one, a few lines glued to each other."""
    found = [each for pair in zip(lines, recorded("apply_fail_partial"), strict=False) for each in pair]
    at = seed.randrange(len(found))
    return [*found[:at], "".join(found[at : at + 2]), *found[at + 2 :]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spoil", [cut, mixed, joined])
def test_a_spoiled_stream_is_told_as_far_as_it_goes(
    name: str, spoil: Callable[[list[str], random.Random], list[str]]
) -> None:
    for number in range(3):
        lines = spoil(recorded(name), random.Random(f"{name} {number}"))
        events, heard = replayed(lines)
        assert "running" not in stands(events).values()
        for line in printed(events).splitlines():
            assert "\x1b" not in line
            assert len(line) < 21_000
        assert diagnostics.problem(heard.diagnostics, "applying", denials.explain).lines()


def test_foreign_lines_change_no_row() -> None:
    whole, _ = replayed(recorded("apply_ok"))
    spoiled, _ = replayed(mixed(recorded("apply_ok"), random.Random(7)))
    assert stands(spoiled) == stands(whole)
    assert "from tomorrow" in told(spoiled)


class Screen(App[None]):
    """A column of evidence and a log."""

    def __init__(self) -> None:
        super().__init__()
        self.evidence = Evidence(lambda: 0.0, lambda: datetime(2026, 1, 2, tzinfo=UTC), 6.0)
        self.pane = LogPane()

    def compose(self) -> ComposeResult:
        yield self.evidence
        yield self.pane


def test_every_stream_is_shown_on_the_screen(tmp_path: Path) -> None:
    async def run() -> None:
        app = Screen()
        async with app.run_test(size=(80, 24)) as pilot:
            for name in NAMES:
                events, _ = replayed(mixed(recorded(name), random.Random(name)))
                app.evidence.clear()
                app.pane.clear()
                app.evidence.show([(0.0, event) for event in events])
                app.pane.write([line for event in events for line in logged(event)])
                await pilot.pause()
                assert len(app.pane.lines) >= len(told(events))

    asyncio.run(run())
