"""What a command is given to read: a file, or standard input."""

from __future__ import annotations

import sys

_LARGEST = 16 * 1024 * 1024
"""Bytes that are read."""


def standard_input() -> str:
    """Standard input, read to its end; what is not UTF-8 in it is replaced."""
    return sys.stdin.buffer.read(_LARGEST).decode("utf-8", "replace")


def text_of(name: str) -> str:
    """The text of the file `name`; `-` is standard input.

    Raises Problem when there is no such file or it may not be read.
    """
    if name == "-":
        return standard_input()
    from pathlib import Path

    from wizard.core.problem import Problem
    from wizard.core.text import one_line

    try:
        with Path(name).open("rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace")
    except OSError as error:
        raise Problem(
            code="cli.file",
            what=f"{one_line(name, 200)} cannot be read.",
            why=f"{error.strerror or 'It is not a file'}.",
            remedy="Name another file, or - to read standard input.",
        ) from error
