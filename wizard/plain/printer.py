"""Events as plain lines, append-only, without colour: every state is a word and a glyph."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Callable
from shutil import get_terminal_size
from typing import IO

from wizard.core.chain import Chain, Link
from wizard.core.event import (
    Ask,
    DeviceCode,
    Diff,
    Event,
    Forgotten,
    Line,
    Noted,
    Phase,
    Planned,
    Progress,
    ResourceRow,
    Table,
    Wait,
    WarehouseSeen,
)
from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem

_PROSE = re.compile(
    r"(?P<choice>  [* ] {0,2}\d+  )\S"
    r"|(?P<marked> *(?:[✓✗?~◌●…!✔] |Estimate: |A start |size |Why: |What to do: |Who can do it: ))\S"
    r"|(?P<plain> {0,2})[\w“]"
)
"""What is read and not copied: choices, findings, sentences. Commands, diffs, tables, policies stand further in."""
_HEARTBEAT = 30.0
"""Seconds of waiting after which it is said that the wait goes on."""
_LOUDEST = (Verdict.GAP, Verdict.UNKNOWN, Verdict.PREDICTED, Verdict.PROVEN)
_MARKS = {
    "create": "+",
    "update": "~",
    "replace": "±",
    "delete": "-",
    "read": "<",
    "import": "←",
    "move": "→",
}


def folded(text: str, width: int) -> str:
    """A line of prose broken between words at `width` cells, what follows set in; anything else as it is."""
    found = _PROSE.match(text)
    if found is None or len(text) <= width or "\n" in text:
        return text
    leading = len(text) - len(text.lstrip())
    hang = found.end() - 1 if found["choice"] else leading + 2 if found["marked"] else leading
    return "\n".join(
        textwrap.wrap(
            text,
            width - 1,
            subsequent_indent=" " * hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


class Printer:
    """Writes what happens to a stream, one line at a time."""

    def __init__(
        self, out: IO[str], redact: Callable[[str], str] = lambda text: text, copy_lines: int = 10_000
    ) -> None:
        self._out = out
        self.redact = redact
        self._copy_lines = copy_lines
        self._warehouse = ("", "", "")
        self._grouped: list[Finding] = []
        self._links: tuple[Link, ...] = ()
        self._reason = ""
        self._waited = 0.0

    def say(self, text: str = "") -> None:
        text = self.redact(text)
        print(
            folded(text, get_terminal_size().columns) if self._out.isatty() else text,
            file=self._out,
            flush=True,
        )

    def heading(self, number: int, of: int, title: str, why: str) -> None:
        self.say()
        self.say(f"Step {number} of {of}: {title}" if number else title)
        self.say(f"  {why}")

    def problem(self, problem: Problem) -> None:
        self.flush()
        for line in problem.lines(self._copy_lines):
            self.say(f"  {line}")

    def __call__(self, event: Event) -> None:
        if isinstance(event, Finding) and event.group:
            self._grouped.append(event)
            return
        if not isinstance(event, Progress):
            self.flush()
        for line in self.lines(event):
            self.say(f"  {line}")

    def flush(self) -> None:
        """Say the findings so far, those alike in one line: dozens of them are few pieces of news."""
        alike: dict[tuple[str, Verdict, str], list[Finding]] = {}
        for finding in self._grouped:
            evidence = "" if finding.ok else finding.evidence
            alike.setdefault((finding.group, finding.verdict, evidence), []).append(finding)
        self._grouped.clear()
        for (group, verdict, evidence), findings in sorted(
            alike.items(), key=lambda each: _LOUDEST.index(each[0][1])
        ):
            if len(findings) == 1:
                self.say(f"  {findings[0].line()}")
                continue
            self.say(
                f"  {verdict.glyph} {len(findings)} {verdict.word}  {group}{f': {evidence}' if evidence else ''}"
            )
            if verdict not in (Verdict.PROVEN, Verdict.PREDICTED):
                names = ", ".join(sorted(finding.title.partition(" on ")[0] for finding in findings))
                for line in textwrap.wrap(names, 100):
                    self.say(f"      {line}")

    def lines(self, event: Event) -> list[str]:
        """The lines one event is worth; none for what only a screen can show."""
        match event:
            case Phase(title, command):
                return [f"… {title}", *([f"    $ {command}"] if command else [])]
            case Line(text, level, _):
                return [] if level == "debug" else [f"{'! ' if level in ('warning', 'error') else ''}{text}"]
            case Finding():
                return [event.line()]
            case DeviceCode():
                return _code(event)
            case Diff(title, before, after):
                return [f"{title}:", *(f"    {line}" for line in diff_lines(before, after))]
            case Planned():
                return _plan(event)
            case ResourceRow(address, action, state, seconds, text):
                return (
                    [] if state in ("waiting", "running") else [_row(address, action, state, seconds, text)]
                )
            case WarehouseSeen() | Chain():
                return self._news(event)
            case Table():
                return _table(event)
            case Wait(seconds, reason):
                return self._waiting(seconds, reason)
            case Progress() | Ask() | Noted() | Forgotten():
                return []

    def _waiting(self, seconds: float, reason: str) -> list[str]:
        """Said once, and again every half minute: a poll every second is no news."""
        same = reason == self._reason
        self._waited = self._waited + seconds if same else 0.0
        self._reason = reason
        if not reason or (same and self._waited < _HEARTBEAT):
            return []
        self._waited = 0.0
        return [f"… {'still ' if same else ''}{reason}"]

    def _news(self, seen: WarehouseSeen | Chain) -> list[str]:
        """What is new since it was last told."""
        if isinstance(seen, Chain):
            told, self._links = self._links, seen.links
            return [
                f"{link.joint.number:>2} {link.finding.line()}" for link in seen.links if link not in told
            ]
        now = (seen.state, seen.health, seen.note)
        if now == self._warehouse:
            return []
        first, self._warehouse = self._warehouse == ("", "", ""), now
        health = f", health {seen.health}" if seen.health else ""
        note = f": {seen.note}" if seen.note else ""
        said = [f"● {seen.name} is {seen.state or 'in no state'}{health} after {seen.elapsed:.0f} s{note}"]
        if first:
            low, high = seen.typical
            said += [
                f"    {line}"
                for line in (
                    ", ".join(f"{name} {value}" for name, value in seen.details),
                    f"A start usually takes {low:.0f} to {high:.0f} s, {seen.typical_from}." if high else "",
                    seen.cost,
                )
                if line
            ]
        return said


def diff_lines(before: str, after: str, context: int = 2) -> list[str]:
    """What changes from `before` to `after`, with `-` and `+` in front and a little context."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=context)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _code(code: DeviceCode) -> list[str]:
    until = code.expires_at.astimezone().strftime("%H:%M")
    if not code.user_code:
        return [f"Sign in with the browser of this computer, until {until}: {code.url_complete}"]
    return [
        f"Open {code.url_complete}",
        f"and approve if it shows this code: {code.user_code}   (valid until {until})",
    ]


