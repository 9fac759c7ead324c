"""What goes wrong around Terraform, rather than in it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from wizard.core.problem import Problem, Who
from wizard.core.text import one_line
from wizard.services.process import runner


def believed_gone(addresses: Sequence[str], folder: Path, typed: str) -> Problem:
    forget = f"{typed} {shlex.quote(f'-chdir={folder}')} state rm"
    return Problem(
        code="plan.believed_gone",
        what=f"The plan would make again what the state knows already: {one_line(', '.join(addresses), 300)}.",
        why="Terraform believes these are gone. It also believes so when it is not allowed to look, "
        "and then an apply destroys or duplicates.",
        remedy="Check the permissions again. If they really were deleted by hand, remove them from the state first.",
        who=Who.AWS_ADMIN,
        copy="\n".join(f"{forget} {shlex.quote(address)}" for address in addresses),
        step="permissions",
    )


def killed(doing: str, code: int) -> Problem:
    how = "Nobody knows how it ended" if code == runner.LOST else f"Signal {-code} ended it"
    return Problem(
        code="terraform.killed",
        what=f"Terraform was stopped from outside while {doing}.",
        why=f"{how}; the computer may have run out of memory, or somebody stopped the process.",
        remedy="Try again: the new plan shows what is there and what is missing.",
    )


def not_started(folder: Path, error: OSError) -> Problem:
    return Problem(
        code="terraform.start",
        what="Terraform could not be started.",
        why=f"Its run is kept in {folder}, and there: {one_line(error.strerror or error, 200)}.",
        remedy="Make room there, or let XDG_STATE_HOME name a folder that can be written. Then try again.",
    )


def plan_gone() -> Problem:
    return Problem(
        code="terraform.stale",
        what="The plan is not there any more, so nothing was applied.",
        why="A plan is applied once, and its file is removed afterwards: it holds values in clear.",
        remedy="Try again: a fresh plan is made and shown.",
    )
