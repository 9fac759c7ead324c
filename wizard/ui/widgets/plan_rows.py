"""How one change of a plan is drawn, folded and unfolded, on the screen and as text."""

from __future__ import annotations

import json
from collections.abc import Mapping

from textual.content import Content

from wizard.core.event import Planned, ResourceChange
from wizard.ui.widgets.diff import compared
from wizard.ui.words import MUTED, action, hanging, joined, lines, plain

_SIGNS = {"+": "$text-success", "-": "$text-error", "~": "$text-warning", "=": MUTED}

Secrets = Mapping[str, tuple[str, str]]
"""Attribute -> before and after, for those that are revealed just now."""


def counts(plan: Planned) -> str:
    """`3 to add · 1 to change · nothing to destroy`."""
    destroyed = f"{plan.destroy} TO DESTROY" if plan.destroy else "nothing to destroy"
    return f"{plan.add} to add · {plan.change} to change · {destroyed}"


def row(change: ResourceChange, unfolded: bool, secrets: Secrets, width: int) -> Content:
    """The address and what it is for; unfolded, every attribute that differs. `width` is in cells."""
    mark = ("▾ " if unfolded else "▸ ") if change.changes else "  "
    head = joined((mark, MUTED), action(change), "  ", plain(change.address))
    purpose = plain(f"    {change.purpose}", MUTED) if change.purpose else ""
    reason = plain(f"    because: {change.reason}", "$text-warning") if change.reason else ""
    if not unfolded:
        return lines(head, purpose, reason)
    told = dict(change.policies)
    attributes = [
        _attribute(
            name,
            *secrets.get(name, (before, after)),
            _said(told.get(name, ()), width),
            made=change.action == "create",
        )
        for name, before, after in change.changes
    ]
    kept = f"    {change.unchanged} more stay as they are" if change.unchanged else ""
    return lines(head, purpose, reason, *attributes, plain(kept, MUTED) if kept else "")


def outputs(plan: Planned, unfolded: bool) -> Content:
    """The module's outputs that change."""
    count = len(plan.outputs)
    head = joined(
        ("▾ " if unfolded else "▸ ", MUTED), f"{count} output{'s' if count > 1 else ''} of the module"
    )
    if not unfolded:
        return head
    return lines(head, *(_attribute(*each, [], made=not each[1]) for each in plan.outputs))


def drift(plan: Planned, unfolded: bool) -> Content:
    """What differs outside and is not touched by the plan."""
    count = len(plan.drift)
    head = joined(
        ("▾ " if unfolded else "▸ ", MUTED),
        (f"{count} noted difference{'s' if count > 1 else ''} outside the plan: nothing to do", MUTED),
    )
    if not unfolded:
        return head
    said = [f"    {c.address}: {', '.join(name for name, _, _ in c.changes) or c.action}" for c in plan.drift]
    why = "    AWS fills in what Terraform left open; the plan changes none of it."
    return lines(head, plain(why, MUTED), *(plain(line, MUTED) for line in said))


def as_text(plan: Planned, shown: list[ResourceChange]) -> str:
    """What is shown, to copy or save; secrets stay masked."""
    rows = [counts(plan), *(f"! {warning}" for warning in plan.warnings)]
    for change in shown:
        rows.append(f"{action(change).plain}  {change.address}  {change.purpose}".rstrip())
        if change.reason:
            rows.append(f"    because: {change.reason}")
        told = dict(change.policies)
        for name, before, after in change.changes:
            made = change.action == "create" and not before
            rows.append(
                f"    {name}: {_short(after)}" if made else f"    {name}: {_short(before)} -> {_short(after)}"
            )
            rows += [f"      {line}" for line in told.get(name, ())]
    rows += [f"output {name}: {_short(before)} -> {_short(after)}" for name, before, after in plan.outputs]
    return "\n".join(rows)


def _short(value: str) -> str:
    return " ".join(value.split()) or "(none)"


def command(plan: Planned, width: int) -> Content:
    """What a yes runs, whole."""
    return joined(("  $ ", MUTED), plain(hanging(plan.command, width, 4), "$text-secondary"))


def _said(told: tuple[str, ...], width: int) -> list[Content]:
    """The words about a policy, broken below themselves."""
    indented = [(6 + len(line) - len(line.lstrip()), line.strip()) for line in told]
    return [
        plain(" " * indent + hanging(line, width, indent + 2), _SIGNS.get(line[:1], ""))
        for indent, line in indented
    ]


def _attribute(name: str, before: str, after: str, words: list[Content], *, made: bool) -> Content:
    """One attribute; a policy is told in words first, a document is laid out and compared line by line."""
    old, new = _laid_out(before), _laid_out(after)
    if "\n" not in old + new:
        if made:
            return joined((f"    {name}: ", MUTED), (new or "(none)", "$text-success"))
        return joined(
            (f"    {name}: ", MUTED),
            (old or "(none)", "$text-error"),
            " → ",
            (new or "(none)", "$text-success"),
        )
    rows, _, _ = compared(old, new)
    indented = Content("\n").join(joined("  ", each) for each in rows.split("\n"))
    itself = plain("      the document itself:", MUTED) if words else ""
    return lines(plain(f"    {name}:", MUTED), *words, itself, indented)


def _laid_out(value: str) -> str:
    if not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.dumps(json.loads(value), indent=1, ensure_ascii=False)
    except (ValueError, RecursionError):
        return value
