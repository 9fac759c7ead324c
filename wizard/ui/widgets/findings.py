"""Findings as a grouped table: what is missing first, details one key away, narrowed by verdict and by words."""

from __future__ import annotations

from collections import Counter

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList

from wizard.core.finding import Finding, Verdict
from wizard.ui.widgets.block import Block
from wizard.ui.widgets.roster import Roster
from wizard.ui.widgets.searchline import SearchLine
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

    class Exported(Message):
        """The operator wants the findings as a table, which is `text`, in Markdown."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        self.findings: dict[str, Finding] = {}
        self._wide = 48
        self._only: Verdict | None = None
        self._words = ""
        self.roster = Roster(classes="findings")
        self.search = SearchLine("words to look for; Esc shows everything")
        super().__init__("Findings", self.roster)

    def compose(self) -> ComposeResult:
        yield self._head
        yield self.search
        yield self._body

    def add(self, findings: list[Finding]) -> None:
        """Show these as well."""
        for finding in findings:
            self.findings[finding.id] = finding
        self._draw()

    @property
    def shown(self) -> list[Finding]:
        """What the filter and the search leave, in the order of the list."""
        words = self._words.casefold().split()
        return [
            finding
            for finding in ordered(list(self.findings.values()))
            if self._only in (None, finding.verdict) and all(word in _searched(finding) for word in words)
        ]

    def on_resize(self, event: events.Resize) -> None:
        self._wide = event.size.width
        self._draw()

    def next_filter(self) -> None:
        """The next verdict that is there, and after the last everything again."""
        there = {finding.verdict for finding in self.findings.values()}
        turns: list[Verdict | None] = [None, *(each for each in _GRAVEST if each in there)]
        self._only = turns[(turns.index(self._only) + 1) % len(turns)] if self._only in turns else None
        self._draw()

    def find(self) -> None:
        """Open the line to search in."""
        self.search.open()

    def export(self) -> None:
        """Hand over what is shown as a table."""
        self.post_message(self.Exported(as_markdown(self.shown)))

    def on_search_line_narrowed(self, event: SearchLine.Narrowed) -> None:
        event.stop()
        self._words = event.words
        self._draw()

    def on_search_line_left(self, event: SearchLine.Left) -> None:
        event.stop()
        self.roster.focus()

    def _draw(self) -> None:
        shown = self.shown
        rows = _rows(shown, self._wide - 3)
        self.roster.show(
            rows or [("none", plain("Nothing here matches. f and / change what is shown.", MUTED), False)]
        )
        self.title = counts(list(self.findings.values()))
        if len(shown) < len(self.findings):
            only = f", {self._only.word}" if self._only else ""
            words = f", “{self._words.strip()}”" if self._words.strip() else ""
            self.hint = f"showing {len(shown)}{only}{words}  f / x"
        else:
            self.hint = "f filter · / search" if len(self.findings) > _FEW else ""
        self._draw_head()

    def copyable(self) -> str:
        return "\n".join(finding.line() for finding in self.shown)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        finding = self.findings.get(event.option_id or "")
        if finding is not None:
            self.post_message(self.Opened(finding))


def as_markdown(findings: list[Finding]) -> str:
    """The findings as a Markdown table: for a ticket, or to read elsewhere."""
    rows = [
        ("Verdict", "Group", "What", "Denied by", "Policy", "Evidence", "Who can mend it"),
        ("---",) * 7,
        *(
            (
                finding.verdict.word,
                finding.group,
                finding.title,
                finding.denied_by,
                finding.policy,
                finding.evidence,
                str(finding.problem.who) if finding.problem else "",
            )
            for finding in findings
        ),
    ]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def _searched(finding: Finding) -> str:
    return " ".join(
        (
            finding.group,
            finding.title,
            finding.verdict.word,
            finding.evidence,
            finding.denied_by,
            finding.policy,
        )
    ).casefold()


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
    """One row a finding, with a heading before each group; `findings` are in order."""
    rows: list[tuple[str, Content, bool]] = []
    group = ""
    for finding in findings:
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
