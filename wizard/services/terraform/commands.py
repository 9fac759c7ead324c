"""Terraform's commands as stretches of work: they yield what happens and return what came of it."""

from __future__ import annotations

import json
import shlex
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wizard.core.event import Phase, Planned, ResourceChange, Wait, Work
from wizard.core.paths import private
from wizard.core.problem import Problem
from wizard.core.stopping import Stopping
from wizard.core.work import wait_for
from wizard.services.process import runner
from wizard.services.process.runner import DetachedRun
from wizard.services.terraform import acting as acted
from wizard.services.terraform import (
    adopt,
    diagnostics,
    failures,
    mending,
    module,
    planfile,
    state,
    stream,
)
from wizard.services.terraform import plan as plans
from wizard.services.terraform.diagnostics import Explain
from wizard.services.terraform.download import followed
from wizard.services.terraform.engine import Engine, in_force, quiet
from wizard.services.terraform.listening import LOOK, Heard, listen
from wizard.services.terraform.rows import Rows

_VALIDATE = ("validate", "-json")
_LOCK = "-lock-timeout=3s"
"""A run that was just interrupted still holds the state's lock for a moment."""


Standing = Callable[[Sequence[str], Sequence[str]], Problem | None]
"""(what the state knows and the plan would make again, everything it would make) -> why it may not be applied."""


Acting = Callable[[Sequence[str]], Problem | None]
"""The ARNs that Terraform acted as while it planned -> why the plan may not be used."""


@dataclass(frozen=True)
class PlannedRun:
    """A plan in a file, and how it reads."""

    plan: Planned
    file: Path
    has_changes: bool
    callers: tuple[str, ...] = ()
    """The ARNs that Terraform acted as, where the module looks at its caller."""


@dataclass(frozen=True)
class Result:
    """What an apply did."""

    added: int
    changed: int
    destroyed: int
    outputs: dict[str, object]


