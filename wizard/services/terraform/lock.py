"""The lock on a state: who holds it, since when, for what, and whether that process lives on this computer.

Terraform tells it as a text inside a diagnostic, and as JSON in the lock's own file.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wizard.core.text import one_line

_OPERATIONS = {
    "OperationTypeApply": "an apply",
    "OperationTypePlan": "a plan",
    "OperationTypeRefresh": "a refresh",
}


@dataclass(frozen=True)
class Lock:
    """One lock, as its holder wrote it down."""

    id: str
    who: str
    """`user@host`."""
    operation: str
    version: str
    created: str
    """As Terraform writes it: `2026-11-23 23:44:34.376123871 +0000 UTC`."""
    local: bool
    """On a file of this computer: the system ends it with the process that holds it."""

    @classmethod
    def read(cls, detail: str) -> Lock | None:
        """The lock in a diagnostic's detail, None when it tells of none."""

        def field(name: str) -> str:
            found = re.search(rf"(?m)^\s*{name}:[ \t]*(\S.*)$", detail)
            return one_line(found[1], 120) if found else ""

        if not field("Who") and not field("ID"):
            return None
        return cls(
            id=field("ID") if re.fullmatch(r"[\w-]{1,64}", field("ID")) else "",
            who=field("Who"),
            operation=field("Operation"),
            version=field("Version"),
            created=field("Created"),
            local="resource temporarily unavailable" in detail,
        )

    @property
    def words(self) -> str:
        """`It belongs to ann@box, for an apply, since 2026-11-23 23:44 UTC.`"""
        parts = [f"It belongs to {self.who or 'somebody'}"]
        if self.operation:
            parts.append(f"for {_OPERATIONS.get(self.operation, self.operation)}")
        if self.version:
            parts.append(f"by version {self.version}")
        if self.created:
            parts.append(f"since {self.created[:16]} UTC")
        return f"{', '.join(parts)}." + (f" Its id is {self.id}." if self.id else "")

    @property
    def unlock(self) -> str:
        """The command for a lock that was left behind; empty where the system removes it by itself."""
        return f"terraform force-unlock {self.id}" if self.id and not self.local else ""

    def age(self, now: datetime) -> float | None:
        """Seconds since it was taken, None when its time cannot be read."""
        try:
            since = datetime.strptime(self.created[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError:
            return None
        return max(0.0, (now - since).total_seconds())


def holder(state: Path) -> int | None:
    """Number of the process on this computer that holds the lock on the file at `state`; None when none does.

    Terraform locks with fcntl, which tells who is in the way (fcntl(2), F_GETLK).
    """
    shape = "hhqqi" if sys.platform == "linux" else "qqihh"
    asked = (fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0) if sys.platform == "linux" else (0, 0, 0, fcntl.F_WRLCK, 0)
    try:
        with state.open("rb+") as file:
            said = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(shape, *asked))
    except OSError:
        return None
    found = struct.unpack(shape, said)
    kind, pid = (found[0], found[4]) if sys.platform == "linux" else (found[3], found[2])
    return pid if kind != fcntl.F_UNLCK and pid > 0 else None
