"""Names that lead into a value: `tags.team`, `buckets[0]`, `map["a b"].name`."""

from __future__ import annotations

import re

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.hcl import syntax
from wizard.services.hcl.scanner import Malformed, Scanner

Path = tuple[str | int, ...]
"""First the variable; then member names and positions of items, from 0."""

_POSITION = re.compile(r"\[\s*(\d+)\s*\]")
_DOTTED_POSITION = re.compile(r"\.(\d+)(?![\w-])")


def parse(name: str) -> Path:
    """The path that `name` spells. Raises Problem."""
    scanner = Scanner(name)
    scanner.at = 0
    first = scanner.identifier()
    if not first:
        raise _no_name(name)
    path: list[str | int] = [first]
    while scanner.at < len(name):
        position = _POSITION.match(name, scanner.at) or _DOTTED_POSITION.match(name, scanner.at)
        if position:
            scanner.at = position.end()
            path.append(int(position[1]))
        else:
            path.append(_member(scanner, name))
    return tuple(path)


def _member(scanner: Scanner, name: str) -> str:
    found: str | None = None
    if name.startswith(".", scanner.at):
        scanner.at += 1
        found = scanner.identifier()
    elif name.startswith('["', scanner.at):
        scanner.at += 1
        try:
            found = scanner.quoted()
        except Malformed:
            raise _no_name(name) from None
        if not name.startswith("]", scanner.at):
            raise _no_name(name)
        scanner.at += 1
        return found if found is not None else _raise(name)
    return found or _raise(name)


def _raise(name: str) -> str:
    raise _no_name(name)


def spelled(path: Path) -> str:
    """The path as a person writes it."""
    parts = [str(path[0])]
    for part in path[1:]:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        else:
            parts.append(f".{part}" if syntax.is_name(part) else f"[{syntax.quoted(part)}]")
    return "".join(parts)


def _no_name(name: str) -> Problem:
    return Problem(
        code="tfvars.name",
        what=f"“{one_line(name, 60)}” cannot be the name of a variable or of a part of one.",
        why="A name begins with a letter and holds letters, digits, _ and - only.",
        remedy='Use the name as variables.tf declares it; parts of a value are name.member, name["a member"] '
        "and name[0].",
    )
