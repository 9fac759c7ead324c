"""A plan on the screen: narrowed, unfolded, told in words, secrets masked until a key and only for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.pilot import Pilot

from wizard.core.event import Planned, ResourceChange
from wizard.core.redact import MASK, Sealed
from wizard.ui.widgets import plan as plans
from wizard.ui.widgets.plan import PlanBlock

TRUST = ResourceChange(
    "aws_iam_role.this",
    "update",
    "who may take on the role: its trust policy",
    (("assume_role_policy", '{"Statement": []}', '{"Statement": [1]}'),),
    unchanged=7,
    policies=(("assume_role_policy", ("+ Allow sts:AssumeRole to databricks", "= 1 statement stays")),),
)
SECRET = ResourceChange(
    "aws_x.secret", "create", "", (("pw", "", MASK),), sealed=(("pw", Sealed(""), Sealed("hunter2-hunter2")),)
)
GONE = ResourceChange(
    "aws_s3_bucket.old", "delete", "a bucket", (("bucket", "b", ""),), reason="not declared"
)
NOISE = ResourceChange("aws_s3_bucket.data", "update", "", (("tags", "", "{}"),))
PLAN = Planned(
    (TRUST, SECRET, GONE),
    1,
    1,
    1,
    ("old will be DESTROYED.",),
    outputs=(("role", "", "arn"),),
    drift=(NOISE,),
)


class Bench(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        ("f", "narrow('next_filter')", "Filter"),
        ("slash", "narrow('find')", "Search"),
        ("x", "narrow('export')", "Table"),
    ]

    def __init__(self, plan: Planned) -> None:
        super().__init__()
        self.block = PlanBlock(plan)
        self.exported = ""

    def compose(self) -> ComposeResult:
        yield self.block

    def on_mount(self) -> None:
        self.block.roster.focus()

    def action_narrow(self, what: str) -> None:
        getattr(self.block, what)()

    def on_plan_block_exported(self, event: PlanBlock.Exported) -> None:
        self.exported = event.text

    @property
    def words(self) -> str:
        return "\n".join(str(option.prompt) for option in self.block.roster.options)


def _drive(act: Callable[[Bench, Pilot[None]], Awaitable[None]], plan: Planned = PLAN) -> None:
    async def run() -> None:
        app = Bench(plan)
        async with app.run_test(size=(80, 40)) as pilot:
            await pilot.pause()
            await act(app, pilot)

    asyncio.run(run())


def test_destroys_stand_first_with_their_reason_and_a_policy_is_told_in_words() -> None:
    async def act(app: Bench, pilot: Pilot[None]) -> None:
        assert app.words.index("aws_s3_bucket.old") < app.words.index("aws_iam_role.this")
        assert "because: not declared" in app.words
        assert "+ Allow sts:AssumeRole to databricks" in app.words
        assert "7 more stay as they are" in app.words
        assert "▸ 1 output of the module" in app.words
        assert "1 noted difference outside the plan: nothing to do" in app.words

    _drive(act)


def test_f_and_words_narrow_and_x_hands_over_what_is_shown() -> None:
    async def act(app: Bench, pilot: Pilot[None]) -> None:
        seen = []
        for _ in range(4):
            await pilot.press("f")
            seen.append([change.address for _, change in app.block.shown])
        assert seen[:3] == [[GONE.address], [TRUST.address], [SECRET.address]]
        assert len(seen[3]) == 3
        await pilot.press("slash", *"databricks", "enter", "x")
        assert [change.address for _, change in app.block.shown] == [TRUST.address]
        assert "aws_iam_role.this" in app.exported
        assert "aws_x.secret" not in app.exported
        await pilot.press("slash", "x", "x", "x", "enter")
        assert "Nothing here matches" in app.words
        await pilot.press("f", "escape")
        assert len(app.block.shown) == 3
        assert app.block.search.value == ""

    _drive(act)


def test_a_secret_is_seen_after_a_key_and_hides_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "SEEN_FOR", 0.2)

    async def act(app: Bench, pilot: Pilot[None]) -> None:
        await pilot.press("z")
        assert MASK in app.words
        assert "hunter2" not in app.words
        await pilot.press("v")
        assert "hunter2" in app.words
        assert "hunter2" not in app.block.copyable()
        for _ in range(200):
            await asyncio.sleep(0.02)
            if "hunter2" not in app.words:
                break
        assert "hunter2" not in app.words
        await pilot.press("v")
        app.block.fold()
        app.block.fold(False)
        app.block._draw()
        assert "hunter2" not in app.words, "folding hides it too"

    _drive(act)


def test_z_unfolds_all_that_is_shown_and_folds_it_again() -> None:
    async def act(app: Bench, pilot: Pilot[None]) -> None:
        await pilot.press("z")
        assert app.block.unfolded == {"0", "1", "2"}
        await pilot.press("z")
        assert app.block.unfolded == set()

    _drive(act)


def test_a_huge_plan_is_unfolded_in_part() -> None:
    many = tuple(
        ResourceChange(f"a.b[{n}]", "create", "", tuple((f"x{k}", "", "y") for k in range(50)))
        for n in range(100)
    )

    async def act(app: Bench, pilot: Pilot[None]) -> None:
        await pilot.press("z")
        assert len(app.block.unfolded) == plans.MOST_OPEN // 50

    _drive(act, Planned(many, 100, 0, 0))
