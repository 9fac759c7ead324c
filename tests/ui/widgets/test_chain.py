"""The picture of the chain: eleven rows, the line whole up to the first break and torn behind it."""

from __future__ import annotations

import asyncio

from textual.app import App, ComposeResult

from tests.ui.scripted import HOSTILE, NOON
from wizard.core.chain import JOINTS, Chain
from wizard.core.finding import Finding, Verdict
from wizard.ui.widgets.chain import ChainBlock
from wizard.ui.widgets.findings import Findings


class Bench(App[None]):
    """One picture."""

    def __init__(self) -> None:
        super().__init__()
        self.block = ChainBlock()
        self.opened: list[Finding] = []

    def compose(self) -> ComposeResult:
        yield self.block

    def on_findings_opened(self, event: Findings.Opened) -> None:
        self.opened.append(event.finding)


def chain(*verdicts: Verdict, evidence: str = "read back") -> Chain:
    found = [joint.finding(verdict, evidence) for joint, verdict in zip(JOINTS, verdicts, strict=False)]
    return Chain().all_seen(found, NOON)


def drawn(*chains: Chain, width: int = 90, press: tuple[str, ...] = ()) -> tuple[list[str], Bench]:
    app = Bench()

    async def run() -> list[str]:
        async with app.run_test(size=(width, 20)) as pilot:
            for each in chains:
                app.block.show_chain(each)
                await pilot.pause()
            app.block.roster.focus()
            await pilot.pause()
            await pilot.press(*press)
            await pilot.pause()
            strips = app.screen._compositor.render_strips()
            return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    return asyncio.run(run()), app


def test_every_joint_has_a_row_before_it_was_looked_at() -> None:
    rows, _ = drawn(chain(Verdict.PROVEN))
    assert "┌─ ✓ proven    1 AWS knows you  read back" in rows[1]
    assert "├─ ·           2 The role exists" in rows[2]
    assert "└─ ·          11 A query reads data through the profile" in rows[11]


def test_the_line_is_torn_at_the_first_break_and_stays_so() -> None:
    verdicts = [Verdict.PROVEN] * 3 + [Verdict.GAP, Verdict.PROVEN, Verdict.GAP, Verdict.UNKNOWN]
    rows, _ = drawn(chain(*verdicts))
    assert f"broken at joint 4 since {NOON.astimezone():%d %b %H:%M}" in rows[0]
    assert [row.strip()[0] for row in rows[1:8]] == ["┌", "├", "├", "╳", "┆", "╳", "┆"]
    assert "? unknown" in rows[7]


def test_a_whole_chain_says_since_when() -> None:
    rows, _ = drawn(chain(*[Verdict.PROVEN] * 11))
    assert f"whole since {NOON.astimezone():%d %b %H:%M}" in rows[0]


def test_enter_opens_what_was_read_and_since_when() -> None:
    _, app = drawn(chain(Verdict.PROVEN), chain(Verdict.PROVEN, Verdict.GAP), press=("enter",))
    assert app.opened[0].id == "chain.role"
    assert "since" in app.opened[0].evidence
    assert "since" in app.block.copyable()
    assert "Broken at joint 2 of 11" in app.block.copyable()


def test_a_narrow_row_keeps_to_one_line_and_hostile_text_is_only_text() -> None:
    rows, _ = drawn(chain(*[Verdict.PROVEN] * 11, evidence=HOSTILE * 5), width=50)
    assert rows[11].strip().startswith("└"), rows
    assert len([row for row in rows if row.strip()[:1] in ("┌", "├", "└")]) == 11
    assert "\x1b" not in "".join(rows)
