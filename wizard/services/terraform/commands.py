"""Terraform's commands as stretches of work: they yield what happens and return what came of it."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wizard.core.event import Line, Phase, Planned, Progress, ResourceRow, Wait, Work
from wizard.core.paths import private
from wizard.core.problem import Problem, Who
from wizard.core.text import one_line
from wizard.services.terraform import diagnostics, runner, state, stream
from wizard.services.terraform import plan as plans
from wizard.services.terraform.diagnostics import Explain
from wizard.services.terraform.engine import Engine
from wizard.services.terraform.runner import DetachedRun
from wizard.services.terraform.stream import Diagnostic, Message

_LOOK = 0.05
"""Seconds between two looks at a running command's output."""


@dataclass(frozen=True)
class PlannedRun:
    """A plan in a file, and how it reads."""

    plan: Planned
    file: Path
    has_changes: bool


@dataclass(frozen=True)
class Result:
    """What an apply did."""

    added: int
    changed: int
    destroyed: int
    outputs: dict[str, object]


@dataclass
class _Heard:
    """What one command said, as far as it matters afterwards."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    counts: Mapping[str, Any] = field(default_factory=dict)
    outputs: dict[str, object] = field(default_factory=dict)
    done: int = 0
    code: int = 0
    errors: str = ""


class Terraform:
    """One engine in one module folder, with one set of credentials in its environment."""

    def __init__(
        self,
        *,
        engine: Engine,
        folder: Path,
        environ: Mapping[str, str],
        runs: Path,
        explain: Explain,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._folder = folder
        # CHECKPOINT_DISABLE: no call home for newer versions, which nobody asked for.
        self._environ = {**environ, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
        self._runs = runs
        self._explain = explain
        self._now = now

    def init(self) -> Work[None]:
        """Get providers and modules. Raises Problem."""
        heard = yield from self._run("Getting the AWS provider", ("init", "-input=false", *self._json_init()))
        self._check(heard, "getting the AWS provider")

    def plan(self) -> Work[PlannedRun]:
        """Make a plan and keep it in a file that only its owner can read. Raises Problem."""
        file = private(self._runs) / f"{self._stamp()}.tfplan"
        options = ("plan", "-input=false", "-json", "-detailed-exitcode", f"-out={file}")
        heard = yield from self._run("Planning: comparing the module with AWS", options)
        self._check(heard, "planning", good=(0, 2))
        document = self._document("show", "-json", str(file))
        read = plans.read(document)
        if read.recreated:
            raise _believed_gone(read.recreated)
        return PlannedRun(read.planned, file, heard.code == 2)

    def apply(self, planned: PlannedRun) -> Work[Result]:
        """Apply exactly that plan. Raises Problem; what was made until then stays and is in the state."""
        total = len(planned.plan.changes)
        options = ("apply", "-input=false", "-json", str(planned.file))
        try:
            heard = yield from self._run("Applying the plan", options, total)
        finally:
            planned.file.unlink(missing_ok=True)
        self._check(heard, "applying")
        counts = [_count(heard.counts, name) for name in ("add", "change", "remove")]
        return Result(counts[0], counts[1], counts[2], heard.outputs or self.outputs())

    def outputs(self) -> dict[str, object]:
        """The module's outputs, from the local state when there is one: that costs nothing. Raises Problem."""
        held = state.read(self._folder)
        if held is not None:
            return dict(held.outputs)
        document = self._document("output", "-json")
        return {name: each.get("value") for name, each in document.items() if isinstance(each, dict)}

    def _json_init(self) -> tuple[str, ...]:
        """`init -json` came with Terraform 1.9; OpenTofu's has no numbers to rely on."""
        numbers = re.match(r"(\d+)\.(\d+)", self._engine.version)
        new = numbers is not None and (int(numbers[1]), int(numbers[2])) >= (1, 9)
        return ("-json",) if self._engine.kind != "tofu" and new else ("-no-color",)

    def _run(self, title: str, options: Sequence[str], total: int = 0) -> Work[_Heard]:
        argv = [*self._engine.argv, f"-chdir={self._folder}", *options]
        yield Phase(title, " ".join([self._engine.kind, *argv[len(self._engine.argv) :]]))
        if total:
            yield Progress(0, total, "resources")
        run = runner.start(argv, self._environ, self._runs / f"{self._stamp()}-{options[0]}", self._now())
        return (yield from self._listen(run, total))

    def _listen(self, run: DetachedRun, total: int) -> Work[_Heard]:
        heard = _Heard()
        for batch in run.tail():
            if not batch:
                yield Wait(_LOOK)
            for line in batch:
                if line.strip():
                    yield from _hear(stream.parse(line), heard, total)
        code = run.code
        heard.code = runner.LOST if code is None else code
        heard.errors = run.errors()
        return heard

    def _check(self, heard: _Heard, doing: str, good: tuple[int, ...] = (0,)) -> None:
        """The exit code decides, never the text."""
        if heard.code in good:
            return
        if heard.code == runner.LOST or heard.code < 0:
            raise _killed(doing, heard.code)
        raise diagnostics.problem(heard.diagnostics, doing, self._explain, heard.errors)

    def _document(self, *options: str) -> dict[str, Any]:
        """The JSON document that a short command prints. Blocks for up to a few seconds. Raises Problem."""
        argv = [*self._engine.argv, f"-chdir={self._folder}", *options]
        folder = Path(tempfile.mkdtemp(dir=private(self._runs), prefix=f"{options[0]}-"))
        try:
            run = runner.start(argv, self._environ, folder, self._now())
            text = "\n".join(line for batch in _waiting(run) for line in batch)
            document = json.loads(text) if run.code == 0 else None
            said = run.errors()
        except ValueError:
            document, said = None, "It did not print JSON."
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(document, dict):
            raise diagnostics.problem([], f"running {options[0]}", self._explain, said)
        return document

    def _stamp(self) -> str:
        return f"{self._now():%Y%m%d-%H%M%S-%f}"


