"""The end of the way back: what was taken back, what stays, and how that goes away."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any, ClassVar

from wizard.core.event import Run, Table
from wizard.core.facts import Facts, VariablesWritten
from wizard.core.taken import (
    TakenBack,
    WhatStays,
)
from wizard.core.text import plural
from wizard.services import Services
from wizard.steps.undo.aws import Destroy
from wizard.steps.undo.back import UNDO, Back
from wizard.steps.undo.databricks import Configuration, Registration, Stop
from wizard.steps.variables import NAME

_PARTS: tuple[type[Back[Any]], ...] = (Stop, Configuration, Registration, Destroy)


class Stays(Back[WhatStays]):
    """Says what is left, with the command for each. Changes nothing."""

    id: ClassVar = "stays"
    title: ClassVar = "See what stays"
    why: ClassVar = "What was taken back, and what is left for you to keep or to remove by hand."
    fact: ClassVar = WhatStays

    def take(self, facts: Facts, services: Services) -> Run[WhatStays]:
        done: list[str] = []
        left: list[tuple[str, str]] = []
        for step in _PARTS:
            part: TakenBack | None = facts.get(step.fact)
            if part is None:
                left.append((f"{step.leaves}, because this step did not end", UNDO))
            else:
                done += part.done
                left += part.stays
        written = facts.get(VariablesWritten)
        if written is not None and Path(written.path).exists():
            left.append((f"the workspace's id in {Path(written.path).name}", _forgetting(written)))
        state = services.paths.state
        if all(way != UNDO for _, way in left):
            # What is left to undo is known from them.
            left.append(("the wizard's own files", f"rm -r {quote(str(state))}"))
        yield Table("Taken back", ("what",), tuple((line,) for line in done or ["nothing was changed"]))
        rows = tuple((f"{what}: {way}",) for what, way in left)
        yield Table("What stays", ("what, and how it goes away",), rows)
        told = f"{plural(len(done), 'change')} taken back, {plural(len(left), 'thing')} left."
        return WhatStays(tuple(done), tuple(left), told=told)

    def equivalent(self, facts: Facts) -> list[str]:
        fact = facts.get(WhatStays)
        return [line for what, way in fact.stays for line in (f"# {what}", way)] if fact else []


def _forgetting(written: VariablesWritten) -> str:
    """The command that takes our workspace out of the list, and leaves every other one in it."""
    value = written.external_ids[-1] if written.external_ids else ""
    return f"htd-wizard tfvars remove {quote(written.path)} {NAME} {value}".strip()
