"""What an earlier run left behind: a lock, a state that could not be saved."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from wizard.core import atomic
from wizard.core.problem import Problem
from wizard.core.text import one_line, plural
from wizard.services.process import runner
from wizard.services.process.runner import DetachedRun
from wizard.services.terraform import lock
from wizard.services.terraform.lock import Lock
from wizard.services.terraform.module import UNSAVED
from wizard.services.terraform.stream import Diagnostic

PUT_BACK = ("state", "push", "-force", UNSAVED)
"""`-force`: Terraform takes a state with the same serial for an older one."""

_PROGRAMS = ("terraform", "tofu")
_PRINTED = b'"@message":"Emergency state dump"'
_RESCUED = "rescued"


@dataclass(eq=False)
class Locked(Problem):
    """The state is locked, with what is known of who holds it."""

    lock: Lock | None = None
    alive: bool | None = None
    """Whoever holds it works on this computer; None: it cannot be told from here."""
    about: str = ""
    """How old it is, and what is known of its process, in one or two sentences."""


def locked(problem: Problem, said: Sequence[Diagnostic], state: Path | None, now: datetime) -> Problem:
    """`problem` with what can be found out about the lock; `state` is the local state's file."""
    held = next((found for each in said if (found := Lock.read(each.detail))), None)
    if held is None:
        return problem
    given = {each.name: getattr(problem, each.name) for each in fields(Problem)}
    pid = lock.holder(state) if held.local and state is not None else None
    alive = _alive(held, pid)
    words = {
        True: f"Its process works on this computer{f', with the number {pid}' if pid else ''}.",
        False: "No Terraform works on this computer any more, so it was left behind.",
        None: "It was taken on another computer, so from here nobody can tell whether that still works.",
    }
    age = held.age(now)
    since = f"It is {_long(age)} old. " if age is not None else ""
    return Locked(**given, lock=held, alive=alive, about=f"{since}{words[alive]}")


def _alive(held: Lock, pid: int | None) -> bool | None:
    if pid is not None:
        return True
    if held.who != f"{_user()}@{os.uname().nodename}":
        return None
    running = _names()
    # Without a list of processes nobody can tell.
    return None if running is None else any(name.startswith(_PROGRAMS) for name in running)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _names() -> list[str] | None:
    """Names of the programs that run here; None where there is no /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/comm"):
        try:
            found.append(entry.read_text().strip())
        except OSError:
            continue
    return found or None


def _long(seconds: float) -> str:
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return plural(int(seconds // size), word)
    return plural(int(seconds), "second")


@dataclass(frozen=True)
class Unsaved:
    """A state that a run could not save where it belongs."""

    file: Path
    resources: int
    held: int | None
    """Resources in the state as it is now; None when there is none to compare with."""
    other: bool
    """It belongs to another deployment: their lineages differ."""


def unsaved(folder: Path, state: Path | None) -> Unsaved | None:
    """The state that the last run in `folder` could not save, None when there is none."""
    file = folder / UNSAVED
    if not file.exists():
        return None
    left, now = _read(file), _read(state) if state is not None else None
    names = {str(each.get("lineage", "")) for each in (left, now) if each}
    return Unsaved(file, _count(left), None if now is None else _count(now), left is None or len(names) > 1)


def last_apply(folder: Path, runs: Path) -> DetachedRun | None:
    """The latest apply in `folder` that has ended, also while its supervisor has yet to go."""
    here = {f"-chdir={folder}", "apply"}
    found = map(runner.attach, sorted(runs.glob("*-apply"), reverse=True))
    return next((run for run in found if run and here <= set(run.argv) and not run.alive), None)


def rescue(folder: Path, run: DetachedRun, state: Path | None) -> None:
    """Write the state that `run` could only print, where Terraform would have left it; once. Raises Problem.

    What was cut off there is replaced. Nothing is written when the local `state` was written again since.
    Source: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/command/views/json_view.go, StateDump
    """
    file = folder / UNSAVED
    if _read(file) is not None or (run.folder / _RESCUED).exists():
        return
    try:
        with (run.folder / "out").open("rb") as said:
            line = next((each for each in said if _PRINTED in each), None)
        printed = json.loads(line)["state"] if line else None
        now = (_read(state) if state is not None else None) or {}
        if isinstance(printed, dict) and "lineage" in printed and not _newer(now, printed):
            atomic.write(file, json.dumps(printed, indent=2).encode(), 0o600)
            (run.folder / _RESCUED).touch(0o600)
    except (ValueError, KeyError, TypeError):
        return
    except OSError as error:
        raise Problem(
            code="terraform.state_printed",
            what="Terraform's state is in its output only, and there is no room to write it down.",
            why=f"It cannot be written to {file}: {one_line(error.strerror or error, 200)}. AWS holds things that only "
            "this output names.",
            remedy="Make room, then try again: the wizard takes the state out of the output and puts it back.",
            evidence=(f"the output is {run.folder / 'out'}",),
        ) from error


def _newer(now: Mapping[str, Any], printed: Mapping[str, Any]) -> bool:
    return bool(now.get("lineage") == printed["lineage"] and now.get("serial", 0) > printed.get("serial", 0))


def put_away(folder: Path, stamp: str) -> Path:
    """Rename the state that was put back, so that nothing takes it for one that is still to be saved."""
    file = folder / UNSAVED
    return file.rename(folder / f"{UNSAVED}.{stamp}.backup")


def _read(file: Path) -> Mapping[str, Any] | None:
    try:
        document = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and "lineage" in document else None


def _count(document: Mapping[str, Any] | None) -> int:
    entries = (document or {}).get("resources")
    held = [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    return sum(len(each.get("instances") or ()) for each in held if each.get("mode") == "managed")


def set_damaged_aside(state: Path | None, stamp: str) -> None:
    """Rename a local state that was cut off while it was written: Terraform can neither lock nor replace it.

    Measured with Terraform 1.11.4 on a disk without room. Raises OSError.
    """
    if state is None or not state.exists() or not state.stat().st_size:
        return
    try:
        json.loads(state.read_bytes())
    except ValueError:
        state.rename(state.with_name(f"{state.name}.{stamp}.damaged"))
