"""The lines of a log: kept up to a bound, narrowed, wrapped, searched. No widget; the log draws from it."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from wizard.core.text import one_line

MOST = 100_000
"""Lines kept; a tenth more is allowed before the oldest are dropped."""
LEVELS = ("debug", "info", "warning", "error")
_WIDEST = 2_000
_SHIFT = 12
"""A row is the number of its line and where in it the row begins, in one integer: 100,000 of them are 0.8 MB."""

Written = tuple[str, str] | tuple[str, str, str]
"""(level, text) or (level, text, what it is about)."""


class Kept(NamedTuple):
    """One line."""

    level: str
    text: str
    source: str


class Lines:
    """Lines by number, and the rows that are seen of them at the present width and with the present filter."""

    def __init__(self) -> None:
        self._kept: list[Kept] = []
        self._first = 0
        """Number of the oldest line kept."""
        self.rows: array[int] = array("q")
        self.widest = 0
        self.width = 0
        """Cells of a row when lines are wrapped, 0 when they are not."""
        self.least = LEVELS[0]
        self.about = ""
        self.words = ""
        self.found: array[int] = array("q")
        """Numbers of the lines that hold the words searched for."""

    @property
    def kept(self) -> Sequence[Kept]:
        return self._kept

    @property
    def shown(self) -> list[str]:
        """The texts that the filter leaves, oldest first."""
        return [line.text for line in self._kept if self._passes(line)]

    def add(self, written: Sequence[Written]) -> int:
        """Keep more lines; a text with line breaks becomes several. Returns how many rows fell off at the top."""
        kept, number = self._kept, self._first + len(self._kept)
        for level, text, *rest in written:
            source = rest[0] if rest else ""
            for part in text.splitlines() or [""]:
                line = Kept(level, _clean(part), source)
                kept.append(line)
                self._show(number, line)
                number += 1
        return self._drop() if len(self._kept) > MOST + MOST // 10 else 0

    def clear(self) -> None:
        self._first += len(self._kept)
        self._kept = []
        self.rows, self.found, self.widest = array("q"), array("q"), 0

    def arrange(self) -> None:
        """Work the rows out anew, after a change of filter, words or width."""
        self.rows, self.found, self.widest = array("q"), array("q"), 0
        for number, line in enumerate(self._kept, self._first):
            self._show(number, line)

    def row(self, index: int) -> tuple[Kept, int, int]:
        """The line of a row, and from and to which character of it the row goes."""
        line, start = (
            self._kept[(self.rows[index] >> _SHIFT) - self._first],
            self.rows[index] & (1 << _SHIFT) - 1,
        )
        return line, start, min(len(line.text), start + self.width) if self.width else len(line.text)

    def number(self, index: int) -> int:
        """Number of the line that the row belongs to."""
        return self.rows[index] >> _SHIFT

    def row_of(self, number: int) -> int:
        """The first row of a line."""
        return bisect_left(self.rows, number << _SHIFT)

    def find(self, index: int, step: int, *, beyond: bool) -> int | None:
        """Row of the next line (`step` 1) or the one before (-1) that holds the words, round the end; None: nowhere.

        `beyond`: the line of row `index` itself was seen already.
        """
        if not self.found or not self.rows:
            return None
        here = self.number(min(index, len(self.rows) - 1))
        at = bisect_left(self.found, here)
        seen = beyond and at < len(self.found) and self.found[at] == here
        at += int(seen) if step > 0 else -1
        return self.row_of(self.found[at % len(self.found)])

    def _passes(self, line: Kept) -> bool:
        if self.least != LEVELS[0] and LEVELS.index(line.level) < LEVELS.index(self.least):
            return False
        return not self.about or self.about in line.source.casefold()

    def _show(self, number: int, line: Kept) -> None:
        if not self._passes(line):
            return
        size = len(line.text)
        if size > self.widest:
            self.widest = size
        if not self.width:
            self.rows.append(number << _SHIFT)
        else:
            self.rows.extend(number << _SHIFT | start for start in range(0, max(size, 1), self.width))
        if self.words and self.words in line.text.casefold():
            self.found.append(number)

    def _drop(self) -> int:
        over = len(self._kept) - MOST
        del self._kept[:over]
        self._first += over
        gone = bisect_left(self.rows, self._first << _SHIFT)
        del self.rows[:gone]
        del self.found[: bisect_left(self.found, self._first)]
        return gone


def _clean(part: str) -> str:
    """Most lines hold nothing to take out, and telling so is fast."""
    if len(part) <= _WIDEST and part.isprintable():
        return part.rstrip()
    return one_line(part, _WIDEST) if part.strip() else ""
