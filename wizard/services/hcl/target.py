"""What a path leads to in a file, and how far it leads when there is nothing at its end."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.core.problem import Problem
from wizard.core.text import one_line, plural
from wizard.services.hcl import path as paths
from wizard.services.hcl.document import Document
from wizard.services.hcl.path import Path
from wizard.services.hcl.syntax import Node

_KINDS = {
    "string": "a text",
    "heredoc": "a text",
    "number": "a number",
    "word": "true, false or null",
    "expression": "an expression that Terraform works out",
    "list": "a list",
    "object": "an object",
}


@dataclass(frozen=True)
class Target:
    """A place in a document."""

    path: Path
    node: Node | None
    """The value at the end of the path; None when there is none."""
    parent: Node | None = None
    """The list or object that holds it, or would; None when that is the file itself."""
    places: tuple[int, ...] = ()
    """Where in the parent; more than one for a name that an object holds twice, of which the last counts."""
    rest: Path = ()
    """The names that are missing, when there is no value: the first of them in `parent`."""
    null: Node | None = None
    """The `null` that stands where the rest would begin."""


def find(document: Document, path: Path) -> Target:
    """Where `path` leads. Raises Problem for a file that is not valid, or a path through what has no members."""
    argument = document.find(str(path[0]))
    if argument is None:
        return Target(path, None, document.tree.root, rest=path)
    root = document.tree.root
    places: tuple[int, ...] = (document.tree.arguments.index(argument),) if root else ()
    node, parent = argument.node, root
    for depth in range(1, len(path)):
        if node.kind == "word" and node.value is None:
            return Target(path, None, parent, places, rest=path[depth:], null=node)
        parent, places = node, _places(document, node, path, depth)
        if not places:
            return Target(path, None, node, rest=path[depth:])
        node = node.items[places[-1]]
    return Target(path, node, parent, places)


def kind(node: Node) -> str:
    """What a value is, in words."""
    return _KINDS[node.kind]


def _places(document: Document, node: Node, path: Path, depth: int) -> tuple[int, ...]:
    part = path[depth]
    if node.kind == "object":
        return tuple(n for n, key in enumerate(node.keys) if key.name == str(part))
    if node.kind == "list" and isinstance(part, int):
        if part < len(node.items):
            return (part,)
        raise _no_way(
            document,
            node,
            path[:depth],
            f"has {plural(len(node.items), 'item')}, counted from 0",
            f"Name an item from 0 to {len(node.items) - 1}, or use add." if node.items else "Use add.",
        )
    remedy = "Set the whole value, or change the line by hand."
    if node.kind == "list":
        remedy = f"Name an item by its number: {paths.spelled(path[:depth])}[0]"
    raise _no_way(
        document, node, path[:depth], f"is {kind(node)} and has no member {one_line(part, 40)}", remedy
    )


def _no_way(document: Document, node: Node, path: Path, why: str, remedy: str) -> Problem:
    return Problem(
        code="tfvars.path",
        what=f"There is no such place in {paths.spelled(path)}.",
        why=f"Line {document.line(node.start)}: {paths.spelled(path)} {why}.",
        remedy=remedy,
    )