def _waiting(run: DetachedRun) -> Any:
    """Batches of a command that ends by itself in seconds."""
    import time

    for batch in run.tail():
        if not batch:
            time.sleep(_LOOK)
        yield batch


def _hear(message: Message, heard: _Heard, total: int) -> Work[None]:
    """One message: what it means for the screen, and what is kept of it."""
    match message.type:
        case "diagnostic":
            found = stream.diagnostic(message)
            heard.diagnostics.append(found)
            yield Line(found.text, "warning" if found.severity == "warning" else "error", found.address)
        case "change_summary":
            changes = message.data.get("changes")
            heard.counts = changes if isinstance(changes, dict) else {}
            # A plan is shown whole; only an apply's own count is news.
            yield Line(message.text, "debug" if heard.counts.get("operation") == "plan" else "info")
        case "outputs":
            heard.outputs.update(_values(message))
        case "apply_start" | "apply_progress" | "apply_complete" | "apply_errored":
            yield from _resource(message, heard, total)
        case (
            "version"
            | "planned_change"
            | "resource_drift"
            | "refresh_start"
            | "refresh_complete"
            | stream.JUNK
        ):
            yield Line(message.text, "debug", message.address)
        case _:
            yield Line(message.text, message.level, message.address)


def _resource(message: Message, heard: _Heard, total: int) -> Work[None]:
    if stream.is_data(message.address) or message.action == "read":
        yield Line(message.text, "debug", message.address)
        return
    address, action, seconds = message.address, message.action, message.seconds
    if message.type == "apply_complete":
        heard.done += 1
        yield ResourceRow(address, action, "done", seconds)
        yield Progress(heard.done, max(total, heard.done), "resources")
    elif message.type == "apply_errored":
        yield ResourceRow(address, action, "failed", seconds, "Terraform gives the reason at the end.")
    else:
        yield ResourceRow(address, action, "running", seconds)
    # The row says it already; the line is for the log.
    yield Line(message.text, "debug", address)


def _values(message: Message) -> dict[str, object]:
    outputs = message.data.get("outputs")
    if not isinstance(outputs, dict):
        return {}
    return {str(k): v["value"] for k, v in outputs.items() if isinstance(v, dict) and "value" in v}


def _count(counts: Mapping[str, Any], name: str) -> int:
    value = counts.get(name, 0)
    return value if isinstance(value, int) else 0


def _believed_gone(addresses: Sequence[str]) -> Problem:
    return Problem(
        code="plan.believed_gone",
        what=f"The plan would make again what the state knows already: {one_line(', '.join(addresses), 300)}.",
        why="Terraform believes these are gone. It also believes so when it is not allowed to look, "
        "and then an apply destroys or duplicates.",
        remedy="Check the permissions again. If they really were deleted by hand, remove them from the state first.",
        who=Who.AWS_ADMIN,
        copy="\n".join(f"terraform state rm '{address}'" for address in addresses),
        step="permissions",
    )


def _killed(doing: str, code: int) -> Problem:
    how = "Nobody knows how it ended" if code == runner.LOST else f"Signal {-code} ended it"
    return Problem(
        code="terraform.killed",
        what=f"Terraform was stopped from outside while {doing}.",
        why=f"{how}; the computer may have run out of memory, or somebody stopped the process.",
        remedy="Try again: the new plan shows what is there and what is missing.",
    )
