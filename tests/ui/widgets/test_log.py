"""The log: bounded, narrowed, wrapped, searched, paused, saved; the raw stream beside it; nothing is markup."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.ui.scripted import HOSTILE
from wizard.ui.widgets import lines as kept
from wizard.ui.widgets.lines import LEVELS, Lines, Written
from wizard.ui.widgets.logpane import LogPane


class Bench(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.pane = LogPane()
        self.saved = ""

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_log_pane_save(self, event: LogPane.Save) -> None:
        self.saved = event.text

    @property
    def state(self) -> str:
        return str(self.pane.query_one(".state").render())

    @property
    def seen(self) -> str:
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def _drive(act: Callable[[Bench, Pilot[None]], Awaitable[None]]) -> None:
    async def run() -> None:
        app = Bench()
        async with app.run_test(size=(80, 24)) as pilot:
            app.pane.write([("info", f"line {n}", f"aws_x.r{n % 3}") for n in range(200)])
            app.pane.write([("error", f"denied {HOSTILE}", "aws_x.r1"), ("debug", "a detail")])
            app.pane.enter()
            await pilot.pause()
            await act(app, pilot)

    asyncio.run(run())


def test_it_follows_until_it_is_paused_or_scrolled() -> None:
    async def act(app: Bench, pilot: Pilot[None]) -> None:
        log = app.pane.log_lines
        assert log.follows
        assert "following" in app.state
        assert HOSTILE in app.seen
        await pilot.press("space")
        place = log.scroll_offset.y
        app.pane.write([("info", "more")] * 50)
        await pilot.pause()
        assert log.scroll_offset.y == place
        assert "standing still" in app.state
        await pilot.press("space")
        await pilot.pause()
        assert log.follows
        await pilot.press("pageup")
        assert not log.follows

    _drive(act)


def test_words_are_marked_and_n_goes_round() -> None:
    async def act(app: Bench, pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"line 19", "enter")
        await pilot.pause()
        lines = app.pane.log_lines.content_lines
        assert len(lines.found) == 11
        places = []
        for key in ("n", "n", "N", "N"):
            await pilot.press(key)
            places.append(app.pane.log_lines.place[0])
        first = app.pane.log_lines.place
        assert places[1] == places[0] % 11 + 1
        assert places[2] == places[0]
        assert f"“line 19”: {first[0]} of 11" in app.state
        assert "line 19" in app.seen
        await pilot.press("slash", "escape")
        assert not lines.words

    _drive(act)


def test_level_and_resource_narrow_and_saving_takes_what_is_shown() -> None:
    async def act(app: Bench, pilot: Pilot[None]) -> None:
        await pilot.press("f", "x")
        assert app.saved.count("\n") == 200, "everything but the detail"
        await pilot.press("f", "x")
        assert app.saved == f"denied {HOSTILE}"
        assert "1 of 202 lines · warnings and errors" in app.state
        await pilot.press("f", "f", "a", *"AWS_x.r1", "enter", "x")
        assert app.saved.count("\n") == 67
        assert "about “aws_x.r1”" in app.state
        await pilot.press("a", "escape", "x")
        assert app.saved.count("\n") == 201

    _drive(act)


def test_long_lines_are_wrapped_on_a_key() -> None:
    async def act(app: Bench, pilot: Pilot[None]) -> None:
        app.pane.write([("info", "x" * 200 + "END")])
        await pilot.pause()
        assert "END" not in app.seen
        await pilot.press("w")
        await pilot.pause()
        assert "END" in app.seen
        assert "wrapped" in app.state
        await pilot.press("w")
        assert app.pane.log_lines.virtual_size.width == 203
        app.pane.log_lines.clear()
        app.pane.write([("info", f"{'x' * 200} {n}") for n in range(100)])
        await pilot.press("slash", *"x 50", "enter", "w")
        await pilot.pause()
        assert "“x 50”: 1 of 1" in app.state, "a match stays one"
        assert any(line.strip().endswith(" 50") for line in app.seen.splitlines()), "and in sight"
        await pilot.press("f", "escape")
        assert not app.pane.search.value
        assert app.state == "Log · ⏸ standing still; space follows · 100 lines · wrapped"

    _drive(act)


def test_the_raw_stream_is_one_key_away_and_hides_no_line(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_bytes(b'{"type":"version"}\n\x1b[31mred\x1b[0m [/x]\nbad \xff byte\n')

    async def act(app: Bench, pilot: Pilot[None]) -> None:
        await pilot.press("y")
        assert "kept its output" in app.state
        app.pane.raw_file = file
        await pilot.press("y")
        await pilot.pause()
        assert app.pane.lines == ['{"type":"version"}', "red [/x]", "bad \ufffd byte"]
        app.pane.write([("info", "came meanwhile")])
        await pilot.press("y")
        assert app.pane.lines[-1] == "came meanwhile"
        assert len(app.pane.lines) == 203
        app.pane.raw_file = tmp_path / "gone"
        await pilot.press("y")
        assert "No such file" in app.pane.lines[0]

    _drive(act)


def test_a_hundred_thousand_lines_are_kept_and_no_more() -> None:
    lines = Lines()
    for _ in range(24):
        lines.add([("info", f"line {n}") for n in range(10_000)])
    assert kept.MOST <= len(lines.kept) <= kept.MOST * 1.1
    assert len(lines.rows) == len(lines.kept)
    assert lines.row(len(lines.rows) - 1)[0].text == "line 9999"


written = st.lists(
    st.tuples(st.sampled_from(LEVELS), st.text("ab \n", max_size=9), st.sampled_from(["", "x.a", "x.b"])),
    max_size=12,
)


@given(
    parts=st.lists(written, max_size=4),
    least=st.sampled_from(LEVELS),
    about=st.sampled_from(["", "x.a"]),
    width=st.integers(0, 4),
    words=st.sampled_from(["", "a", "ab"]),
)
def test_rows_added_one_by_one_are_the_rows_arranged_at_once(
    parts: list[list[Written]], least: str, about: str, width: int, words: str
) -> None:
    lines = Lines()
    lines.least, lines.about, lines.width, lines.words = least, about, width, words
    for part in parts:
        lines.add(part)
    rows, found = lines.rows, lines.found
    lines.arrange()
    assert (rows, found) == (lines.rows, lines.found)
    whole = "".join(line.text[start:end] for line, start, end in map(lines.row, range(len(rows))))
    assert whole == "".join(lines.shown)
    for number in found:
        assert words in lines.row(lines.row_of(number))[0].text
