"""Changing one value in a .tfvars file and not a byte beside it.

The place of the value comes from `syntax`; afterwards the result is read again, and unless every other argument
is as it was and the changed one is exactly what was asked for, nothing is returned but a Problem.
"""

from __future__ import annotations

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.hcl import path as paths
from wizard.services.hcl import structure
from wizard.services.hcl import target as targets
from wizard.services.hcl.document import Document
from wizard.services.hcl.draft import Draft, Edit
from wizard.services.hcl.path import Path
from wizard.services.hcl.placeholders import unfilled
from wizard.services.hcl.syntax import Malformed, Node


def get(document: Document, name: str) -> str | None:
    """The value of `name` as it is written, None when it is not set.

    `name` may lead into a value: `tags.team`, `buckets[0]`. Raises Problem for a file that is not valid.
    """
    node = targets.find(document, paths.parse(name)).node
    return document.text[node.start : node.end] if node else None


def strings(document: Document, name: str) -> tuple[str, ...]:
    """The texts of the list `name`; empty when it is not set. Raises Problem when it is anything but such a list.

    Numbers and booleans count as the texts that Terraform makes of them for a list(string).
    Source: https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion
    """
    return tuple(_held(document, paths.parse(name), ""))


def set_value(document: Document, name: str, literal: str) -> Edit:
    """Set `name` to the value that `literal` spells, in the file's own language.

    What is missing on the way to it is inserted. Raises Problem, also when it spells anything more than a value.
    """
    draft = Draft(document, paths.parse(name))
    spelled, value = _spelled(document, draft.path, literal)
    node = draft.target.node
    if node and structure.of(node, document.text) == value:
        return Edit(document, document, draft.notes())
    if spelled.startswith("<<") and node and not document.text.startswith(("\n", "\r\n"), node.end):
        spelled = _in_quotes(document, value, spelled)  # nothing may follow its closing word on the line
    draft.put(spelled)
    return draft.proven(structure.with_value(structure.of_file(document.tree), draft.quoted, value))


def add(document: Document, name: str, literal: str) -> Edit:
    """Add what `literal` spells to the list `name` unless it is there; nothing in it is replaced. Raises Problem."""
    draft = Draft(document, paths.parse(name))
    spelled, value = _spelled(document, (*draft.path, 0), literal)
    node = draft.target.node
    held = _items(document, draft, literal)
    if any(_alike(each, value) for each in held):
        return Edit(document, document, draft.notes())
    if node and node.kind == "list":
        draft.append(spelled)
    else:
        draft.put(f"[{spelled}]")
    whole = structure.of_file(document.tree)
    return draft.proven(structure.with_value(whole, draft.quoted, [*held, value]))


def add_to_list(document: Document, name: str, item: str) -> Edit:
    """Add the text `item` to the list `name` unless it is there; placeholders in the list make way. Raises Problem."""
    draft = Draft(document, paths.parse(name))
    held = _held(document, draft.path, item)
    unreal = [each for each in dict.fromkeys(held) if unfilled(each) and each != item]
    in_place = bool(unreal) and item not in held
    notes = [_made_way(each, item if in_place and not n else "") for n, each in enumerate(unreal)]
    edit = add(document, name, document.quoted(item)) if not in_place else Edit(document, document)
    if in_place:
        draft.exchange(held.index(unreal[0]), document.quoted(item))
        held[held.index(unreal[0])] = item
        wanted = [structure.of(each, draft.text) for each in draft.found.items]
        whole = structure.of_file(document.tree)
        edit = draft.proven(structure.with_value(whole, draft.quoted, wanted))
    for each in unreal:
        edit = Edit(document, remove(edit.after, name, document.quoted(each)).after)
    return Edit(document, edit.after, tuple(notes))


def remove(document: Document, name: str, literal: str | None = None) -> Edit:
    """Take `name` out of the file, or every `literal` out of the list `name`. Raises Problem."""
    draft = Draft(document, paths.parse(name))
    node, whole = draft.target.node, structure.of_file(document.tree)
    if literal is None:
        if node is None:
            return Edit(document, document)
        draft.cut()
        return draft.proven(structure.without(whole, draft.quoted))
    _, value = _spelled(document, (*draft.path, 0), literal)
    held = _items(document, draft, "")
    kept = [each for each in held if not _alike(each, value)]
    if kept == held:
        return Edit(document, document)
    for place in reversed([n for n, each in enumerate(held) if _alike(each, value)]):
        draft.drop(place)
    return draft.proven(structure.with_value(whole, draft.quoted, kept))


