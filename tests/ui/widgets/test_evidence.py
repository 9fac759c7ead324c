"""What each kind of event shows: counts, orders, clocks, folds, texts to copy."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.content import Content

from tests.ui.scripted import HOSTILE, NOON
from wizard.core.event import (
    DeviceCode,
    Diff,
    Event,
    Planned,
    ResourceChange,
    ResourceRow,
    Table,
    WarehouseSeen,
)
from wizard.core.finding import Finding, Verdict
from wizard.ui.evidence import Evidence
from wizard.ui.widgets.diff import compared
from wizard.ui.widgets.findings import Findings, ordered
from wizard.ui.widgets.gauge import Gauge
from wizard.ui.widgets.large import large
from wizard.ui.widgets.lines import MOST
from wizard.ui.widgets.log import LineLog
from wizard.ui.widgets.plan import PlanBlock
from wizard.ui.widgets.resources import Resources
from wizard.ui.widgets.rows import MOST as MOST_ROWS
from wizard.ui.widgets.rows import fitted


class Bench(App[None]):
    """One column of evidence with a clock that tests set."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.later = timedelta()
        self.evidence = Evidence(lambda: self.seconds, lambda: NOON + self.later, 6.0)

    def compose(self) -> ComposeResult:
        yield self.evidence


def _shows(events: Sequence[Event], *, seconds: float = 0.0, later: float = 0.0) -> tuple[str, Bench]:
    """The words that a column shows for these events, some time afterwards."""
    app = Bench()

    async def run() -> str:
        async with app.run_test(size=(70, 40)) as pilot:
            app.evidence.show([(0.0, event) for event in events])
            await pilot.pause()
            app.seconds, app.later = seconds, timedelta(seconds=later)
            app.evidence.tick()
            await pilot.pause()
            strips = app.screen._compositor.render_strips()
            return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    return asyncio.run(run()), app


def _finding(id: str, verdict: Verdict, group: str = "g") -> Finding:
    return Finding(id, f"{id} {HOSTILE}", verdict, "said", group=group)


def test_what_is_missing_comes_first_and_groups_stay_together() -> None:
    findings = [
        _finding("a", Verdict.PROVEN, "fine"),
        _finding("b", Verdict.PROVEN, "bad"),
        _finding("c", Verdict.UNKNOWN, "odd"),
        _finding("d", Verdict.GAP, "bad"),
    ]
    assert [finding.id for finding in ordered(findings)] == ["d", "b", "c", "a"]
    words, _ = _shows(findings)
    assert "1 missing · 1 could not check · 2 proven" in words
    assert "✗ missing" in words
    assert "? could not check" in words


def test_a_finding_that_is_reported_again_replaces_the_earlier() -> None:
    words, app = _shows([_finding("a", Verdict.GAP), _finding("a", Verdict.PROVEN)])
    assert "1 proven" in words
    assert isinstance(app.evidence.blocks[0], Findings)
    assert "missing" not in words


def test_a_code_runs_out_in_words() -> None:
    code = DeviceCode("AB-12", "https://x.test", "https://x.test?c=AB-12", NOON + timedelta(seconds=90))
    words, app = _shows([code])
    assert "A B - 1 2" in words
    assert "1:30" in words
    assert app.evidence.address() == "https://x.test?c=AB-12"
    words, _ = _shows([code], later=91)
    assert "expired" in words


def test_the_browser_of_this_computer_needs_no_code() -> None:
    code = DeviceCode("", "http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x", NOON + timedelta(seconds=90))
    words, app = _shows([code])
    assert "It must show this code" not in words
    assert "http://127.0.0.1:8080/x" in words
    block = app.evidence.blocks[0]
    assert block.copyable() == app.evidence.address() == "http://127.0.0.1:8080/x"


