"""Proving an edit: the result is read again and compared with what was there and with what was asked for."""

from __future__ import annotations

import json
from typing import Any

from wizard.services.hcl import syntax
from wizard.services.hcl.syntax import Document, Malformed, Node

_SECOND_OPINION = 4_000
"""Characters up to which python-hcl2 reads the file too; beyond, it would take longer than an operator waits."""


def fault(before: Document, after: str, name: str, wanted: Node) -> str:
    """What is wrong with the text `after`, completing "Reading the result again showed that …"; empty when nothing."""
    try:
        document = syntax.read(after)
    except Malformed as malformed:
        return f"it could not be read (line {malformed.line}: {malformed})"
    if _others(document, name) != _others(before, name):
        return "another value would have changed with it"
    if _comments(document) != _comments(before):
        return "a comment would have changed with it"
    found = document.named(name)
    if len(found) != 1:
        return f"{name} would be set {len(found)} times"
    node = found[0].node
    exact = _plain(node) == _plain(wanted) if wanted.literal else node.kind == wanted.kind
    if not exact:
        return f"{name} would not be what was asked for"
    if len(after) <= _SECOND_OPINION and not _second_opinion(before.text, after, name):
        return "a second reader understands it differently"
    return ""


def _plain(node: Node) -> str:
    return json.dumps(node.value, sort_keys=True) if node.literal else ""


def _others(document: Document, name: str) -> list[tuple[str, str]]:
    """Every other argument, as it is written."""
    return [
        (each.name, document.text[each.node.start : each.node.end])
        for each in document.arguments
        if each.name != name
    ]


def _comments(document: Document) -> list[str]:
    return [document.text[start:end] for start, end in document.comments]


def _second_opinion(before: str, after: str, name: str) -> bool:
    """python-hcl2 finds every other value equal. It cannot read all that Terraform can: then it has no say."""
    old, new = _by_hcl2(before), _by_hcl2(after)
    if old is None:
        return True
    if new is None or name not in new:
        return False
    return {k: v for k, v in old.items() if k != name} == {k: v for k, v in new.items() if k != name}


def _by_hcl2(text: str) -> dict[str, Any] | None:
    import hcl2

    try:
        # It knows no byte order mark, and no file without a final line break after a heredoc.
        found = hcl2.loads(text.removeprefix(syntax.BOM) + "\n")
    except Exception:  # noqa: BLE001  # lark raises a family of its own, and any of them means: no opinion
        return None
    return {key: value for key, value in found.items() if not key.startswith("__")}
