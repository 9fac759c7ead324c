"""The very output of a command, read from its file as it grows."""

from __future__ import annotations

from pathlib import Path

from wizard.core.text import clean
from wizard.ui.widgets.lines import Written

MOST = 4 << 20
"""Bytes that are shown, from the end; all of it is in the file."""


class Raw:
    """A file that is read on from where it was read last."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._at = -1
        self._rest = b""
        self._missing = False

    def more(self) -> list[Written]:
        """The lines that came since, cleaned; that a file cannot be read is said once."""
        try:
            with self.file.open("rb") as opened:
                size = opened.seek(0, 2)
                start = max(0, size - MOST, self._at)
                opened.seek(start)
                data = opened.read(MOST)
        except OSError as error:
            said, self._missing = not self._missing, True
            return [("warning", f"{self.file}: {error.strerror or error}")] if said else []
        left_out = start > max(self._at, 0)
        *whole, self._rest = ((b"" if left_out else self._rest) + data).split(b"\n")
        self._at = start + len(data)
        cut: list[Written] = [("debug", f"(the last {MOST >> 20} MB of {size:,} bytes)")] if left_out else []
        return [*cut, *(("info", clean(line.decode("utf-8", "replace"))) for line in whole)]
