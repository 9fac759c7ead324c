"""Changing one value in a .tfvars file and not a byte beside it.

The place of the value comes from `syntax`; afterwards the result is read again, and unless every other argument
is as it was and the changed one is exactly what was asked for, nothing is returned but a Problem.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.hcl import lists, placement, proof, syntax
from wizard.services.hcl.document import Document
from wizard.services.hcl.placeholders import unfilled
from wizard.services.hcl.syntax import Argument, Malformed, Node


@dataclass(frozen=True)
class Edit:
    """A file before and after a change. Nothing is written yet."""

    document: Document
    """As it was read."""
    after: Document
    notes: tuple[str, ...] = ()
    """What the operator should know about the change, in sentences."""

    @property
    def changed(self) -> bool:
        return self.document.data != self.after.data

    @property
    def before_text(self) -> str:
        return self.document.shown

    @property
    def after_text(self) -> str:
        return self.after.shown


def get(document: Document, name: str) -> str | None:
    """The value of `name` as it is written, None when it is not set. Raises Problem for a file that is not valid."""
    argument = document.find(name)
    return document.text[argument.node.start : argument.node.end] if argument else None


def strings(document: Document, name: str) -> tuple[str, ...]:
    """The texts of the list `name`; empty when it is not set. Raises Problem when it is anything but such a list.

    Numbers and booleans count as the texts that Terraform makes of them for a list(string).
    Source: https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion
    """
    return tuple(_held(document, name, ""))


def set_value(document: Document, name: str, literal: str) -> Edit:
    """Set `name` to the value that `literal` spells. Raises Problem, also when it spells anything more than a value."""
    try:
        wanted = syntax.value(literal)
    except Malformed as fault:
        raise _no_value(name, literal, fault) from fault
    spelled = literal[wanted.start : wanted.end]
    argument = document.find(name)
    if argument and argument.node.literal and wanted.literal and _same(argument.node.value, wanted.value):
        return Edit(document, document)
    return _edit(document, name, lambda _: spelled, spelled, _is_value(wanted), sure=wanted.literal)


def add_to_list(document: Document, name: str, item: str) -> Edit:
    """Add the text `item` to the list `name` unless it is there; placeholders in the list make way. Raises Problem."""
    held = _held(document, name, item)
    unreal = [each for each in dict.fromkeys(held) if unfilled(each) and each != item]
    kept = [each for each in held if each not in unreal]
    if item in held and not unreal:
        return Edit(document, document)
    wanted, in_place = kept, item not in held and bool(unreal)
    if in_place:
        wanted = [*held[: held.index(unreal[0])], item, *held[held.index(unreal[0]) + 1 :]]
        wanted = [each for each in wanted if each not in unreal]
    elif item not in held:
        wanted = [*kept, item]

    def replaced(text: str) -> str:
        if in_place:
            text = lists.instead(text, unreal[0], item)
        elif item not in held:
            text = lists.with_item(text, item, syntax.line_break(document.text))
        for each in unreal:
            text = lists.without(text, each)
        return text

    notes = tuple(_made_way(each, item if in_place and not n else "") for n, each in enumerate(unreal))
    edit = _edit(document, name, replaced, f"[{syntax.quoted(item)}]", _is_list(wanted), sure=True)
    return Edit(edit.document, edit.after, notes)


def remove_from_list(document: Document, name: str, item: str) -> Edit:
    """Take every `item` out of the list `name`. Raises Problem."""
    held = _held(document, name, "")
    if item not in held:
        return Edit(document, document)
    wanted = [each for each in held if each != item]
    return _edit(document, name, lambda text: lists.without(text, item), "[]", _is_list(wanted), sure=True)


def _edit(
    document: Document,
    name: str,
    replaced: Callable[[str], str],
    fresh: str,
    asked: Callable[[Node, str], bool],
    *,
    sure: bool,
) -> Edit:
    """Replace the value of `name`, or insert `name = fresh`; then prove it."""
    argument = document.find(name)
    if argument:
        start, end = argument.node.start, argument.node.end
        text = document.text[:start] + replaced(document.text[start:end]) + document.text[end:]
    else:
        _checked_name(name)
        text = placement.inserted(document, f"{name} = {fresh}", name)
    fault = proof.fault(document, text, name, asked, sure=sure)
    if fault:
        raise _unproven(name, fault)
    return Edit(document, Document.of(text))


def _held(document: Document, name: str, item: str) -> list[str]:
    """What the list holds now. `item` is what should be added, for the advice when it cannot be."""
    argument = document.find(name)
    found = lists.texts(argument.node, document.text) if argument else ()
    if argument and found is None:
        raise _not_a_list(document, argument, item)
    return list(found or ())


def _is_list(wanted: Sequence[str]) -> Callable[[Node, str], bool]:
    return lambda node, text: node.kind == "list" and lists.texts(node, text) == tuple(wanted)


def _is_value(wanted: Node) -> Callable[[Node, str], bool]:
    """The same value; of a calculation only the kind can be compared."""
    return lambda node, _: (
        node.kind == wanted.kind and (not wanted.literal or _same(node.value, wanted.value))
    )


def _same(one: object, other: object) -> bool:
    """Equal, and of the same type: 1 and true are different."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _made_way(placeholder: str, item: str) -> str:
    gone = f"“{one_line(placeholder, 60)}” was a placeholder"
    return f"{gone}; {one_line(item, 60)} takes its place." if item else f"{gone}; it is taken out."


def _checked_name(name: str) -> None:
    if not syntax.is_name(name):
        raise Problem(
            code="tfvars.name",
            what=f"“{one_line(name, 60)}” cannot be the name of a variable.",
            why="A name begins with a letter and holds letters, digits, _ and - only.",
            remedy="Use the name as variables.tf declares it.",
        )


def _not_a_list(document: Document, argument: Argument, item: str) -> Problem:
    node, name, line = argument.node, argument.name, document.line(argument.start)
    wanted = [item] if item else []
    if node.kind == "string":
        kind, wanted = "a single text", [str(node.value), *wanted]
    elif node.kind == "list":
        kind = "a list that holds more than plain texts"
    else:
        kind = {
            "heredoc": "a text over several lines",
            "number": "a number",
            "word": "true or false",
            "object": "a map in braces",
        }.get(node.kind, "an expression that Terraform would have to work out")
    spelled = ", ".join(syntax.quoted(each) for each in wanted) or '"…"'
    by_hand = f"{name} = [{spelled}]"
    if node.kind in ("list", "expression") and item:
        remedy = f"Add {syntax.quoted(item)} to line {line} by hand, or write the list out: {by_hand}"
    else:
        remedy = f"Write line {line} as a list by hand: {by_hand}"
    return Problem(
        code="tfvars.not_a_list",
        what=f"{name} is not a plain list of texts in this file.",
        why=f'Line {line} sets it to {kind}. The wizard changes lists such as ["a", "b"] only; it never guesses.',
        remedy=f"{remedy}. Then try again.",
        copy=by_hand if wanted else "",
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
