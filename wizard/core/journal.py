"""The record of a session: one JSON line an event, redacted, for support and for resuming."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import IO, Any

from wizard.core.event import Ask, Event, Line, Progress, ResourceRow, Wait
from wizard.core.finding import Finding
from wizard.core.paths import private
from wizard.core.problem import Problem
from wizard.core.redact import Redactor


class Journal:
    """Appends to a file of mode 0600; without a file it keeps nothing."""

    def __init__(
        self, file: Path | None, redact: Redactor, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ):
        self._redact = redact
        self._now = now
        self._out: IO[str] | None = None
        if file is not None:
            private(file.parent)
            self._out = file.open("a", encoding="utf-8")
            file.chmod(0o600)

    def event(self, step: str, event: Event) -> None:
        if self._out is not None and not _passing(event):
            self._write({"step": step, "event": type(event).__name__, **plain(event)})

    def problem(self, step: str, problem: Problem) -> None:
        self._write({"step": step, "event": "Problem", **problem.as_dict()})

    def close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None

    def _write(self, entry: dict[str, Any]) -> None:
        if self._out is not None:
            line = json.dumps({"at": self._now().isoformat(), **entry}, default=str)
            self._out.write(self._redact(line) + "\n")
            self._out.flush()


def _passing(event: Event) -> bool:
    """What the next event overtakes. Every word of Terraform's is in the files of its run as well."""
    match event:
        case Wait() | Progress():
            return True
        case ResourceRow():
            return event.state in ("waiting", "running")
        case Line():
            return event.level == "debug"
    return False


def plain(event: object) -> dict[str, Any]:
    """An event or a fact as plain data. Of a question only its key is kept."""
    if isinstance(event, Ask):
        return {"title": event.title, "questions": [q.key for q in event.questions]}
    if isinstance(event, Finding):
        return event.as_dict()
    if not dataclasses.is_dataclass(event):
        raise TypeError(f"not an event: {type(event).__name__}")
    return {field.name: _value(getattr(event, field.name)) for field in dataclasses.fields(event)}


def _value(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_value(each) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain(value)
    return value
