"""Plans in files: they hold values in clear, so each has a folder of its own and goes as soon as it can."""

from __future__ import annotations

import fcntl
import os
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
_HELD = "held"
_OURS: dict[Path, int] = {}
"""Folders of this program's plans -> the open file that holds each."""


def make(runs: Path, stamp: str) -> Path:
    """An empty file of its owner's alone, in a new folder below `runs`, for Terraform to write a plan into.

    Without the folder, a plan that was given up cannot be written any more. Raises OSError.
    """
    file = private(private(runs) / f"{stamp}{_ENDING}") / "plan"
    _hold(file.parent)
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
            plan.with_name(_HELD).unlink(missing_ok=True)
            plan.parent.rmdir()
        _release(plan.parent)


def discard_unapplied(plan: Path, runs: Path) -> None:
    """Remove a plan that nobody holds any more, unless an apply that was left to itself works by it."""
    if all(run.argv[-1:] != (str(plan),) for run in runner.unfinished(runs)):
        discard(plan, runs)


def prune(runs: Path, seconds: float = 86_400) -> None:
    """Remove plans below `runs` that nobody needs any more.

    Those whose apply has ended, those of a wizard that was killed before it could remove them, unless a command
    still works by them, and whatever is older than `seconds`.
    """
    applied = {Path(run.argv[-1]).parent.name for run in runner.ended(runs) if "apply" in run.argv}
    used = " ".join(word for run in runner.unfinished(runs) for word in run.argv)
    for plan in runs.glob(f"*{_ENDING}"):
        with suppress(OSError):
            left = str(plan) not in used and (plan / _HELD).exists() and not runner.is_held(plan / _HELD)
            if plan.name in applied or left or time.time() - plan.stat().st_mtime > seconds:
                shutil.rmtree(plan)
                _release(plan)


def _hold(folder: Path) -> None:
    """Mark a plan as this program's, for as long as it lives: the system lets go of it however it ends."""
    held = os.open(folder / _HELD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        # Where files cannot be locked, age alone decides.
        os.close(held)
        (folder / _HELD).unlink(missing_ok=True)
    else:
        _OURS[folder] = held


def _release(folder: Path) -> None:
    held = _OURS.pop(folder, None)
    if held is not None:
        os.close(held)
