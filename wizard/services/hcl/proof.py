"""Proving an edit: the result is read again and compared with what was there and with what was asked for."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from wizard.services.hcl import structure, syntax
from wizard.services.hcl.document import Document
from wizard.services.hcl.structure import Number
from wizard.services.hcl.syntax import Malformed, Node, Tree

_WHOLE = 6_000
"""Characters up to which python-hcl2 reads the whole file; of a longer one only the change and its neighbours,
because reading all of it takes longer than an operator likes to wait (about 3 ms for every 1,000 characters)."""


def fault(before: Document, after: str, name: str, expected: object, span: tuple[int, int]) -> str:
    """What is wrong with the text `after`, completing "Reading the result again showed that …"; empty when nothing.

    `expected` is what the whole file must say, as `structure` puts it; nothing outside `span` of the text before
    may differ; `name` is the variable that was changed.
    """
    document = Document.of(after, json=before.json)
    try:
        tree = document.read()
    except Malformed as malformed:
        return f"it could not be read (line {malformed.line}: {malformed})"
    times = len(tree.named(name))
    if times > 1:
        return f"{name} would be set {times} times"
    found = structure.of_file(tree)
    if found != expected:
        return _difference(found, expected, syntax.quoted(name), name)
    head, tail = before.text[: span[0]], before.text[span[1] :]
    if not after.startswith(head) or not after[len(head) :].endswith(tail):
        return "something outside the value would have changed with it"
    return _by_json(after, found) if before.json else _second_opinion(before.tree, tree, name)


def _difference(found: dict[str, object], expected: object, key: str, name: str) -> str:
    asked = expected if isinstance(expected, dict) else {}
    others = {**found, key: None} == {**asked, key: None}
    return f"{name} would not be what was asked for" if others else "another value would have changed with it"


def _by_json(text: str, found: dict[str, object]) -> str:
    """What Python's own JSON reader objects to."""
    try:
        read = json.loads(text, parse_int=_number, parse_float=_number) if text.strip() else {}
    except ValueError as error:
        return f"a second reader could not read it ({error})"
    return "" if _keys_quoted(read) == found else "a second reader understands it differently"


def _number(spelled: str) -> Number:
    return Number(Decimal(spelled))


def _keys_quoted(value: object) -> object:
    if isinstance(value, dict):
        return {syntax.quoted(key): _keys_quoted(each) for key, each in value.items()}
    return [_keys_quoted(each) for each in value] if isinstance(value, list) else value


def _second_opinion(before: Tree, after: Tree, name: str) -> str:
    """What python-hcl2 objects to. It cannot read all that Terraform can: then it has no say."""
    old, new = _by_hcl2(excerpt(before, before, after, name)), _by_hcl2(excerpt(after, before, after, name))
    named = after.named(name)
    if new is None:
        return ""
    if old is not None and {**old, name: None} != {**new, name: None}:
        return "a second reader finds another value changed"
    if not named:
        return f"a second reader still finds {name}" if name in new else ""
    node = named[0].node
    if name not in new or (node.literal and not _agrees(node, new[name])):
        return f"a second reader understands {name} differently"
    return ""


def excerpt(tree: Tree, before: Tree, after: Tree, name: str) -> str:
    """The text for python-hcl2: all of a short file, else the arguments around `name`."""
    if len(after.text) <= _WHOLE and len(before.text) <= _WHOLE:
        return tree.text
    longer = after if after.named(name) else before
    names = [each.name for each in longer.arguments]
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
