"""Changing one value in a .tfvars file and not a byte beside it.

The place of the value comes from `syntax`; afterwards the result is read again, and unless every other argument
is as it was and the changed one is exactly what was asked for, nothing is returned but a Problem.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.hcl import lists, placement, proof, syntax
from wizard.services.hcl.placeholders import unfilled
from wizard.services.hcl.syntax import BOM, Argument, Document, Malformed, Node


@dataclass(frozen=True)
class Edit:
    """The bytes of a file before and after. Nothing is written yet."""

    before: bytes
    after: bytes
    notes: tuple[str, ...] = ()
    """What the operator should know about the change, in sentences."""

    @property
    def changed(self) -> bool:
        return self.before != self.after

    @property
    def before_text(self) -> str:
        return self.before.decode("utf-8").removeprefix(BOM)

    @property
    def after_text(self) -> str:
        return self.after.decode("utf-8").removeprefix(BOM)


def get(data: bytes, name: str) -> str | None:
    """The value of `name` as it is written, None when it is not set. Raises Problem for a file that is not valid."""
    document = _document(data)
    argument = _argument(document, name)
    return document.text[argument.node.start : argument.node.end] if argument else None


def strings(data: bytes, name: str) -> tuple[str, ...]:
    """The texts of the list `name`; empty when it is not set. Raises Problem when it is anything but such a list."""
    argument = _argument(_document(data), name)
    return tuple(_items(argument, name)) if argument else ()


def set_value(data: bytes, name: str, literal: str) -> Edit:
    """Set `name` to the value that `literal` spells. Raises Problem."""
    try:
        wanted = syntax.value(literal)
    except Malformed as fault:
        raise _no_value(name, literal, fault) from fault
    spelled = literal[wanted.start : wanted.end]
    argument = _argument(_document(data), name)
    if argument and argument.node.literal and wanted.literal and _same(argument.node.value, wanted.value):
        return Edit(data, data)
    return _edit(data, name, wanted, lambda _: spelled, spelled)


def add_to_list(data: bytes, name: str, item: str) -> Edit:
    """Add the text `item` to the list `name` unless it is there; placeholders in the list make way. Raises Problem."""
    argument = _argument(_document(data), name)
    held = _items(argument, name) if argument else []
    unreal = [each for each in held if unfilled(each)]
    notes = tuple(
        f"“{one_line(each, 60)}” was a placeholder, no workspace; it is taken out." for each in unreal
    )
    kept = [each for each in held if each not in unreal]
    if item in kept and not unreal:
        return Edit(data, data)
    wanted = kept if item in kept else [*kept, item]

    def replaced(text: str) -> str:
        for each in unreal:
            text = lists.without(text, each)
        return text if item in kept else lists.with_item(text, item)

    edit = _edit(data, name, syntax.value(_spelled(wanted)), replaced, f"[{syntax.quoted(item)}]")
    return Edit(edit.before, edit.after, notes)


def remove_from_list(data: bytes, name: str, item: str) -> Edit:
    """Take every `item` out of the list `name`. Raises Problem."""
    argument = _argument(_document(data), name)
    held = _items(argument, name) if argument else []
    if item not in held:
        return Edit(data, data)
    wanted = [each for each in held if each != item]
    return _edit(data, name, syntax.value(_spelled(wanted)), lambda text: lists.without(text, item), "[]")


def _spelled(items: list[str]) -> str:
    return f"[{', '.join(syntax.quoted(each) for each in items)}]"


def _edit(data: bytes, name: str, wanted: Node, replaced: Callable[[str], str], fresh: str) -> Edit:
    """Replace the value of `name`, or insert `name = fresh`; then prove it."""
    document = _document(data)
    argument = _argument(document, name)
    if argument:
        node = argument.node
        value = replaced(document.text[node.start : node.end])
        text = document.text[: node.start] + value + document.text[node.end :]
    else:
        text = placement.inserted(document, f"{name} = {fresh}", name)
    fault = proof.fault(document, text, name, wanted)
    if fault:
        raise _unproven(name, fault)
    return Edit(data, text.encode("utf-8"))


def _document(data: bytes) -> Document:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(f"line {line} is not UTF-8 text") from error
    try:
        document = syntax.read(text)
    except Malformed as fault:
        raise _unreadable(f"line {fault.line}: {fault}") from fault
    if document.blocks:
        raise _unreadable(
            f"it holds a block, {one_line(document.blocks[0], 60)} {{ … }}, and only values may be there"
        )
    return document


def _argument(document: Document, name: str) -> Argument | None:
    found = document.named(name)
    if len(found) > 1:
        places = [document.text.count("\n", 0, each.start) + 1 for each in found]
        raise Problem(
            code="tfvars.duplicate",
            what=f"{name} is set {len(found)} times in this file.",
            why="Terraform accepts a name only once, and the wizard will not guess which one you mean.",
            remedy=f"Keep one of the lines {', '.join(map(str, places))} and remove the others, then try again.",
        )
    return found[0] if found else None


def _items(argument: Argument, name: str) -> list[str]:
    node = argument.node
    if node.kind == "word" and node.value is None:
        return []
    if node.kind == "list" and all(item.kind in ("string", "heredoc") for item in node.items):
        return [str(item.value) for item in node.items]
    raise Problem(
        code="tfvars.not_a_list",
        what=f"{name} is not a plain list of texts in this file.",
        why='The wizard changes lists such as ["a", "b"] only; anything else could be misread.',
        remedy=f'Write {name} as a list, for example {name} = ["…"], then try again.',
    )


def _same(one: object, other: object) -> bool:
    """Equal, and of the same type: 1 and true are different."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _unreadable(fault: str) -> Problem:
    return Problem(
        code="tfvars.invalid",
        what="This .tfvars file cannot be changed safely.",
        why=f"Terraform would not read it: {fault}.",
        remedy="Mend that line in an editor, then try again. Nothing was changed.",
    )


def _no_value(name: str, literal: str, fault: Malformed) -> Problem:
    return Problem(
        code="tfvars.value",
        what=f"“{one_line(literal, 80)}” is not a value for {name}.",
        why=f"Terraform would not read it: {fault}.",
        remedy='Write texts in quotes, "like this", and lists in brackets, ["a", "b"].',
    )


def _unproven(name: str, fault: str) -> Problem:
    return Problem(
        code="tfvars.unproven",
        what=f"{name} was not changed.",
        why=f"Reading the result again showed that {fault}.",
        remedy=f"Change {name} in an editor; the file is as it was.",
    )
