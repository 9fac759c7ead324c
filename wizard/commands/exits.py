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
    CHAIN_UNKNOWN = 10
    """`check`: nothing is known to be broken, but not everything could be looked at."""
    NO_IDENTITY = 11
    """`check`: the first broken joint is that AWS does not know you. The numbers below are 10 + the joint."""
    NO_ROLE = 12
    NO_RIGHTS = 13
    NO_TRUST = 14
    NO_PROFILE = 15
    NO_REGISTRATION = 16
    NO_CONFIG = 17
    NOT_SERVERLESS = 18
    NOT_RUNNING = 19
    NO_QUERY = 20
    NO_DATA = 21
    INTERRUPTED = 130
    """The operator stopped it."""