def _plan(plan: Planned) -> list[str]:
    lines = [f"Plan: {plan.add} to add, {plan.change} to change, {plan.destroy} to destroy."]
    lines += [f"! {warning}" for warning in plan.warnings]
    for change in plan.changes:
        purpose = f"  {change.purpose}" if change.purpose else ""
        lines.append(f"{_MARKS.get(change.action, ' ')} {change.action}  {change.address}{purpose}")
        if change.reason:
            lines.append(f"    because: {change.reason}")
        if change.action in ("update", "replace"):
            told = dict(change.policies)
            for name, before, after in change.changes:
                lines.append(f"    {name}:")
                lines += [f"      {line}" for line in told.get(name) or diff_lines(before, after, context=1)]
        if change.unchanged:
            lines.append(f"    {change.unchanged} more stay as they are")
    for name, before, after in plan.outputs:
        lines.append(f"output {name}: {f'{_short(before)} -> ' if before else ''}{_short(after)}")
    if plan.drift:
        lines.append(f"({len(plan.drift)} noted differences outside the plan: nothing to do)")
    return lines


def _short(value: str) -> str:
    return textwrap.shorten(value, 160, placeholder=" …")


def _row(address: str, action: str, state: str, seconds: float, text: str) -> str:
    glyph = "✓" if state == "done" else "✗"
    spent = f" after {seconds:.0f} s" if seconds >= 1 else ""
    return f"{glyph} {action} {address}: {state}{spent}{' — ' + text if text else ''}"


def _table(table: Table) -> list[str]:
    # Of one column the title says what it holds.
    rows = [*([table.columns] if len(table.columns) > 1 else []), *table.rows[:20]]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(len(table.columns))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
    more = [f"(and {len(table.rows) - 20} more)"] if len(table.rows) > 20 else []
    return [
        f"{table.title}:",
        *(f"    {line}" for line in lines + more),
        *([f"    {table.note}"] if table.note else []),
    ]
