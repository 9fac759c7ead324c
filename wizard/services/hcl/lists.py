"""Adding and removing an item in the text of a list, in the list's own style."""

from __future__ import annotations

import re

from wizard.services.hcl import syntax
from wizard.services.hcl.syntax import Node


def with_item(text: str, item: str) -> str:
    """The list `text` with the text `item` at its end; its comments and layout stay. `null` counts as empty."""
    node = syntax.value(text)
    spelled = syntax.quoted(item)
    if node.kind != "list":
        return f"[{spelled}]"
    if not node.items:
        return _into_empty(text, spelled)
    last = node.items[-1]
    trailing = len(node.commas) == len(node.items)
    stacked = "\n" in text[: last.start] and not text[_line_start(text, last.start) : last.start].strip()
    if not stacked:
        end = node.commas[-1] + 1 if trailing else last.end
        if trailing:
            return f"{text[:end]} {spelled},{text[end:]}"
        return f"{text[:end]}, {spelled}{text[end:]}"
    return _stacked(text, node, spelled, trailing)


def without(text: str, item: str) -> str:
    """The list `text` without any text `item`; a line that held nothing else goes with it."""
    while True:
        node = syntax.value(text)
        place = next((n for n, each in enumerate(node.items) if each.value == item), None)
        if place is None:
            return text
        start, end = _with_comma(text, node, place)
        text = text[:start] + text[end:]


def _stacked(text: str, node: Node, spelled: str, trailing: bool) -> str:
    """One item a line: the new one takes a line of its own, indented as the last."""
    last = node.items[-1]
    indent = text[_line_start(text, last.start) : last.start]
    after = node.commas[-1] + 1 if trailing else last.end
    comma = "" if trailing else ","
    line_end = _line_end(text, after)
    if text[after:line_end].strip() and not re.match(r"[ \t]*(?:#|//)", text[after:line_end]):
        line_end = after  # the closing bracket or a comment that goes on stands on the same line
    tail = text[after:line_end]
    added = f"{indent}{spelled}{',' if trailing else ''}"
    broken = syntax.line_break(text)
    rest = text[line_end:]
    if not rest.startswith(("\n", "\r\n")):
        rest = broken + rest.lstrip(" \t")
    return f"{text[:after]}{comma}{tail}{broken}{added}{rest}"


def _into_empty(text: str, spelled: str) -> str:
    """Between the brackets; behind a comment that fills the rest of its line."""
    inside = text[1:-1]
    if "\n" not in inside and not inside.strip():
        return f"[{spelled}]"
    broken = syntax.line_break(text)
    body = inside.rstrip(" \t")
    lead = "" if body.endswith("\n") else broken
    return f"[{body}{lead}  {spelled},{broken}{inside[len(body) :]}]"


def _with_comma(text: str, node: Node, place: int) -> tuple[int, int]:
    """What goes with an item: its comma, the blanks around it, and its line when nothing else stands there."""
    item = node.items[place]
    if place < len(node.commas):
        start, end = item.start, node.commas[place] + 1
    elif place:
        start, end = node.commas[place - 1], item.end
    else:
        start, end = item.start, item.end
    line, rest = _line_start(text, start), _line_end(text, end)
    alone = not text[line:start].strip() and not re.sub(r"(?:#|//).*", "", text[end:rest]).strip()
    if alone and line and rest < len(text) and "/*" not in text[end:rest]:
        return line, rest + len("\r\n" if text.startswith("\r\n", rest) else "\n")
    if place < len(node.commas):
        while text[end : end + 1] in (" ", "\t"):
            end += 1
    return start, end


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1 : end] == "\r" and end - 1 >= at else end
