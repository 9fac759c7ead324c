"""What a run has shown so far: one block a kind of event, older ones folded when the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar, cast

from textual.containers import VerticalScroll
from textual.widget import Widget

from wizard.core.chain import Chain
from wizard.core.event import DeviceCode, Diff, Event, Line, Planned, ResourceRow, Table, WarehouseSeen
from wizard.core.finding import Finding
from wizard.ui.stack import YIELDS
from wizard.ui.widgets.block import Block
from wizard.ui.widgets.roster import Roster

if TYPE_CHECKING:
    from wizard.ui.widgets.chain import ChainBlock
    from wizard.ui.widgets.findings import Findings
    from wizard.ui.widgets.gauge import Gauge
    from wizard.ui.widgets.plan import PlanBlock
    from wizard.ui.widgets.resources import Resources

B = TypeVar("B", bound=Block)


class Evidence(VerticalScroll, can_focus=False):
    """A column of blocks. Block widgets are imported when the first event of their kind comes."""

    DEFAULT_CSS = """
    Evidence { height: auto; margin: 1 0 0 0; scrollbar-size-vertical: 1; display: none; }
    Evidence.-any { display: block; }
    Evidence:focus { background-tint: $foreground 6%; }
    """

    def __init__(
        self, clock: Callable[[], float], now: Callable[[], datetime], typical_seconds: float
    ) -> None:
        super().__init__(classes=YIELDS)
        self._clock = clock
        self._now = now
        self._typical = typical_seconds
        self.blocks: list[Block] = []

    def clear(self) -> None:
        """A new run begins."""
        self.blocks = []
        self.remove_class("-any")
        self.remove_children()

    def show(self, events: Sequence[tuple[float, Event]]) -> None:
        """Show what these events say, in order. Events that are not evidence are passed over."""
        from wizard.ui.widgets.findings import Findings

        findings: list[Finding] = []
        rows: list[tuple[float, ResourceRow]] = []
        for when, event in events:
            if isinstance(event, Line):
                continue
            if isinstance(event, ResourceRow):
                if not rows:
                    self._resources()
                rows.append((when, event))
            elif isinstance(event, Finding):
                if not findings:
                    self._one(Findings, Findings)
                findings.append(event)
            elif isinstance(event, WarehouseSeen):
                self._gauge().add(event, when)
            elif isinstance(event, Chain):
                self._chain().show_chain(event)
            elif isinstance(event, DeviceCode | Diff | Planned | Table):
                self._place(self._made(event))
        if findings:
            self._one(Findings, Findings).add(findings)
        if rows:
            self._resources().add(rows)

    def settle(self) -> None:
        """Fold what was read before an answer: codes, diffs, plans and lists."""
        for block in self.blocks:
            if block.passing and not block.folded:
                block.fold()

    def show_unread(self) -> None:
        """Scroll to the first of what an answer is asked about."""
        unread = next((block for block in self.blocks if block.passing and not block.folded), None)
        if unread is not None:
            self.call_after_refresh(self.scroll_to_widget, unread, top=True, animate=False)

    def reveal(self) -> None:
        """Bring what matters most into sight again."""
        for block in self.blocks:
            if not block.folded:
                block.reveal()

    def expire(self) -> None:
        """Fold codes that are no longer waited for."""
        for block in self.blocks:
            if block.url and not block.folded:
                block.fold()

    def tick(self) -> None:
        """Redraw what has a clock."""
        for block in self.blocks:
            if not block.folded:
                block.tick(self._clock(), self._now())

    def end(self) -> None:
        """The run is over: what has a clock stops."""
        for block in self.blocks:
            block.end(self._clock())

    @property
    def chain(self) -> ChainBlock | None:
        """The picture of the chain, when there is one."""
        from wizard.ui.widgets.chain import ChainBlock

        return next((block for block in self.blocks if isinstance(block, ChainBlock)), None)

    @property
    def live(self) -> bool:
        """Something goes on by itself and can be frozen."""
        return any(block.live for block in self.blocks)

    def freeze(self) -> None:
        """Let what goes on by itself stand still, or go on."""
        for block in self.blocks:
            if block.live:
                block.freeze(self._clock())

    def copyable(self) -> str:
        """What the copy key takes: the block in focus, else the newest that is open."""
        open_ones = [block for block in self.blocks if not block.folded and block.copyable()]
        focused = next((block for block in open_ones if block.has_focus_within), None)
        chosen = focused or (open_ones[-1] if open_ones else None)
        return chosen.copyable() if chosen else ""

    @property
    def findings(self) -> Findings | None:
        """The table of findings, when there is one."""
        from wizard.ui.widgets.findings import Findings

        return next((block for block in self.blocks if isinstance(block, Findings)), None)

    @property
    def narrowed(self) -> Findings | PlanBlock | None:
        """What the keys for filter, search and export act on: a plan that is open, else the findings."""
        plans = [block for block in self.blocks if block.narrows and not block.folded]
        return cast("PlanBlock", plans[-1]) if plans else self.findings

    def readable(self) -> Widget | None:
        """What the keyboard reads: the newest open list, else the column itself."""
        lists = [each for block in self.blocks if not block.folded for each in block.query(Roster)]
        return lists[-1] if lists else self if self.can_focus else None

    def address(self) -> str:
        """The address of a code that waits for approval, or empty."""
        return next((block.url for block in reversed(self.blocks) if block.url and not block.folded), "")

    def on_block_folded(self, event: Block.Folded) -> None:
        event.stop()
        self._space()

    def _space(self) -> None:
        """A blank line between blocks, but folded ones stand together."""
        for before, block in zip([None, *self.blocks], self.blocks, strict=False):
            block.set_class(before is not None and not (before.folded and block.folded), "-apart")

    def _resources(self) -> Resources:
        from wizard.ui.widgets.resources import Resources

        return self._one(Resources, lambda: Resources(self._clock))

    def _chain(self) -> ChainBlock:
        from wizard.ui.widgets.chain import ChainBlock

        return self._one(ChainBlock, ChainBlock)

    def _gauge(self) -> Gauge:
        from wizard.ui.widgets.gauge import Gauge

        return self._one(Gauge, lambda: Gauge(self._typical))

    def _made(self, event: DeviceCode | Diff | Planned | Table) -> Block:
        if isinstance(event, DeviceCode):
            from wizard.ui.widgets.device_code import DeviceCard

            return DeviceCard(event, self._now())
        if isinstance(event, Diff):
            from wizard.ui.widgets.diff import DiffBlock

            return DiffBlock(event)
        if isinstance(event, Planned):
            from wizard.ui.widgets.plan import PlanBlock

            return PlanBlock(event)
        from wizard.ui.widgets.rows import TableBlock

        return TableBlock(event)

    def _one(self, kind: type[B], make: Callable[[], B]) -> B:
        for block in self.blocks:
            if isinstance(block, kind):
                return block
        made = make()
        self._place(made)
        return made

    def _place(self, block: Block) -> None:
        self.blocks.append(block)
        self.add_class("-any")
        # Where no list inside takes the focus, the column itself does, so that it can be read with the keyboard.
        self.can_focus = not self.query(Roster) and not block.query(Roster)
        self._space()
        self.mount(block)
        self.call_after_refresh(self.scroll_to_widget, block, top=True, animate=False)
