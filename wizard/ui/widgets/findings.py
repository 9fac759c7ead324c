"""Findings as a grouped list: what is missing first, details one key away."""

from __future__ import annotations

from collections import Counter

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList

from wizard.core.finding import Finding, Verdict
from wizard.ui.widgets.block import Block
from wizard.ui.widgets.roster import Roster
from wizard.ui.words import MUTED, VERDICT_STYLE, hanging, joined, plain

_GRAVEST = (Verdict.GAP, Verdict.UNKNOWN, Verdict.PREDICTED, Verdict.PROVEN)
_HEADING = "heading:"
_FEW = 4
"""Findings up to this many are read at a glance."""


class Findings(Block):
    """All findings of a run. One that is reported again takes the place of the earlier."""

    class Opened(Message):
        """The operator wants the details of a finding."""

        def __init__(self, finding: Finding) -> None:
            super().__init__()
            self.finding = finding

    def __init__(self) -> None:
        self.findings: dict[str, Finding] = {}
        self._wide = 48
        self.roster = Roster(classes="findings")
        super().__init__("Findings", self.roster)

    def add(self, findings: list[Finding]) -> None:
        """Show these as well."""
        for finding in findings:
            self.findings[finding.id] = finding
        self._draw()
        self.hint = "Tab to read" if len(self.findings) > _FEW else ""
        self.title = counts(list(self.findings.values()))
        self._draw_head()

    def on_resize(self, event: events.Resize) -> None:
        self._wide = event.size.width
        self._draw()

    def _draw(self) -> None:
        self.roster.show(_rows(list(self.findings.values()), self._wide - 3))

    def copyable(self) -> str:
        return "\n".join(finding.line() for finding in ordered(list(self.findings.values())))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        finding = self.findings.get(event.option_id or "")
        if finding is not None:
            self.post_message(self.Opened(finding))


def counts(findings: list[Finding]) -> str:
    """`2 missing · 1 could not check · 40 proven`."""
    seen = Counter(finding.verdict for finding in findings)
    return " · ".join(f"{seen[verdict]} {verdict.word}" for verdict in _GRAVEST if seen[verdict])


def ordered(findings: list[Finding]) -> list[Finding]:
    """Gravest groups first, and within a group the gravest first; otherwise as they came."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.group, []).append(finding)
    ranked = sorted(groups.values(), key=lambda group: min(_rank(finding) for finding in group))
    return [finding for group in ranked for finding in sorted(group, key=_rank)]


def _rank(finding: Finding) -> int:
    return _GRAVEST.index(finding.verdict)


def _rows(findings: list[Finding], width: int) -> list[tuple[str, Content, bool]]:
    rows: list[tuple[str, Content, bool]] = []
    group = ""
    for finding in ordered(findings):
        if finding.group != group:
            group = finding.group
            rows.append((_HEADING + group, plain(group or "Other", "bold $text-secondary"), False))
        rows.append((finding.id, _row(finding, width), True))
    return rows


def _row(finding: Finding, width: int) -> Content:
    word = f"{finding.verdict.glyph} {finding.verdict.word:<9}  "
    head = joined((word, VERDICT_STYLE[finding.verdict]), hanging(finding.title, width, len(word)))
    if not finding.evidence:
        return head
    short = len(word) + len(finding.title) + len(finding.evidence) + 2 <= width
    gap, indent = ("  ", 0) if short else ("\n    ", 4)
    evidence = finding.evidence if short else hanging(finding.evidence, width, indent)
    return joined(head, (gap + evidence, MUTED))
