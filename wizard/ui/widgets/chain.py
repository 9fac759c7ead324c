"""The chain from AWS to data as a picture: every joint a row, the line broken where the chain is."""

from __future__ import annotations

from dataclasses import replace

from textual import events
from textual.content import Content
from textual.widgets import OptionList

from wizard.core.chain import JOINTS, Chain, Joint, Link
from wizard.core.finding import Verdict
from wizard.ui.widgets.block import Block
from wizard.ui.widgets.findings import Findings
from wizard.ui.widgets.roster import Roster
from wizard.ui.words import MUTED, VERDICT_STYLE, joined, plain

_WAITING = "·"


class ChainBlock(Block):
    """Eleven rows from the start; what was not looked at yet stands there pale."""

    def __init__(self) -> None:
        self.chain = Chain()
        self._wide = 76
        self.roster = Roster(classes="chain")
        super().__init__("From AWS to your data", self.roster)

    def show_chain(self, chain: Chain) -> None:
        """Show what is known now."""
        self.chain = chain
        self._draw()

    def reveal(self) -> None:
        """Bring the break into sight."""
        if self.chain.first_broken is not None:
            self.call_after_refresh(self.roster.read_on, 0)

    def on_resize(self, event: events.Resize) -> None:
        self._wide = event.size.width
        self._draw()

    def summary(self) -> str:
        return self.chain.verdict() if self.chain.links else ""

    def copyable(self) -> str:
        lines = [
            f"{link.joint.number:>2} {link.finding.line()} (since {_time(link)})" for link in self.chain.links
        ]
        return "\n".join([*lines, self.chain.verdict()])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        link = self.chain.link(event.option_id or "")
        if link is not None:
            evidence = f"{link.finding.evidence} · since {_time(link)}"
            self.post_message(Findings.Opened(replace(link.finding, evidence=evidence)))

    def _draw(self) -> None:
        rows, whole = [], True
        for joint in JOINTS:
            link = self.chain.link(joint.id)
            whole = whole and (link is None or not link.broken)
            rows.append((joint.id, _row(joint, link, self._wide - 3, whole), True))
        self.roster.show(rows)
        broken = self.chain.first_broken
        if broken is not None:
            self.roster.highlighted = broken.joint.number - 1
            self.reveal()
        if broken is not None:
            self.hint = f"broken at joint {broken.joint.number} since {broken.since.astimezone():%d %b %H:%M}"
        elif self.chain.whole:
            latest = max(link.since for link in self.chain.links).astimezone()
            self.hint = f"whole since {latest:%d %b %H:%M}"
        else:
            self.hint = ""
        self._draw_head()


def _row(joint: Joint, link: Link | None, width: int, whole: bool) -> Content:
    """`├─ ✓ proven   4 The role trusts exactly this workspace  what was read`, in one line."""
    corner = "┌" if joint is JOINTS[0] else "└" if joint is JOINTS[-1] else "├"
    bar = f"{corner}─ " if whole else f"{'╳' if link is not None and link.broken else '┆'}  "
    if link is None:
        return joined((bar, MUTED), (f"{_WAITING} {'':<9}{joint.number:>2} {joint.title}", MUTED))
    verdict = link.finding.verdict
    word = "unknown" if verdict is Verdict.UNKNOWN else verdict.word
    head = f"{verdict.glyph} {word:<9}"
    title = _cut(f"{joint.number:>2} {joint.title}", width - len(bar) - len(head))
    room = width - len(bar) - len(head) - len(title) - 2
    evidence = f"  {_cut(link.finding.evidence, room)}" if room >= 8 and link.finding.evidence else ""
    line = "$text-success" if whole else "$text-error"
    return joined((bar, line), (head, VERDICT_STYLE[verdict]), plain(title), (evidence, MUTED))


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _time(link: Link) -> str:
    return f"{link.since.astimezone():%d %b %H:%M:%S}"