def remove_from_list(document: Document, name: str, item: str) -> Edit:
    """Take every text `item` out of the list `name`. Raises Problem."""
    _held(document, paths.parse(name), "")
    return remove(document, name, document.quoted(item))


def _spelled(document: Document, path: Path, literal: str) -> tuple[str, object]:
    """What to write for the single value in `literal`, and what it says."""
    try:
        node = document.value(literal)
    except Malformed as fault:
        raise _no_value(paths.spelled(path), literal, str(fault)) from fault
    text, value = literal[node.start : node.end], structure.of(node, literal)
    why = "" if node.literal else structure.objection(literal)
    if why:
        raise _no_value(paths.spelled(path), literal, why)
    return _in_quotes(document, value, text) if text.startswith("<<") and len(path) > 1 else text, value


def _in_quotes(document: Document, value: object, spelled: str) -> str:
    """A heredoc on one line, when its text is known."""
    return document.quoted(value) if isinstance(value, str) else spelled


def _items(document: Document, draft: Draft, item: str) -> list[object]:
    """What the list holds; nothing when it is not set, or null."""
    node = draft.target.node
    if node is None or (node.kind == "word" and node.value is None):
        return []
    if node.kind != "list":
        raise _not_a_list(document, draft.path, node, item)
    return [structure.of(each, document.text) for each in node.items]


def _alike(one: object, other: object) -> bool:
    """Equal, or the same text to Terraform, as 1 and "1" are in a list of texts."""
    return one == other or (structure.text(one) == structure.text(other) is not None)


def _held(document: Document, path: Path, item: str) -> list[str]:
    """What a list of plain texts holds now. `item` is what should be added, for the advice when it cannot be."""
    node = targets.find(document, path).node
    if node is None or (node.kind == "word" and node.value is None):
        return []
    found = [structure.text(structure.of(each, document.text)) for each in node.items]
    if node.kind != "list" or None in found:
        raise _not_a_list(document, path, node, document.quoted(item) if item else "")
    return [str(each) for each in found]


def _made_way(placeholder: str, item: str) -> str:
    gone = f"“{one_line(placeholder, 60)}” was a placeholder"
    return f"{gone}; {one_line(item, 60)} takes its place." if item else f"{gone}; it is taken out."


def _not_a_list(document: Document, path: Path, node: Node, item: str) -> Problem:
    name, line = paths.spelled(path), document.line(node.start)
    wanted = [item] if item else []
    if node.kind == "string":
        kind, wanted = "a single text", [document.quoted(str(node.value)), *wanted]
    elif node.kind == "list":
        kind = "a list that holds more than plain texts"
    else:
        kind = {
            "heredoc": "a text over several lines",
            "number": "a number",
            "word": "true or false",
            "object": "a map in braces",
        }.get(node.kind, "an expression that Terraform would have to work out")
    spelled = ", ".join(wanted) or '"…"'
    by_hand = f"{name} = [{spelled}]"
    if node.kind in ("list", "expression") and item:
        remedy = f"Add {item} to line {line} by hand, or write the list out: {by_hand}"
    else:
        remedy = f"Write line {line} as a list by hand: {by_hand}"
    return Problem(
        code="tfvars.not_a_list",
        what=f"{name} is not a plain list of texts in this file.",
        why=f'Line {line} sets it to {kind}. The wizard changes lists such as ["a", "b"] only; it never guesses.',
        remedy=f"{remedy}. Then try again.",
        copy=by_hand if wanted else "",
    )


def _no_value(name: str, literal: str, fault: str) -> Problem:
    return Problem(
        code="tfvars.value",
        what=f"“{one_line(literal, 80)}” is not a value for {name}.",
        why=f"Terraform would not read it: {fault}.",
        remedy='Write texts in quotes, "like this", and lists in brackets, ["a", "b"].',
    )
