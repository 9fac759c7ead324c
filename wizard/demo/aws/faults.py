"""Failures on order: make chosen calls fail, or wait, a chosen number of times."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass
class Fault:
    """One standing order. `remaining` counts down; a negative number means for ever."""

    action: str
    status: int
    code: str
    message: str
    remaining: int
    after_handler: bool
    delay: float
    resource: str
    body: bytes | None = None
    """What is answered instead, as it is; None: an error in the service's own words."""
    drop: bool = False
    """The connection breaks without an answer."""

    @property
    def fails(self) -> bool:
        """Whether the caller gets anything but the true answer (else it is only delayed)."""
        return self.status > 0 or self.body is not None or self.drop

    def covers(self, action: str, resource: str) -> bool:
        """Whether this order still stands and is about such a call."""
        if self.remaining == 0 or not fnmatchcase(action.lower(), self.action.lower()):
            return False
        return fnmatchcase(resource, self.resource)


class Faults:
    """The standing orders, first come first served. Safe to use from any thread."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        action: str,
        status: int = 0,
        code: str = "",
        message: str = "",
        times: int = 1,
        after_handler: bool = False,
        delay: float = 0.0,
        resource: str = "*",
        body: bytes | None = None,
        drop: bool = False,
    ) -> Fault:
        """Order a failure and return it (its `remaining` tells how often it is still due).

        `action` and `resource` may hold `*`. `status` 0 means: only wait `delay` seconds, then go on.
        `times` 0 means for ever. `after_handler` lets AWS do the work first and lose the answer. `body` is answered
        as it is, with `status` or 200; `drop` breaks the connection without an answer.
        """
        order = Fault(action, status, code, message, times or -1, after_handler, delay, resource, body, drop)
        with self._lock:
            self._orders.append(order)
        return order

    def take(self, action: str, resource: str) -> Fault | None:
        """The order due for this call, counted down; None when there is none."""
        with self._lock:
            for order in self._orders:
                if order.covers(action, resource):
                    order.remaining -= 1 if order.remaining > 0 else 0
                    return order
        return None

    def clear(self) -> None:
        """Cancel every order."""
        with self._lock:
            self._orders.clear()
