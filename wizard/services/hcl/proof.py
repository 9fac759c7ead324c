"""Proving an edit: the result is read again and compared with what was there and with what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wizard.services.hcl import syntax
from wizard.services.hcl.document import Document
from wizard.services.hcl.syntax import Malformed, Node, Tree

_WHOLE = 6_000
"""Characters up to which python-hcl2 reads the whole file; of a longer one only the change and its neighbours,
because reading all of it takes longer than an operator likes to wait (about 3 ms for every 1,000 characters)."""


def fault(before: Document, after: str, name: str, asked: Callable[[Node, str], bool], *, sure: bool) -> str:
    """What is wrong with the text `after`, completing "Reading the result again showed that …"; empty when nothing.

    `asked` tells whether a value, and the text it stands in, is what was asked for. Unless the value is `sure` to
    be valid, python-hcl2 must be able to read it.
    """
    try:
        tree = syntax.read(after)
    except Malformed as malformed:
        return f"it could not be read (line {malformed.line}: {malformed})"
    found = tree.named(name)
    if len(found) != 1:
        return f"{name} would be set {len(found)} times"
    if _others(tree, name) != _others(before.tree, name):
        return "another value would have changed with it"
    if not _surroundings_kept(before, tree, name):
        return "something outside the value would have changed with it"
    if not asked(found[0].node, after):
        return f"{name} would not be what was asked for"
    return _second_opinion(before.tree, tree, name, sure=sure)


def _others(tree: Tree, name: str) -> list[tuple[str, str]]:
    """Every other argument, as it is written."""
    return [
        (each.name, tree.text[each.start : each.node.end]) for each in tree.arguments if each.name != name
    ]


def _surroundings_kept(before: Document, tree: Tree, name: str) -> bool:
    """Every character outside the value is as it was; a new argument may bring a line break on either side."""
    new, old = tree.named(name)[0], before.find(name)
    if old:
        head, tail = tree.text[: new.node.start], tree.text[new.node.end :]
        return head == before.text[: old.node.start] and tail == before.text[old.node.end :]
    head, tail = tree.text[: new.start], tree.text[new.node.end :]
    heads = (head, head.removesuffix("\n"), head.removesuffix("\r\n"))
    tails = (tail, tail.removeprefix("\n"), tail.removeprefix("\r\n"))
    return before.text in (one + other for one in heads for other in tails)


def _second_opinion(before: Tree, after: Tree, name: str, *, sure: bool) -> str:
    """What python-hcl2 objects to. It cannot read all that Terraform can: then it has no say."""
    old, new = _by_hcl2(excerpt(before, after, name)), _by_hcl2(excerpt(after, after, name))
    if new is None:
        return "" if sure or old is None else "a second reader could not read it"
    if old is not None and {**old, name: None} != {**new, name: None}:
        return "a second reader finds another value changed"
    node = after.named(name)[0].node
    if name not in new or (node.literal and not _agrees(node, new[name])):
        return f"a second reader understands {name} differently"
    return ""


def excerpt(tree: Tree, after: Tree, name: str) -> str:
    """The text for python-hcl2: all of a short file, else the arguments around `name`."""
    if len(after.text) <= _WHOLE:
        return tree.text
    names = [each.name for each in after.arguments]
    place = names.index(name)
    near = {name, *names[max(place - 1, 0) : place], *names[place + 1 : place + 2]}
    chosen = [each for each in tree.arguments if each.name in near]
    return tree.text[chosen[0].start : chosen[-1].node.end] if chosen else ""


def _agrees(node: Node, raw: Any) -> bool:
    """Whether python-hcl2 found the same value; it leaves quotes, escapes and heredocs as they are written."""
    if node.kind == "list":
        return isinstance(raw, list) and len(raw) == len(node.items) and all(map(_agrees, node.items, raw))
    if node.kind == "string":
        try:
            return isinstance(raw, str) and syntax.value(raw).value == node.value
        except Malformed:
            return False
    if node.kind == "word" or (node.kind == "number" and isinstance(raw, int | float)):
        return bool(raw == node.value)
    return True


def _by_hcl2(text: str) -> dict[str, Any] | None:
    import hcl2

    if "$${" in text or "%%{" in text:
        return None  # it takes these escapes for templates and runs on into the next text
    try:
        # It knows no byte order mark, and no file without a final line break after a heredoc.
        found = hcl2.loads(text.removeprefix(syntax.BOM) + "\n")
    except Exception:  # noqa: BLE001  # lark raises a family of its own, and any of them means: no opinion
        return None
    return {key: value for key, value in found.items() if not key.startswith("__")}
