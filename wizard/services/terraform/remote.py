"""Outputs of a state that is kept elsewhere: Terraform fetches them. It takes no lock and writes nothing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.terraform.engine import Engine, quiet

_PATIENCE = 60.0
"""Seconds that the place where the state is kept has to answer."""


def kept_elsewhere(folder: Path, environ: Mapping[str, str]) -> str:
    """The kind of backend that `init` noted in `folder` (`s3`, `http`, `cloud`); empty for the local one or none."""
    noted = folder / (environ.get("TF_DATA_DIR") or ".terraform") / "terraform.tfstate"
    try:
        kind = json.loads(noted.read_text("utf-8"))["backend"]["type"]
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    return "" if kind == "local" else one_line(kind, 40)


def outputs(engine: Engine, folder: Path, environ: Mapping[str, str]) -> str:
    """What `terraform output -json` prints in `folder`, as whoever `environ` says. Raises Problem.

    Only where `init` was run: to run it would write.
    """
    try:
        done = subprocess.run(
            [*engine.argv, "output", "-json", "-no-color"],
            cwd=folder,
            env=quiet(environ),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _unread(engine, folder, f"It did not answer within {_PATIENCE:.0f} seconds.") from error
    except (OSError, ValueError) as error:
        raise _unread(engine, folder, one_line(error, 300)) from error
    if done.returncode:
        raise _unread(
            engine, folder, *(one_line(line.strip("│╷╵ "), 300) for line in done.stderr.splitlines())
        )
    return done.stdout


def _unread(engine: Engine, folder: Path, *said: str) -> Problem:
    evidence = tuple(line for line in said if line)
    return Problem(
        code="check.state.remote",
        what=f"The state of {one_line(folder, 300)} is kept elsewhere and could not be read.",
        why=evidence[0] if evidence else f"{engine.typed} output said nothing.",
        remedy="Sign in as whoever may read the state, and see what the command below says in that folder.",
        evidence=evidence[1:],
        copy=f"{engine.typed} output -json",
    )
