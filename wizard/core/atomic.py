"""Writing files whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from datetime import datetime
from pathlib import Path


def write(path: Path, data: bytes, mode: int | None = None) -> None:
    """Replace the file at `path` with `data`; a reader sees the old bytes or the new, never a mix.

    Follows a symbolic link to its target, keeps the mode of an existing file unless `mode` is given, and
    raises OSError with the old file untouched when anything fails.
    """
    target = path.resolve()
    if mode is None:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _keep_owner(temporary, target)
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_private(path: Path, text: str) -> None:
    """Write a text that the operator wants kept, to a file that only they can read. Raises OSError."""
    write(path, (text.rstrip("\n") + "\n").encode(), 0o600)


def backup(path: Path, now: datetime) -> Path:
    """Copy the file at `path` beside itself under a name with the time, and return the copy's path."""
    target = path.resolve()
    copy = target.with_name(f"{target.name}.{now:%Y%m%d-%H%M%S}.backup")
    number = 1
    while copy.exists():
        number += 1
        copy = target.with_name(f"{target.name}.{now:%Y%m%d-%H%M%S}-{number}.backup")
    write(copy, target.read_bytes(), stat.S_IMODE(target.stat().st_mode))
    return copy


def _keep_owner(temporary: str, target: Path) -> None:
    if target.exists():
        owner = target.stat()
        if (owner.st_uid, owner.st_gid) != (os.getuid(), os.getgid()):
            os.chown(temporary, owner.st_uid, owner.st_gid)
