"""Faults a test or a scenario may put between a caller and the pretend workspace."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Fault:
    """One rule: what to answer instead of, or after, the real handler."""

    method_path: str
    """`METHOD /path`, with `*` as wildcard."""
    status: int | None
    """HTTP status to answer; None lets the real answer through (a delay alone)."""
    body: object
    """JSON value, or text for an HTML page."""
    times: int
    """How many requests it still strikes; negative means for ever."""
    skip: int
    """How many matching requests pass unharmed first."""
    after_handler: bool
    """True: the handler does its work, only the answer is lost."""
    delay: float
    """Seconds to wait before answering."""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    """The handler does its work, then the connection breaks without an answer."""
    cut: bool = False
    """The handler does its work, and the connection breaks in the middle of the answer's body."""


class Faults:
    """The rules in force, oldest first; thread safe."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        method_path: str,
        *,
        status: int | None = None,
        body: object = None,
        times: int = 1,
        skip: int = 0,
        after_handler: bool = False,
        delay: float = 0.0,
        headers: Mapping[str, str] | None = None,
        drop: bool = False,
        cut: bool = False,
    ) -> Fault:
        """Adds a rule and returns it. Status None keeps the real answer and only delays, drops or cuts it."""
        rule = Fault(
            method_path, status, body, times, skip, after_handler, delay, dict(headers or {}), drop, cut
        )
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Forgets every rule."""
        with self._lock:
            self._rules.clear()

    def strike(self, method: str, path: str) -> Fault | None:
        """The rule that strikes this request, used up by one; None when none does."""
        with self._lock:
            for rule in self._rules:
                if rule.times == 0 or not fnmatchcase(f"{method} {path}", rule.method_path):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                rule.times -= 1
                return rule
        return None
