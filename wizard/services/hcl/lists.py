"""Adding and removing an item in the text of a list, in the list's own style."""

from __future__ import annotations

import re
from decimal import Decimal

from wizard.services.hcl import syntax
from wizard.services.hcl.scanner import Scanner
from wizard.services.hcl.syntax import Node


def texts(node: Node, text: str) -> tuple[str, ...] | None:
    """The items of a list as Terraform converts them to texts, None when that cannot be told. `null` is empty.

    `text` is what the node's offsets count in.
    Source: https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion
    """
    if node.kind == "word" and node.value is None:
        return ()
    found = [_text(item, text) for item in node.items]
    if node.kind != "list" or None in found:
        return None
    return tuple(str(each) for each in found)


def with_item(text: str, item: str, broken: str) -> str:
    """The list `text` with the text `item` at its end; its comments and layout stay. `null` counts as empty.

    `broken` is how the file ends a line, for a list that does not show it.
    """
    node, spelled = syntax.value(text), syntax.quoted(item)
    if node.kind != "list":
        return f"[{spelled}]"
    if not node.items:
        return _into_empty(text, spelled, broken)
    last = node.items[-1]
    begins = _line_start(text, last.start)
    if last.kind == "heredoc":
        return _behind_heredoc(text, node, spelled)
    if begins and not text[begins : last.start].strip():
        return _stacked(text, node, spelled, text[begins : last.start])
    return _in_line(text, node, spelled)


def instead(text: str, old: str, item: str) -> str:
    """The list `text` with the first `old` exchanged for `item` where it stands."""
    place = next(each for each in syntax.value(text).items if _text(each, text) == old)
    return text[: place.start] + syntax.quoted(item) + text[place.end :]


def without(text: str, item: str) -> str:
    """The list `text` without any text `item`; a line that held nothing else goes with it, comment and all."""
    while True:
        node = syntax.value(text)
        place = next((n for n, each in enumerate(node.items) if _text(each, text) == item), None)
        if place is None:
            return text
        for start, end in sorted(_cuts(text, node, place), reverse=True):
            text = text[:start] + text[end:]


def _text(item: Node, text: str) -> str | None:
    if item.kind in ("string", "heredoc"):
        return str(item.value)
    if item.kind == "number":
        number = format(Decimal(text[item.start : item.end]), "f")
        return number.rstrip("0").rstrip(".") if "." in number else number
    if item.kind == "word" and item.value is not None:
        return str(item.value).lower()
    return None


def _in_line(text: str, node: Node, spelled: str) -> str:
    """Several items a line: the new one follows the last, spaced as its neighbours."""
    last, gap = node.items[-1], " "
    if len(node.items) > 1:
        between = text[node.commas[len(node.items) - 2] + 1 : last.start]
        gap = between if not between.strip(" \t") else gap
    if len(node.commas) == len(node.items):
        end = node.commas[-1] + 1
        return f"{text[:end]}{gap}{spelled},{text[end:]}"
    return f"{text[: last.end]},{gap}{spelled}{text[last.end :]}"


def _stacked(text: str, node: Node, spelled: str, indent: str) -> str:
    """One item a line: the new one takes a line of its own, indented as the last and behind its comment."""
    last, trailing = node.items[-1], len(node.commas) == len(node.items)
    after = node.commas[-1] + 1 if trailing else last.end
    scanner = Scanner(text)
    scanner.at = after
    scanner.blank(lines=False)
    end = scanner.at if scanner.breaks() else after
    first, second = ("", ",") if trailing else (",", "")
    return f"{text[:after]}{first}{text[after:end]}{_break_before(text, last)}{indent}{spelled}{second}{text[end:]}"


def _behind_heredoc(text: str, node: Node, spelled: str) -> str:
    """The word that closes a heredoc stands alone on its line: the comma must come on the next one."""
    if len(node.commas) == len(node.items):
        end = node.commas[-1] + 1
        return f"{text[:end]} {spelled},{text[end:]}"
    end = text.index("\n", node.items[-1].end) + 1
    broken = "\r\n" if text[end - 2] == "\r" else "\n"
    return f"{text[:end]}, {spelled}{broken}{text[end:]}"


def _into_empty(text: str, spelled: str, broken: str) -> str:
    """Between the brackets; below the comments when there are lines of them."""
    inside = text[1:-1]
    if "\n" not in inside:
        if inside.strip():
            return f"[{inside.rstrip()} {spelled}]"
        return f"[ {spelled} ]" if inside else f"[{spelled}]"
    broken = "\r\n" if "\r\n" in inside else "\n"
    body = inside.rstrip(" \t")
    closing = inside[len(body) :]
    indents = re.findall(r"\n([ \t]*)(?=#|//)", inside)
    indent = indents[-1] if indents else f"{closing}  "
    if not body.endswith("\n"):  # a comment between slashes and stars stands before the closing bracket
        return f"[{body}{broken}{indent}{spelled},{broken}]"
    return f"[{body}{indent}{spelled},{broken}{closing}]"


def _cuts(text: str, node: Node, place: int) -> list[tuple[int, int]]:
    """What goes with an item: a comma, the blanks around it, and its line when nothing else stands there."""
    item, last = node.items[place], len(node.items) - 1
    own_comma = place < len(node.commas)
    start, end = item.start, node.commas[place] + 1 if own_comma else item.end
    comma_before = node.commas[place - 1] if place else -1
    cuts = [(comma_before, comma_before + 1)] if place and not own_comma else []
    line, rest = _line_start(text, start), _line_end(text, end)
    behind = re.sub(r"(?:#|//).*", "", text[end:rest]).strip()
    if line and rest < len(text) and not text[line:start].strip() and not behind:
        return [*cuts, (line, text.index("\n", rest) + 1)]
    if own_comma and place < last:
        return [(start, end + len(text[end:]) - len(text[end:].lstrip(" \t")))]
    floor = comma_before + 1 if place else 1
    if not text[floor:start].strip(" \t"):
        start = floor
    if not place and not text[end:-1].strip(" \t"):
        end = len(text) - 1
    return [*cuts, (start, end)]


def _break_before(text: str, item: Node) -> str:
    """How the line before an item ends."""
    return "\r\n" if text[: _line_start(text, item.start)].endswith("\r\n") else "\n"


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1 : end] == "\r" and end - 1 >= at else end