class Terraform:
    """One engine in one module folder, with one set of credentials in its environment.

    Giving up `init` or a plan in the middle interrupts it, for it changes nothing; giving up `apply` leaves it running.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        folder: Path,
        environ: Mapping[str, str],
        runs: Path,
        explain: Explain,
        standing: Standing | None = None,
        acting: Acting | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        stopping: Stopping | None = None,
        ahead: list[DetachedRun] | None = None,
        account: str = "",
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._environ = quiet(environ)
        self._runs = runs
        self._explain = explain
        self._account = account
        self._standing = standing
        self._acting = acting
        self._now = now
        self._stopping = stopping or Stopping()
        self._ahead = ahead if ahead is not None else []
        """An `init` that was begun before its turn; whoever waits for it takes it out."""

    def init(self) -> Work[None]:
        """Get providers and modules. Raises Problem."""
        runner.prune(self._runs)
        planfile.prune(self._runs)
        adopt.sweep(self._folder)
        yield from in_force(self._environ)
        # Two that get the same provider at once would be in each other's way.
        begun = self._ahead.copy() or [left for left in [self.unfinished("init")] if left]
        self._ahead.clear()
        if begun:
            title = "Waiting for the AWS provider, begun while you signed in"
            if (yield from self._got(title, begun[0], behind=True)).code == 0:
                yield from self._validated(begun[1:])
                return
        heard = yield from self._got("Getting the AWS provider", self._begin(self._init()))
        self._check(heard, "getting the AWS provider")

    def begin_ahead(self) -> None:
        """Begin what needs no answers: `init`, once, and after it `validate`. Never raises.

        Where a state is kept elsewhere, that waits for the sign-in.
        To be called now and again, for the one begins when the other has ended; `init` then only waits for both.
        """
        planfile.prune(self._runs)
        with suppress(Problem, OSError):
            if not self._ahead and (self._account or not module.keeps_state_elsewhere(self._folder)):
                self._ahead.append(self.unfinished("init") or self._begin(self._init()))
            elif len(self._ahead) == 1 and self._ahead[0].code == 0:
                self._ahead.append(self._begin(_VALIDATE))

    def _got(self, title: str, run: DetachedRun, *, behind: bool = False) -> Work[Heard]:
        yield Phase(title, self.typed(self._init()), str(run.folder / "out"))
        heard = Heard()
        work = listen(run, heard, behind=behind)
        yield from followed(work, run, self._folder, self._environ, self._engine.kind)
        return heard

    def _validated(self, begun: Sequence[DetachedRun]) -> Work[None]:
        """What was found wrong ahead is looked at again: it may have been mended since. Raises Problem."""
        for run in begun:
            yield Phase(
                "Waiting for the check of the module, begun while you signed in", self.typed(_VALIDATE)
            )
            while run.code is None:
                yield Wait(LOOK)
            run.noted()
            if run.code != 0:
                document = yield from self._document(*_VALIDATE, good=(0, 1))
                heard = Heard(diagnostics=stream.validation(document), code=0 if document.get("valid") else 1)
                self._check(heard, "checking the module")

    def _begin(self, options: Sequence[str], folder: Path | None = None) -> DetachedRun:
        argv = [*self._engine.argv, f"-chdir={self._folder}", *options]
        return self._start(argv, self._environ, folder or self._runs / f"{self._stamp()}-{options[0]}")

    def _init(self) -> tuple[str, ...]:
        return ("init", "-input=false", self._engine.init_output)

    def plan(
        self, *, destroy: bool = False, adopted: Mapping[str, str] = MappingProxyType({})
    ) -> Work[PlannedRun]:
        """Make a plan and keep it in a file that only its owner can read. Raises Problem.

        With `destroy`, it destroys everything that the state holds. `adopted`, address -> id, is taken into the state.
        The file is removed when the plan was applied, or is not kept any more.
        """
        title = (
            "Planning: what destroying everything takes"
            if destroy
            else "Planning: comparing the module with AWS"
        )
        return (yield from self._plan(title, adopted, *(("-destroy",) if destroy else ())))

    def plan_ahead(self, values: bytes | None = None) -> Work[PlannedRun]:
        """The same plan before anybody asked for it: it locks nobody out, and writes no lock where the state is.

        That the state moved on meanwhile is seen when it is applied. `values` are what terraform.tfvars is going to
        hold. Raises Problem.
        """
        return (yield from self._plan("Planning ahead", {}, lock="-lock=false", values=values))

    def apply(self, planned: PlannedRun) -> Work[Result]:
        """Apply exactly that plan. Raises Problem; what was made until then stays and is in the state."""
        if not planned.file.exists():
            raise failures.plan_gone()
        options = self._apply_options(planned.file)
        heard = Heard(Rows(planned.plan.changes))
        yield from self._run("Applying the plan", options, heard, applies=True)
        locked = False
        try:
            return self._applied(heard)
        except mending.Locked:
            # It was not even begun, so this very plan can be tried again.
            locked = True
            raise
        except Problem as problem:
            if problem.code == "terraform.state_unsaved":
                self.unsaved()
            raise
        finally:
            if not locked:
                planfile.discard(planned.file, self._runs)

    def force_unlock(self, id: str) -> Work[None]:
        """Remove the lock of this id from the state, whoever holds it. Raises Problem."""
        heard = yield from self._run("Removing the lock", ("force-unlock", "-force", id), Heard())
        self._check(heard, "removing the lock")

    def unsaved(self) -> mending.Unsaved | None:
        """A state that the last run here could not save; one that was only printed is written down. Raises Problem."""
        last = mending.last_apply(self._folder, self._runs)
        held = state.file(self._folder, self._environ)
        if last is not None and last.code:
            mending.rescue(self._folder, last, held)
        return mending.unsaved(self._folder, held)

    def put_back(self) -> Work[Path]:
        """Save that state where it belongs; its file is kept under another name, which is returned. Raises Problem."""
        with suppress(OSError):
            mending.set_damaged_aside(state.file(self._folder, self._environ), self._stamp())
        heard = yield from self._run("Putting the state back", mending.PUT_BACK, Heard())
        self._check(heard, "putting the state back")
        return mending.put_away(self._folder, self._stamp())

    def unfinished(self, command: str = "apply") -> DetachedRun | None:
        """A command in this folder that an earlier wizard started and that still works."""
        here = {f"-chdir={self._folder}", command}
        return next((run for run in runner.unfinished(self._runs) if here <= set(run.argv)), None)

    def untold(self) -> DetachedRun | None:
        """The latest apply in this folder, when it has ended and nobody was told how."""
        latest = mending.last_apply(self._folder, self._runs)
        return None if latest is None or latest.is_noted else latest

    def resume(
        self, run: DetachedRun, changes: Sequence[ResourceChange] = (), *, outputs: bool = True
    ) -> Work[Result]:
        """Follow an apply from its first line to its end, whoever started it. Raises Problem.

        Without `outputs` only those are told that the apply printed; asking for the others may need credentials.
        """
        heard = Heard(Rows(changes, announces=True))
        title = (
            "Following an apply that was running already" if run.alive else "Reading how the last apply ended"
        )
        yield Phase(title, shlex.join(run.argv), str(run.folder / "out"))
        yield from heard.rows.waiting()
        yield from listen(run, heard, self._stopping, behind=True)
        if run.argv:
            planfile.discard(Path(run.argv[-1]), self._runs)
        return self._applied(heard, outputs=outputs)

    def outputs(self) -> dict[str, object]:
        """The module's outputs, from the local state when there is one: that costs nothing. Raises Problem."""
        held = state.read(self._folder, self._environ)
        if held is not None:
            return dict(held.outputs)
        found = wait_for(self._document("output", "-json"))
        return {
            name: stream.cleaned(each.get("value"))
            for name, each in found.items()
            if isinstance(each, dict) and (not each.get("sensitive") or name in module.OUTPUTS)
        }

    def _plan(
        self,
        title: str,
        adopted: Mapping[str, str],
        *more: str,
        lock: str = _LOCK,
        values: bytes | None = None,
    ) -> Work[PlannedRun]:
        module.refuse_unsaved_state(self._folder, self._engine.typed)
        file = planfile.make(self._runs, self._stamp())
        if values is not None:
            more = (*more, f"-var-file={planfile.beside(file, values)}")
        options = ("plan", "-input=false", "-json", "-detailed-exitcode", lock, *more, f"-out={file}")
        held = state.read(self._folder, self._environ)
        heard = Heard(Rows(in_state=len(held.resources) if held else 0))
        try:
            with adopt.planning(self._folder, adopted):
                yield from self._run(title, options, heard)
            self._check(heard, "planning", good=(0, 2))
            document = yield from self._document("show", "-json", str(file))
            callers = acted.callers(document)
            if self._acting and (stranger := self._acting(callers)):
                raise stranger
            read = plans.read(document, heard.gone)
            self._stop_before_making_twice(read)
        except BaseException:
            planfile.discard(file, self._runs)
            raise
        plan = replace(
            plans.with_leftovers(read.planned, document), command=self.typed(self._apply_options(file))
        )
        planned = PlannedRun(plan, file, heard.code == 2, callers)
        # At the latest when the program ends.
        weakref.finalize(planned, planfile.discard_unapplied, file, self._runs)
        return planned

    def _stop_before_making_twice(self, read: plans.Read) -> None:
        """Raises Problem for a plan that would make what is there; without a way to look, for what the state knows."""
        if self._standing is None:
            if read.recreated:
                raise failures.believed_gone(read.recreated, self._folder, self._engine.typed)
            return
        made = [c.address for c in read.planned.changes if c.action == "create"]
        problem = self._standing(read.recreated, made)
        if problem is not None:
            raise problem

    def _run(self, title: str, options: Sequence[str], heard: Heard, *, applies: bool = False) -> Work[Heard]:
        folder = self._runs / f"{self._stamp()}-{options[0]}"
        yield Phase(title, self.typed(options), str(folder / "out"))
        yield from heard.rows.waiting()
        run = self._begin(options, folder)
        return (yield from listen(run, heard, self._stopping if applies else None))

    def typed(self, options: Sequence[str]) -> str:
        """The command as a person would type it."""
        return f"{self._engine.typed} {shlex.join([f'-chdir={self._folder}', *options])}"

    def _apply_options(self, file: Path) -> tuple[str, ...]:
        return ("apply", "-input=false", "-json", _LOCK, str(file))

    def _start(self, argv: Sequence[str], environ: Mapping[str, str], folder: Path) -> DetachedRun:
        try:
            return runner.start(argv, environ, folder, self._now())
        except OSError as error:
            raise failures.not_started(folder, error) from error

    def _applied(self, heard: Heard, *, outputs: bool = True) -> Result:
        self._check(heard, "applying")
        counts = [_count(heard.counts, name) for name in ("add", "change", "remove")]
        # Sensitive ones are not in the stream; the journey may need them all the same.
        whole = all(name in heard.outputs for name in module.OUTPUTS)
        found = heard.outputs if whole or not outputs else {**self.outputs(), **heard.outputs}
        return Result(counts[0], counts[1], counts[2], found)

    def _check(self, heard: Heard, doing: str, good: tuple[int, ...] = (0,)) -> None:
        """The exit code decides, never the text."""
        if heard.code in good:
            return
        if heard.code == runner.LOST or heard.code < 0:
            raise failures.killed(doing, heard.code)
        found = diagnostics.problem(
            heard.diagnostics, doing, self._explain, heard.errors, self._folder, self._account
        )
        for each in (found, *found.also):
            each.copy = self._engine.spoken(each.copy)
        if found.code == "terraform.lock":
            file = state.file(self._folder, self._environ)
            found = mending.locked(found, heard.diagnostics, file, self._now())
        raise found

    def _document(self, *options: str, good: tuple[int, ...] = (0,)) -> Work[dict[str, Any]]:
        """The JSON document that a short command prints; it may hold secrets, so it leaves no file. Raises Problem."""
        argv = [*self._engine.argv, f"-chdir={self._folder}", *options]
        # Arguments that the operator adds to every command are for those that work.
        environ = {name: value for name, value in self._environ.items() if not name.startswith("TF_CLI_ARGS")}
        folder = Path(tempfile.mkdtemp(dir=private(self._runs), prefix=runner.FLEETING))
        run = self._start(argv, environ, folder)
        try:
            while run.code is None:
                yield Wait(LOOK, "Terraform writes it out in full.")
            document = json.loads(run.output()) if run.code in good else None
            said = run.errors()
        except ValueError:
            document, said = None, "It did not print JSON."
        finally:
            run.interrupt()
            shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(document, dict):
            raise diagnostics.problem([], f"running {options[0]}", self._explain, said)
        return document

    def _stamp(self) -> str:
        return f"{self._now():%Y%m%d-%H%M%S-%f}"


def _count(counts: Mapping[str, Any], name: str) -> int:
    value = counts.get(name, 0)
    return value if isinstance(value, int) else 0
