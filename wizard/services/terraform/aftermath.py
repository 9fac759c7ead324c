"""After an apply that failed: what exists now, what does not, and what the next apply will do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wizard.core.event import Event, ResourceChange, ResourceRow, Table

_MAKES = ("create", "replace", "import")


@dataclass
class Aftermath:
    """Listens to the rows of one apply."""

    changes: Sequence[ResourceChange]
    rows: dict[str, ResourceRow] = field(default_factory=dict)

    def hear(self, event: Event) -> None:
        if isinstance(event, ResourceRow):
            self.rows[event.address] = event

    @property
    def done(self) -> int:
        return sum(row.state == "done" for row in self.rows.values())

    @property
    def begun(self) -> bool:
        """Something was tried; before that AWS is as it was."""
        return any(row.state != "waiting" for row in self.rows.values())

    def table(self) -> Table:
        """Every resource of the plan that is not as planned, then how many are."""
        rows = [
            (address, *_stands(action, self.rows.get(address)))
            for address, action in self._planned().items()
            if (row := self.rows.get(address)) is None or row.state != "done"
        ]
        left = (
            "Nothing is left."
            if not rows
            else "The next plan looks at AWS again and shows exactly what is left."
        )
        return Table(
            "How it stands now",
            ("resource", "now", "the next apply"),
            tuple(rows),
            f"{self.done} of {len(self._planned())} are as planned and stay. {left}",
        )

    def _planned(self) -> dict[str, str]:
        planned: dict[str, str] = {}
        for change in self.changes:
            if change.action not in ("no-op", "move", "forget", "read"):
                planned[change.address] = change.action
        return planned or {address: row.action for address, row in self.rows.items()}


def _stands(action: str, row: ResourceRow | None) -> tuple[str, str]:
    """How a resource stands that was not finished, and what comes next."""
    if row is None or row.state == "waiting":
        return ("not begun", _begins(action))
    if row.unsure:
        return ("cut short; it may be there", "looks first; makes it, or says that it exists")
    if action in _MAKES:
        return ("not there, or half-made", "makes it; what is half-made is made anew")
    if action == "delete":
        return ("still there", "destroys it")
    return ("as before", "changes it")


def _begins(action: str) -> str:
    return {"delete": "destroys it", "update": "changes it", "replace": "makes it anew"}.get(
        action, "makes it"
    )
