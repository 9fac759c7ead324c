"""A plan that is made before its turn, while the operator reads something else, and what it was made from."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.core.event import Event, Phase, Wait, Work
from wizard.core.problem import Cancelled, Problem
from wizard.core.text import one_line
from wizard.core.work import wait_for
from wizard.services.terraform import state
from wizard.services.terraform.listening import LOOK

if TYPE_CHECKING:
    from wizard.services.terraform.commands import PlannedRun

_READ = (".tf", ".tfvars", ".json", ".hcl")
"""Endings of what Terraform itself reads; of other files size and age stand for what is in them."""
_WRITTEN = (".backup", ".log", ".tfstate", ".lock.info", ".tfplan")
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Renewed while the same person stays signed in; a plan holds none of them."""
_MOST = 2_000
VALUES = "terraform.tfvars"
_MADE = "plan."
"""Begins the codes of what speaks against a plan once it is made; whatever kept it from being made is tried again."""
_PAUSE = 0.25
"""Seconds between two looks whether the folder is free."""
_OLD = 15 * 60.0
"""Seconds after which AWS is looked at again."""

Inputs = Mapping[str, str]
"""What a plan is made from: its name in words -> a digest."""


def inputs(folder: Path, environ: Mapping[str, str], who: str, values: bytes | None = None) -> Inputs:
    """Everything that decides what a plan in `folder` says, as it is now. `who`: whom AWS takes Terraform for.

    `values` stand for what is in terraform.tfvars, where that is still to be written.
    """
    found = {"who is signed in": who}
    for name in sorted(environ):
        if name.startswith(("TF_", "AWS_")) and name not in _KEYS:
            found[name] = _digest(environ[name].encode())
    for top in (folder, *_modules_elsewhere(folder, environ)):
        for file in _files(top):
            found[one_line(os.path.relpath(file, folder), 120)] = _of_file(file)
    if values is not None:
        found[VALUES] = _digest(values)
    held = state.file(folder, environ)
    found["the state"] = _of_file(held) if held is not None else ""
    return found


def changed(before: Inputs, now: Inputs) -> list[str]:
    """Names of what is not as it was."""
    return [name for name in {**before, **now} if before.get(name) != now.get(name)]


def outdated(before: Inputs, now: Inputs, seconds: float) -> str:
    """Why a plan made from `before`, so many seconds ago, can no longer be used; empty while it can."""
    names = changed(before, now)
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"since then this has changed: {', '.join(names[:3])}{more}"
    return f"it is {seconds / 60:.0f} minutes old" if seconds > _OLD else ""


class PlanAhead:
    """One plan in the making, or made. Works in a thread of its own from the moment it is created.

    It never raises and shows nothing: what did not become a plan is done again, in its turn, for everyone to see.
    """

    def __init__(
        self,
        plan: Callable[[], Work[PlannedRun]],
        made_from: Callable[[], Inputs],
        may_begin: Callable[[], bool | None],
        clock: Callable[[], float],
    ) -> None:
        """`may_begin`: None while something else works in the folder, False when it will never be ready for a plan."""
        self._plan, self._made_from, self._may_begin, self._clock = plan, made_from, may_begin, clock
        self._events: list[Event] = []
        self._planned: PlannedRun | None = None
        self._refused: Problem | None = None
        self._inputs: Inputs | None = None
        self._began = 0.0
        self._cancel = threading.Event()
        self._thread = threading.Thread(target=self._make, name="plan-ahead", daemon=True)
        self._thread.start()

    def serves(self, now: Inputs) -> bool:
        """It is, or will be, a plan of just this; one that has yet to begin will be."""
        if self._thread.is_alive():
            return self._inputs is None or not changed(self._inputs, now)
        return (self._planned or self._refused) is not None and not self.out_of_date(now)

    def out_of_date(self, now: Inputs) -> str:
        """Why it can no longer be used, in words; empty while it can."""
        return outdated(self._inputs, now, self._clock() - self._began) if self._inputs is not None else ""

    def followed(self) -> Work[PlannedRun | None]:
        """What it has said and says, to its end; the plan, None when there is none. Giving up interrupts it.

        Raises Problem for a plan that was made and must not be used.
        """
        waited = self._thread.is_alive()
        title = "Waiting for the plan, begun before its turn" if waited else "The plan, made before its turn"
        told = 0
        try:
            while True:
                alive = self._thread.is_alive()
                for event in self._events[told:]:
                    told += 1
                    yield replace(event, title=title) if isinstance(event, Phase) else event
                if not alive and self._refused is not None:
                    raise self._refused
                if not alive:
                    return self._planned
                yield Wait(LOOK, "It is shown as soon as Terraform has written it out.")
        except BaseException:
            self.stop()
            raise

    def stop(self, patience: float = 5.0) -> None:
        """Interrupt it and throw it away; returns when nothing works in the folder any more, or after `patience` s."""
        self._cancel.set()
        self._thread.join(patience)
        self._planned = None

    def _make(self) -> None:
        try:
            while (may := self._may_begin()) is None:
                if self._cancel.wait(_PAUSE):
                    return
            if may:
                self._began = self._clock()
                self._inputs = self._made_from()
                self._planned = wait_for(self._plan(), on_event=self._events.append, cancel=self._cancel)
        except Problem as problem:
            self._refused = problem if problem.code.startswith(_MADE) else None
        except Cancelled:
            pass
        except Exception:  # noqa: BLE001, S110  # it is done again in its turn, and then a fault has a card
            pass


def _modules_elsewhere(folder: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Folders of local modules outside `folder`, as `init` noted them."""
    noted = folder / (environ.get("TF_DATA_DIR") or ".terraform") / "modules" / "modules.json"
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        for each in json.loads(noted.read_text("utf-8"))["Modules"]:
            top = Path(os.path.normpath(folder / each["Dir"]))
            if top != folder and folder not in top.parents:
                yield top


def _files(top: Path) -> Iterator[Path]:
    """What a module may read; not what Terraform and others keep there for themselves."""
    seen = 0
    for where, folders, names in os.walk(top):
        folders[:] = sorted(each for each in folders if each[:1] != "." and each != "terraform.tfstate.d")
        for name in sorted(names):
            if not name.endswith(_WRITTEN) and (name[:1] != "." or name.endswith(".hcl")):
                seen += 1
                if seen > _MOST:
                    return
                yield Path(where, name)


def _of_file(file: Path) -> str:
    try:
        if file.name.endswith(_READ) or file.suffix == ".tfstate":
            return _digest(file.read_bytes())
        known = file.stat()
    except OSError:
        return ""
    return f"{known.st_size} {known.st_mtime_ns}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
