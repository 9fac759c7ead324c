"""The lines of a file that a diagnostic is about, with a caret below what is meant."""

from __future__ import annotations

from wizard.services.terraform.stream import Diagnostic

_MOST = 6
"""Lines of a snippet that are shown."""
_WIDE = 200


def excerpt(found: Diagnostic) -> tuple[str, ...]:
    """The place, the numbered lines, a caret, and what the values in them are; empty without a snippet."""
    if not found.snippet or not found.line:
        return (found.place,) if found.place else ()
    head = f"{found.place}, in {found.context}" if found.context else found.place
    rows = found.snippet.expandtabs(1).splitlines()
    margin = len(str(found.line + len(rows)))
    lines = [head]
    start = 0
    for number, row in enumerate(rows[:_MOST]):
        lines.append(f"{found.line + number:>{margin}} {row[:_WIDE]}".rstrip())
        caret = _caret(row[:_WIDE], found.marked[0] - start, found.marked[1] - start)
        if caret:
            lines.append(f"{'':>{margin}} {caret}")
        start += len(row) + 1
    if len(rows) > _MOST:
        lines.append(f"{'':>{margin}} … and {len(rows) - _MOST} more lines")
    return (*lines, *(f"{'':>{margin}} {value}" for value in found.values))


def _caret(row: str, start: int, end: int) -> str:
    """Carets below the part of `row` from `start` to `end`; below all of a block's head when its brace is meant."""
    start, end = max(start, 0), min(end, len(row))
    if start >= end:
        return ""
    if row[start:end] == "{" and start == len(row.rstrip()) - 1:
        end = len(row[:start].rstrip())
        start = len(row) - len(row.lstrip())
    return " " * start + "^" * max(end - start, 1)
