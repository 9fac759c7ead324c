"""Listening to one Terraform command: what each line means for the screen, and what is kept for afterwards."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wizard.core.event import Event, Line, Phase, Progress, ResourceRow, Wait, Work
from wizard.core.stopping import Outlook, Stage, Stopping
from wizard.services.process import runner
from wizard.services.process.runner import DetachedRun
from wizard.services.terraform import stream
from wizard.services.terraform.rows import TOLD, Rows
from wizard.services.terraform.stream import Diagnostic, Message

LOOK = 0.05
"""Seconds between two looks at a running command's output."""
_RECENT = 500
"""Lines of an earlier wizard's time that are shown again; all of them are in the run's files."""
_PATIENCE = 10.0
"""Seconds in which Terraform ends when what it waited for was killed."""
_STOPPING = "Stopping: Terraform saves its state"
_IN_ORDER = "It was asked to end, and puts its state in order first."
_ENDING = (Stage.STOPPING, Stage.BROKEN)
_BROKEN = "Broken off: waiting for Terraform to save its state"
_QUIET = TOLD | {"version", "resource_drift", stream.JUNK}
"""Rows and the plan say these already; the line is for the log."""


@dataclass
class Heard:
    """What one command said, as far as it matters afterwards."""

    rows: Rows = field(default_factory=Rows)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    counts: Mapping[str, Any] = field(default_factory=dict)
    outputs: dict[str, object] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    """Resources that Terraform believes to be deleted outside."""
    code: int = 0
    errors: str = ""
    outlook: Outlook = field(default_factory=Outlook)


def listen(
    run: DetachedRun, heard: Heard, stopping: Stopping | None = None, *, behind: bool = False
) -> Work[Heard]:
    """Everything the run says, to its end.

    With `stopping` the run changes something: it can be stopped there only, and goes on when this is given up.
    Without, giving this up interrupts it. `behind`: the run was going on already, so what it said until now is told
    in short, as it stands.
    """
    if stopping is not None:
        stopping.begin(run, heard.outlook)
    try:
        told = _told(run, heard, behind)
        yield from told if stopping is None else _watched(told, run, heard, stopping)
    except BaseException:
        if stopping is None:
            run.interrupt()
        raise
    finally:
        if stopping is not None:
            stopping.end(run)
    code = run.code
    heard.code = runner.LOST if code is None else code
    heard.errors = run.errors()
    yield from heard.rows.ended()
    run.noted()
    return heard


def _told(run: DetachedRun, heard: Heard, behind: bool) -> Work[None]:
    missed = _Missed() if behind else None
    heard_at = time.monotonic()
    for batch in run.tail():
        if batch:
            heard_at = time.monotonic()
        if missed is not None and batch:
            missed.hear(batch, heard)
            continue
        if missed is not None:
            yield from missed.told(heard)
            missed = None
        if not batch:
            yield Wait(LOOK, heard.rows.silence(time.monotonic() - heard_at))
        for line in batch:
            if line.strip():
                yield from hear(stream.parse(line), heard)
    if missed is not None:
        yield from missed.told(heard)


def _watched(told: Work[None], run: DetachedRun, heard: Heard, stopping: Stopping) -> Work[None]:
    """The same, with what is known of how far it is, and with a word when it was asked to stop."""
    stage, began, pressed = Stage.WORKING, time.monotonic(), False
    for event in told:
        _look(event, heard.outlook)
        heard.outlook.seconds = time.monotonic() - began
        if stopping.stage is not stage:
            stage = stopping.stage
            yield Phase(_STOPPING if stage is Stage.STOPPING else _BROKEN)
        if stage is Stage.BROKEN and not pressed and stopping.stopping_for > _PATIENCE:
            # Terraform takes a second interrupt as leave to end without waiting any longer.
            pressed = True
            run.interrupt()
        if isinstance(event, Wait) and event.reason and stage in _ENDING:
            # What explains a silence while it works is not true any more.
            yield replace(event, reason=_IN_ORDER)
        else:
            yield event


def _look(event: Event, outlook: Outlook) -> None:
    if isinstance(event, Progress):
        outlook.done, outlook.total = event.done, event.total
    elif isinstance(event, ResourceRow):
        if event.state == "running":
            outlook.under_way[event.address] = event.seconds
        else:
            outlook.under_way.pop(event.address, None)


class _Missed:
    """What a run said before anybody listened: of each resource only how it stands, of the log only the end.

    Measured: 100,000 lines told one by one take eight seconds, and re-attaching has one.
    """

    def __init__(self) -> None:
        self._busy: dict[str, str] = {}
        """Of each resource the latest line that only says that it is being worked on: most of a long log."""
        self._rows: dict[str, ResourceRow] = {}
        self._lines: deque[Line] = deque(maxlen=_RECENT)
        self._last: dict[type[Event], Event] = {}

    def hear(self, batch: Iterable[str], heard: Heard) -> None:
        for line in batch:
            if '"type":"apply_progress"' in line or '"type":"apply_start"' in line:
                self._busy[_about(line)] = line
                continue
            if self._busy and '"type":"apply_' in line:
                self._busy.pop(_about(line), None)
            if line.strip():
                self._keep(hear(stream.parse(line), heard))

    def told(self, heard: Heard) -> Iterable[Event]:
        for line in self._busy.values():
            self._keep(hear(stream.parse(line), heard))
        yield from self._rows.values()
        yield from self._lines
        yield from self._last.values()

    def _keep(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, ResourceRow):
                self._rows[event.address] = event
            elif isinstance(event, Line):
                self._lines.append(event)
            elif isinstance(event, Progress | Phase):
                self._last[type(event)] = event


def _about(line: str) -> str:
    """Whatever tells the resource of a line from others, without reading the line whole."""
    start = line.find('"addr":"')
    return line[start : line.find('","', start)]


def hear(message: Message, heard: Heard) -> Work[None]:
    """One message: what it means for the screen, and what is kept of it."""
    yield from heard.rows.hear(message)
    match message.type:
        case "diagnostic":
            found = stream.diagnostic(message)
            heard.diagnostics.append(found)
            yield Line(found.text, "warning" if found.severity == "warning" else "error", found.address)
            yield from heard.rows.blame(found)
        case "change_summary":
            changes = message.data.get("changes")
            heard.counts = changes if isinstance(changes, dict) else {}
            # A plan is shown whole; only an apply's own count is news.
            yield Line(message.text, "debug" if heard.counts.get("operation") == "plan" else "info")
        case "outputs":
            heard.outputs.update(stream.outputs(message))
        case kind:
            if kind == "resource_drift" and message.action == "delete":
                heard.gone.add(message.address)
            yield Line(message.text, "debug" if kind in _QUIET else message.level, message.address)
