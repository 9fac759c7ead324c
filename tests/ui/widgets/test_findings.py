"""The table of findings is narrowed by verdict and by words, and leaves as a table."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.pilot import Pilot

from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who
from wizard.ui.widgets.findings import Findings, as_markdown

DENIED = Finding(
    "iam:GetRole role/r",
    "iam:GetRole on role/r",
    Verdict.GAP,
    "an organisation's policy forbids it",
    Problem("x", "what", "why", "remedy", Who.ORG_ADMIN),
    "IAM",
    layer="scp",
    policy="arn:aws:organizations::1:policy/o/service_control_policy/p-1",
)
READ = Finding("s3:ListBucket b", "s3:ListBucket on b", Verdict.PROVEN, "HeadBucket answered", group="S3 b")
OPEN = Finding("iam:PassRole role/r", "iam:PassRole on role/r", Verdict.UNKNOWN, "not predicted", group="IAM")


class Bench(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        ("f", "findings('filter')", "Filter"),
        ("slash", "findings('search')", "Search"),
        ("x", "findings('export')", "Table"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.block = Findings()
        self.exported = ""

    def compose(self) -> ComposeResult:
        yield self.block

    def on_mount(self) -> None:
        self.block.add([DENIED, READ, OPEN])
        self.block.roster.focus()

    def action_findings(self, what: str) -> None:
        {"filter": self.block.next_filter, "search": self.block.find, "export": self.block.export}[what]()

    def on_findings_exported(self, event: Findings.Exported) -> None:
        self.exported = event.text


def _drive(act: Callable[[Bench, Pilot[None]], Awaitable[None]]) -> None:
    async def run() -> None:
        app = Bench()
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            await act(app, pilot)

    asyncio.run(run())


def _ids(block: Findings) -> list[str]:
    return [str(option.id) for option in block.roster.options if not str(option.id).startswith("heading:")]


def test_f_goes_through_the_verdicts_that_are_there() -> None:
    async def act(app: Bench, pilot: Pilot[None]) -> None:
        seen = []
        for _ in range(4):
            await pilot.press("f")
            seen.append([finding.id for finding in app.block.shown])
        assert seen == [[DENIED.id], [OPEN.id], [READ.id], [DENIED.id, OPEN.id, READ.id]]

    _drive(act)


def test_a_search_narrows_as_it_is_typed_and_finds_the_policy_too() -> None:
    async def act(app: Bench, pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"control p-1")
        assert _ids(app.block) == [DENIED.id]
        assert "showing 1, “control p-1”" in app.block.hint
        await pilot.press("enter")
        assert app.block.roster.has_focus
        await pilot.press("slash", "q")
        assert _ids(app.block) == ["none"]
        await pilot.press("escape")
        assert app.block.roster.has_focus
        assert len(_ids(app.block)) == 3

    _drive(act)


def test_what_is_shown_leaves_as_a_table() -> None:
    async def act(app: Bench, pilot: Pilot[None]) -> None:
        await pilot.press("f", "x")
        await pilot.pause()
        assert app.exported == as_markdown([DENIED])
        assert app.exported.count("\n") == 2
        told = (
            "missing",
            "iam:GetRole on role/r",
            str(Who.ORG_ADMIN),
            "service control policy",
            DENIED.policy,
        )
        for word in told:
            assert word in app.exported

    _drive(act)


def test_a_bar_in_a_cell_does_not_make_another_column() -> None:
    table = as_markdown([Finding("a", "a | b", Verdict.PROVEN)])
    assert "a \\| b" in table
