"""A plan to be read before a yes: counts, the gravest first, each change unfolding to what becomes of it."""

from __future__ import annotations

import json

from textual.content import Content
from textual.widgets import OptionList

from wizard.core.event import Planned, ResourceChange
from wizard.core.text import plural
from wizard.ui.widgets.block import Block
from wizard.ui.widgets.diff import compared
from wizard.ui.widgets.roster import Roster
from wizard.ui.words import ACTIONS, MUTED, action, joined, lines, plain

FEW = 2
"""Up to so many changes in place are unfolded from the start."""
_ORDER = list(ACTIONS)


class PlanBlock(Block):
    """The changes of a plan; Enter unfolds one."""

    passing = True
    hint = "Tab to read"

    def __init__(self, plan: Planned) -> None:
        self.plan = plan
        self.roster = Roster(classes="plan")
        self._changes = sorted(
            (change for change in plan.changes if change.action != "no-op"),
            key=lambda change: _ORDER.index(change.action) if change.action in _ORDER else len(_ORDER),
        )
        self.unfolded = self._worth_reading()
        super().__init__(counts(plan), self.roster)
        self._draw()

    def summary(self) -> str:
        return plural(len(self._changes), "change")

    def copyable(self) -> str:
        rows = [counts(self.plan), *(f"! {warning}" for warning in self.plan.warnings)]
        for change in self._changes:
            rows.append(f"{action(change).plain}  {change.address}  {change.purpose}".rstrip())
            rows += [f"    {name}: {before} -> {after}" for name, before, after in change.changes]
        return "\n".join(rows)

    def _worth_reading(self) -> set[str]:
        """What changes in place is open when there is little of it; what is made anew stays folded."""
        changed = {str(n) for n, change in enumerate(self._changes) if change.action in ("update", "replace")}
        return changed if len(changed) <= FEW else set()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.unfolded ^= {event.option_id or ""}
        self._draw()

    def _draw(self) -> None:
        rows: list[tuple[str, Content, bool]] = [
            (f"!{number}", plain(f"! {warning}", "$text-warning"), False)
            for number, warning in enumerate(self.plan.warnings)
        ]
        for number, change in enumerate(self._changes):
            name = str(number)
            rows.append((name, _row(change, name in self.unfolded), True))
        self.roster.show(rows)


def counts(plan: Planned) -> str:
    """`3 to add · 1 to change · nothing to destroy`."""
    destroyed = f"{plan.destroy} TO DESTROY" if plan.destroy else "nothing to destroy"
    return f"{plan.add} to add · {plan.change} to change · {destroyed}"


def _row(change: ResourceChange, unfolded: bool) -> Content:
    mark = ("▾ " if unfolded else "▸ ") if change.changes else "  "
    head = joined((mark, MUTED), action(change), "  ", plain(change.address))
    purpose = plain(f"    {change.purpose}", MUTED) if change.purpose else ""
    if not unfolded:
        return lines(head, purpose)
    return lines(head, purpose, *(_attribute(*each) for each in change.changes))


def _attribute(name: str, before: str, after: str) -> Content:
    """One attribute; a document in JSON is laid out and compared line by line."""
    old, new = _laid_out(before), _laid_out(after)
    if "\n" not in old + new:
        return joined(
            (f"    {name}: ", MUTED),
            (old or "(none)", "$text-error"),
            " → ",
            (new or "(none)", "$text-success"),
        )
    rows, _, _ = compared(old, new)
    indented = Content("\n").join(joined("  ", row) for row in rows.split("\n"))
    return lines(plain(f"    {name}:", MUTED), indented)


def _laid_out(value: str) -> str:
    if not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.dumps(json.loads(value), indent=1, ensure_ascii=False)
    except ValueError:
        return value
