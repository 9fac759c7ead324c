"""Running a stretch of work to its end here and now, for commands that ask nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from wizard.core.event import Event, Wait
from wizard.core.problem import Cancelled

T = TypeVar("T")


def wait_for(
    work: Generator[Event, Any, T],
    *,
    on_event: Callable[[Event], None] = lambda _: None,
    cancel: threading.Event | None = None,
) -> T:
    """Waits when the work asks to wait, and hands every other event on. Raises what it raises, and Cancelled."""
    stop = cancel or threading.Event()
    try:
        while True:
            event = next(work)
            if isinstance(event, Wait):
                stop.wait(event.seconds)
            else:
                on_event(event)
            if stop.is_set():
                raise Cancelled
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # a generator's return value is untyped here
    finally:
        work.close()
