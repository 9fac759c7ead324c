"""A terminal that may go away: what is written to it then is lost, and nothing else.

Textual writes in a thread that ends at the first failed write; the screen would then wait for it for ever.
"""

from __future__ import annotations

from contextlib import suppress
from typing import IO, Any

from textual.driver import Driver


class Lasting:
    """A stream whose write and flush never fail; everything else is the stream's own."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def lasting(driver: type[Driver]) -> type[Driver]:
    """`driver`, writing to a terminal that may go away."""

    class LastingDriver(driver):  # type: ignore[valid-type,misc]  # the class is chosen at run time
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            stream = getattr(self, "_file", None)
            if stream is not None:
                self._file = Lasting(stream)

    return LastingDriver
