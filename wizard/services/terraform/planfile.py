"""Plans in files: they hold values in clear, so each has a folder of its own and goes as soon as it can."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from wizard.core import atomic
from wizard.core.paths import private
from wizard.services.process import runner

_ENDING = ".tfplan"
"""Ends the names of folders that hold a plan."""
_VALUES = "planned.tfvars"


def make(runs: Path, stamp: str) -> Path:
    """An empty file of its owner's alone, in a new folder below `runs`, for Terraform to write a plan into.

    Without the folder, a plan that was given up cannot be written any more. Raises OSError.
    """
    file = private(private(runs) / f"{stamp}{_ENDING}") / "plan"
    # Terraform writes into the file that is there, so that it stays its owner's alone.
    file.touch(0o600)
    return file


def beside(plan: Path, values: bytes) -> Path:
    """A file with values for the variables, for as long as the plan is kept. Raises OSError."""
    file = plan.with_name(_VALUES)
    atomic.write(file, values, 0o600)
    return file


def discard(plan: Path, runs: Path) -> None:
    """Remove a plan and the folder that was made for it below `runs`, and never anything else."""
    if plan.parent.name.endswith(_ENDING) and plan.parent.parent == runs:
        with suppress(OSError):
            plan.unlink(missing_ok=True)
            plan.with_name(_VALUES).unlink(missing_ok=True)
            plan.parent.rmdir()


def discard_unapplied(plan: Path, runs: Path) -> None:
    """Remove a plan that nobody holds any more, unless an apply that was left to itself works by it."""
    if all(run.argv[-1:] != (str(plan),) for run in runner.unfinished(runs)):
        discard(plan, runs)


def prune(runs: Path, seconds: float = 86_400) -> None:
    """Remove plans below `runs` that are older than `seconds`, or whose apply has ended."""
    applied = {Path(run.argv[-1]).parent.name for run in runner.ended(runs) if "apply" in run.argv}
    for plan in runs.glob(f"*{_ENDING}"):
        with suppress(OSError):
            if plan.name in applied or time.time() - plan.stat().st_mtime > seconds:
                shutil.rmtree(plan)
