"""A fault of the wizard's own: kept in a file, told in a sentence."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from wizard.core import atomic
from wizard.core.paths import Paths, private
from wizard.core.problem import Problem
from wizard.core.redact import Redactor


def record(error: BaseException) -> Problem:
    """Write the traceback, redacted, into the state folder and return what to tell the operator."""
    text = Redactor()("".join(traceback.format_exception(error)))
    folder = Paths.of(os.environ).state / "crashes"
    file = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.txt"
    try:
        private(folder)
        atomic.write(file, text.encode(), 0o600)
        where = f"The details are in {file}."
    except OSError:
        where = "The details could not be written."
    return Problem(
        code="wizard.crash",
        what="Something went wrong inside the wizard.",
        why="This is a fault of the wizard, not yours. What was done so far stays as it is.",
        remedy="Try again. If it happens again, report it with that file; it holds no secret.",
        evidence=(where, f"{type(error).__name__} in {_place(error)}"),
    )


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name} line {frames[-1].lineno}" if frames else "an unknown place"
