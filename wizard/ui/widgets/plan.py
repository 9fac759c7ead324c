"""A plan to be read before a yes: counts, the gravest first, each change unfolding to what becomes of it."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import OptionList

from wizard.core.event import Planned, ResourceChange
from wizard.core.text import plural
from wizard.ui.widgets import plan_rows
from wizard.ui.widgets.block import Block
from wizard.ui.widgets.plan_rows import counts
from wizard.ui.widgets.roster import Roster
from wizard.ui.widgets.searchline import SearchLine
from wizard.ui.words import ACTIONS, MUTED, action, plain

FEW = 2
"""Up to so many changes in place are unfolded from the start."""
MOST_OPEN = 1_500
"""Attributes that are unfolded at once; more would take longer than the eye waits."""
SEEN_FOR = 15.0
"""Seconds after which a revealed secret is masked again."""
_ORDER = list(ACTIONS)
_OUTPUTS, _DRIFT = "outputs", "drift"


class PlanBlock(Block):
    """The changes of a plan; Enter unfolds one, and what is shown can be narrowed, copied and saved."""

    passing = True
    narrows = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "z", "unfold", "Unfold", id="plan.unfold", tooltip="Unfold or fold every change that is shown"
        ),
        Binding("v", "reveal", "Reveal", id="plan.reveal", tooltip="Show masked values for 15 seconds"),
        Binding("escape", "everything", "All", id="plan.everything", tooltip="Show every change again"),
    ]

    class Exported(Message):
        """The operator wants what is shown as a text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, plan: Planned) -> None:
        self.plan = plan
        self.roster = Roster(classes="plan")
        self.search = SearchLine("an address, an attribute, a value; Esc shows everything")
        self._changes = sorted(
            (change for change in plan.changes if change.action != "no-op"),
            key=lambda change: _ORDER.index(change.action) if change.action in _ORDER else len(_ORDER),
        )
        self._only = ""
        self._words = ""
        self._wide = 72
        self._revealed = False
        self._hiding: Timer | None = None
        self.unfolded = self._worth_reading()
        super().__init__(counts(plan), self.roster)
        self._draw()

    def compose(self) -> ComposeResult:
        yield self._head
        yield self.search
        yield self._body

    @property
    def shown(self) -> list[tuple[str, ResourceChange]]:
        """Name and change of what the filter and the search leave, the gravest first."""
        words = self._words.casefold().split()
        return [
            (str(number), change)
            for number, change in enumerate(self._changes)
            if self._only in ("", change.action) and all(word in _searched(change) for word in words)
        ]

    def summary(self) -> str:
        return plural(len(self._changes), "change")

    def copyable(self) -> str:
        return plan_rows.as_text(self.plan, [change for _, change in self.shown])

    def next_filter(self) -> None:
        """The next kind of change that is there, and after the last everything again."""
        turns = ["", *dict.fromkeys(change.action for change in self._changes)]
        self._only = turns[(turns.index(self._only) + 1) % len(turns)]
        self._draw()

    def find(self) -> None:
        """Open the line to search in."""
        self.search.open()

    def export(self) -> None:
        """Hand over what is shown as a text."""
        self.post_message(self.Exported(self.copyable()))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  # Textual's
        if action == "reveal":
            return any(change.sealed for change in self._changes)
        return action != "everything" or bool(self._only or self._words)

    def action_everything(self) -> None:
        """Neither filter nor search any more."""
        self._only = ""
        self.search.action_close()
        self._draw()

    def action_unfold(self) -> None:
        names, open_ones = [], 0
        for name, change in self.shown:
            open_ones += len(change.changes)
            if open_ones <= MOST_OPEN:
                names.append(name)
        closed = set(names) - self.unfolded
        self.unfolded = self.unfolded | closed if closed else self.unfolded - set(names)
        self._draw()

    def action_reveal(self) -> None:
        """Masked values are shown, and masked again by themselves."""
        if self._hiding is not None:
            self._hiding.stop()
        self._revealed = not self._revealed
        self._hiding = self.set_timer(SEEN_FOR, self.hide) if self._revealed else None
        self._draw()

    def hide(self) -> None:
        """Mask everything again."""
        self._revealed, self._hiding = False, None
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        self._wide = event.size.width - 3
        self._draw()

    def fold(self, folded: bool = True) -> None:
        self._revealed = False
        super().fold(folded)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.unfolded ^= {event.option_id or ""}
        self._draw()

    def on_search_line_narrowed(self, event: SearchLine.Narrowed) -> None:
        event.stop()
        self._words = event.words
        self._draw()

    def on_search_line_left(self, event: SearchLine.Left) -> None:
        event.stop()
        self.roster.focus()

    def _worth_reading(self) -> set[str]:
        """What changes in place is open when there is little of it; what is made anew stays folded."""
        changed = {
            str(n)
            for n, change in enumerate(self._changes)
            if change.action in ("update", "replace", "delete")
        }
        return changed if len(changed) <= FEW else set()

    def _draw(self) -> None:
        shown = self.shown
        rows: list[tuple[str, Content, bool]] = [
            (f"!{number}", plain(f"! {warning}", "$text-warning"), False)
            for number, warning in enumerate(self.plan.warnings)
        ]
        for name, change in shown:
            secrets = {n: (b.reveal(), a.reveal()) for n, b, a in change.sealed} if self._revealed else {}
            rows.append((name, plan_rows.row(change, name in self.unfolded, secrets, self._wide), True))
        if not shown and self._changes:
            rows.append(("none", plain("Nothing here matches. f and / change what is shown.", MUTED), False))
        if self.plan.outputs:
            rows.append((_OUTPUTS, plan_rows.outputs(self.plan, _OUTPUTS in self.unfolded), True))
        if self.plan.drift:
            rows.append((_DRIFT, plan_rows.drift(self.plan, _DRIFT in self.unfolded), True))
        if self.plan.command:
            rows.append(("command", plan_rows.command(self.plan, self._wide), False))
        self.roster.show(rows)
        self._hint(len(shown))
        self._draw_head()
        if self.is_attached:
            self.refresh_bindings()

    def _hint(self, shown: int) -> None:
        if self._revealed:
            self.hint = "secrets in sight"
        elif shown < len(self._changes):
            only = f", {action(self._only).plain[2:]}" if self._only else ""
            words = f", “{self._words.strip()}”" if self._words.strip() else ""
            self.hint = f"showing {shown}{only}{words}  f / x"
        else:
            sealed = any(change.sealed for change in self._changes)
            self.hint = "Tab to read · f / x z" + (" v" if sealed else "")


def _searched(change: ResourceChange) -> str:
    values = [part for each in change.changes for part in each]
    told = [line for _, some in change.policies for line in some]
    parts = (action(change).plain, change.address, change.purpose, change.reason, *values, *told)
    return " ".join(parts).casefold()
