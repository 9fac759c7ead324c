"""What the program's exit status means. Scripts rely on these numbers."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit status of a command."""

    OK = 0
    STOPPED = 1
    """A step stopped with a problem, which was told."""
    USAGE = 2
    """The command line, a file or the terminal is not as it must be; nothing was done."""
    GAPS = 3
    """A permission is missing."""
    UNCHECKED = 4
    """Something could not be checked; nothing is known to be missing."""
    INTERRUPTED = 130
    """The operator stopped it."""