def test_a_code_is_large_where_there_is_room() -> None:
    assert large("L-1", 17) == ["█            ▄█", "█      ▀▀▀    █", "▀▀▀▀▀        ▀▀▀"]
    assert [len(row) <= 53 for row in large("WDJB-MJHT", 60)] == [True] * 3
    assert large("WDJB-MJHT", 52) == [], "rather plain than cut"
    assert large("wdjb", 60) == []
    seen = {tuple(large(letter, 5)) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"}
    assert len(seen) == 37, "no two letters look alike"


def test_a_difference_has_signs_counts_and_context() -> None:
    rows, removed, added = compared("a\nb\nc\nd\ne\nf", "a\nb\nX\nd\ne\nf")
    assert rows.plain.splitlines() == ["  a", "  b", "- c", "+ X", "  d", "  e", "  ⋯"]
    assert (removed, added) == (1, 1)
    assert "same as before" in compared("a", "a")[0].plain
    words, _ = _shows([Diff("f.tfvars", f"{HOSTILE}", "b")])
    assert f"- {HOSTILE}" in words


def test_a_plan_counts_and_shows_what_is_destroyed_first() -> None:
    changes = (
        ResourceChange("a.new", "create", HOSTILE),
        ResourceChange("b.gone", "delete"),
        ResourceChange("c.same", "no-op"),
        ResourceChange("d.both", "replace", "", (("policy", '{"a": 1}', '{"a": 2}'), ("size", "1", "2"))),
    )
    words, app = _shows([Planned(changes, 2, 0, 2, ("Careful.",))])
    assert "2 to add · 0 to change · 2 TO DESTROY" in words
    assert "! Careful." in words
    assert words.index("- destroy  b.gone") < words.index("± replace  d.both") < words.index("+ add  a.new")
    assert "c.same" not in words
    assert "nothing to destroy" in _shows([Planned((), 1, 0, 0)])[0]
    block = app.evidence.blocks[0]
    assert isinstance(block, PlanBlock)
    block.unfolded = {"1"}
    block._draw()
    unfolded = str(block.roster.options[2].prompt)
    assert '-  "a": 1' in unfolded
    assert "size: 1 → 2" in unfolded


def test_resources_are_counted_and_what_fails_or_runs_is_on_top() -> None:
    rows = [
        ResourceRow("a", "create", "done", 2.0),
        ResourceRow("b", "create", "waiting"),
        ResourceRow("c", "create", "running", 3.0, HOSTILE),
        ResourceRow("d", "create", "failed", 1.0, "AccessDenied"),
    ]
    words, app = _shows(rows, seconds=7.0)
    assert "1 of 4 done · 1 failed" in words
    lines = [line.split()[1] for line in words.splitlines() if " create " in line]
    assert lines == ["failed", "running", "waiting", "done"]
    assert "0:10" in words, "its own clock goes on between two events"
    assert isinstance(app.evidence.blocks[0], Resources)


def test_what_failed_is_brought_into_sight_when_the_room_becomes_less() -> None:
    async def run() -> None:
        app = Bench()
        async with app.run_test(size=(80, 8)) as pilot:
            app.evidence.styles.height = 8
            rows: list[Event] = [ResourceRow(f"a.r{n}", "create", "done") for n in range(20)]
            app.evidence.show([(0.0, each) for each in [*rows, ResourceRow("a.lost", "create", "failed")]])
            app.evidence.show([(0.0, Table("How it stands now", ("a", "b"), (("x", "y"),)))])
            await pilot.pause()
            await pilot.pause()
            assert app.evidence.scroll_y > 0
            app.evidence.reveal()
            await pilot.pause()
            await pilot.pause()
            assert app.evidence.scroll_y == 0

    asyncio.run(run())


def test_the_gauge_tells_state_health_time_and_where_it_has_been() -> None:
    looks = [
        WarehouseSeen("1", "W", "STOPPED", "", 0.0),
        WarehouseSeen("1", "W", "STARTING", "", 2.0, HOSTILE, (("size", "Small"),)),
    ]
    words, app = _shows(looks, seconds=10.0)
    assert "● STARTING" in words
    assert "no health reported" in words
    assert "0:12" in words
    assert "STOPPED 2.0 s → STARTING 10 s" in words
    assert "size Small" in words
    block = app.evidence.blocks[0]
    assert isinstance(block, Gauge)
    assert block.timeline == [("STOPPED", 0.0), ("STARTING", 2.0)]
    assert "✗ FAILED" in _shows([WarehouseSeen("1", "W", "RUNNING", "FAILED", 3.0)])[0]


def test_the_gauge_shows_the_way_what_is_usual_what_it_costs_and_the_next_look() -> None:
    details = (("size", "2X-Small"), ("channel", "Current"), ("failure code", "NEW_ONE"), ("said", "no"))
    look = WarehouseSeen(
        "1",
        "W",
        "STARTING",
        "DEGRADED",
        20.0,
        "Why.",
        details,
        3.0,
        (2.0, 6.0),
        "your last 5 starts",
        "Estimate: 4",
    )
    words, _ = _shows([WarehouseSeen("1", "W", "STOPPED", "", 0.0), look], seconds=1.0)
    assert "! DEGRADED" in words
    assert "● STOPPED ━ ! STARTING ─ ○ RUNNING ─ ○ HEALTHY" in words
    assert "usually 2 to 6 s, your last 5 starts" in words
    assert "times as long" in words
    assert "size 2X-Small · channel Current" in words
    assert "failure code: NEW_ONE" in words
    assert "Estimate: 4" in words
    assert "next look in 2 s · z freezes this" in words


def test_a_state_that_is_not_known_is_shown_as_it_came() -> None:
    words, _ = _shows([WarehouseSeen("1", "W", "HIBERNATING", "WOBBLY", 1.0)])
    assert "? HIBERNATING" in words
    assert "? WOBBLY" in words
    assert "─ ○" not in words


def test_a_frozen_gauge_stands_still_while_looking_goes_on() -> None:
    app = Bench()

    async def run() -> list[str]:
        async with app.run_test(size=(70, 40)) as pilot:
            seen = []

            async def words() -> None:
                await pilot.pause()
                face = app.evidence.query_one("Gauge > .body")
                seen.append(str(getattr(face, "content", "")))

            app.evidence.show([(0.0, WarehouseSeen("1", "W", "STARTING", "", 1.0, next_look=1.0))])
            app.evidence.freeze()
            await words()
            app.evidence.show([(1.0, WarehouseSeen("1", "W", "RUNNING", "", 2.0, next_look=1.0))])
            app.evidence.tick()
            await words()
            app.evidence.freeze()
            await words()
            app.evidence.end()
            assert not app.evidence.live
            await words()
            return seen

    frozen, still, now, over = asyncio.run(run())
    assert "frozen" in frozen
    assert still == frozen
    assert "✓ RUNNING" in now
    assert "next look" in now
    assert "next look" not in over


def test_a_table_fits_the_room_and_copies_whole() -> None:
    wide = Table("T", ("id", "text"), tuple((str(n), "y" * 300) for n in range(MOST_ROWS + 5)), "note")
    words, app = _shows([wide])
    assert max(len(line) for line in words.splitlines()) <= 70
    assert "…" in words
    assert app.evidence.copyable().count("\n") == MOST_ROWS + 5
    assert "[/x] [bold]not markup[/]" in _shows([Table("T", ("a",), ((HOSTILE,),))])[0]


@pytest.mark.parametrize(
    ("widths", "room", "fitting"),
    [([3, 4], 20, [3, 4]), ([30, 4], 20, [14, 4]), ([30, 30], 10, [6, 6]), ([], 10, [])],
)
def test_the_widest_column_gives_way_first(widths: list[int], room: int, fitting: list[int]) -> None:
    assert fitted(widths, room) == fitting


def test_what_was_read_is_folded_to_one_line_and_opens_again() -> None:
    async def run() -> None:
        app = Bench()
        async with app.run_test() as pilot:
            app.evidence.show([(0.0, Diff("one", "a", "b")), (0.0, _finding("x", Verdict.PROVEN))])
            await pilot.pause()
            app.evidence.settle()
            await pilot.pause()
            diff, findings = app.evidence.blocks
            assert diff.folded
            assert not findings.folded
            head: Any = diff.query_one("Heading")
            assert "1 removed, 1 added" in str(head.content)
            head.focus()
            await pilot.press("enter")
            assert not diff.folded

    asyncio.run(run())


class LogBench(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.lines = LineLog()

    def compose(self) -> ComposeResult:
        yield self.lines


def test_the_log_keeps_up_follows_and_stays_where_it_is_read() -> None:
    async def run() -> None:
        app = LogBench()
        async with app.run_test() as pilot:
            app.lines.write([("info", f"line {n} {HOSTILE}") for n in range(200)])
            await pilot.pause()
            assert app.lines.is_vertical_scroll_end
            app.lines.focus()
            await pilot.press("pageup")
            place = app.lines.scroll_offset.y
            app.lines.write([("error", "new\nlines")])
            await pilot.pause()
            assert app.lines.scroll_offset.y == place
            assert app.lines.lines[-2:] == ["new", "lines"]
            app.lines.write([("debug", "x")] * (2 * MOST))
            assert len(app.lines.lines) == MOST

    asyncio.run(run())


def test_every_block_has_plain_text_to_copy() -> None:
    events: list[Event] = [
        _finding("a", Verdict.GAP),
        Diff("d", "a", "b"),
        Planned((ResourceChange("a", "create"),), 1, 0, 0),
        ResourceRow("a", "create", "done"),
        WarehouseSeen("1", "W", "RUNNING", "HEALTHY", 1.0),
        Table("t", ("a",), (("1",),)),
    ]
    _, app = _shows(events)
    assert len(app.evidence.blocks) == len(events)
    for block in app.evidence.blocks:
        assert block.copyable()
        assert isinstance(Content(block.copyable()).plain, str)
