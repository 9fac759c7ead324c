"""Reading a .tfvars file and writing a change to it, whole or not at all."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from wizard.core import atomic
from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.hcl.document import Document
from wizard.services.hcl.draft import Edit

_LARGEST = 4_000_000
"""Bytes. A file of variables is a few thousand; anything near this is the wrong file."""


def read(path: Path) -> Document:
    """The file as it is, or an empty document when there is none yet. Raises Problem when it cannot be read."""
    try:
        if path.stat().st_size > _LARGEST:
            raise _too_large(path)
        return Document(path.read_bytes(), json=_is_json(path))
    except FileNotFoundError:
        return Document(exists=False, json=_is_json(path))
    except OSError as error:
        raise Problem(
            code="tfvars.unreadable",
            what=f"{path} cannot be read.",
            why=one_line(error.strerror or error, 200),
            remedy="Check who owns the file and whether it is a file at all, then try again.",
        ) from error


def write(path: Path, edit: Edit, now: datetime) -> Path | None:
    """Write the edit and return the path of the backup, None when there was nothing to keep.

    Refuses with a Problem when the file is no longer what it was when it was read, or cannot be written; then it
    is untouched. A link stays a link; mode and owner stay. `now` names the backup.
    """
    if not edit.changed:
        return None
    on_disk = read(path)
    if (on_disk.exists, on_disk.sha) != (edit.document.exists, edit.document.sha):
        raise _moved_on(path, on_disk)
    try:
        backup = atomic.backup(path, now) if on_disk.exists else None
        atomic.write(path, edit.after.data)
    except OSError as error:
        raise _unwritable(path, error) from error
    return backup


def undo(path: Path, sha: str, backup: str) -> None:
    """Put back the bytes of `backup`; without one the file is taken away, because it was not there before.

    `sha` is that of the bytes we wrote. Raises Problem when the file is no longer that, or cannot be written.
    """
    on_disk = read(path)
    if on_disk.sha != sha:
        raise _moved_on(path, on_disk)
    try:
        if backup:
            atomic.write(path, Path(backup).read_bytes())
        else:
            path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def _is_json(path: Path) -> bool:
    """Terraform tells by the name, too."""
    return path.name.endswith(".json")


def _unwritable(path: Path, error: OSError) -> Problem:
    return Problem(
        code="tfvars.unwritable",
        what=f"{path} cannot be written.",
        why=one_line(error.strerror or error, 200),
        remedy="Check who may write in that folder and whether the disk is full; the file is as it was.",
    )


def _moved_on(path: Path, on_disk: Document) -> Problem:
    return Problem(
        code="tfvars.moved_on",
        what=f"{path.name} was {'changed' if on_disk.exists else 'removed'} by someone else in the meantime.",
        why="Writing now would undo that change.",
        remedy="Try again: the file is read anew and the change is shown once more.",
    )


def _too_large(path: Path) -> Problem:
    return Problem(
        code="tfvars.too_large",
        what=f"{path} is too large to be a file of variables.",
        why=f"It holds more than {_LARGEST // 1_000_000} MB.",
        remedy="Check that this is the right file.",
    )
