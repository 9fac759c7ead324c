"""Adding a member to the text of a list or an object, and taking one out, in its own style.

A change is a list of splices; everything that no splice covers stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from wizard.services.hcl.scanner import Scanner
from wizard.services.hcl.syntax import Node

Splice = tuple[int, int, str]
"""`text[start:end]` becomes this."""


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """`text` with all of them; of two at the same place the first comes first."""
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(splices, key=lambda each: each[:2]):
        parts += (text[at:start], new)
        at = end
    return "".join((*parts, text[at:]))


def appended(text: str, node: Node, spelled: str, broken: str, *, json: bool) -> list[Splice]:
    """Put `spelled` at the end of the list or object `node` of `text`; comments and layout stay.

    `spelled` is an item, or a member as `assigned` spells it. `broken` is how the file ends a line, for brackets
    that do not show it.
    """
    if not node.items:
        return [_into_empty(text, node, spelled, broken, json=json)]
    commas = json or node.kind == "list" or any(comma >= 0 for comma in node.commas[:-1])
    last = begin(node, -1)
    begins = _line_start(text, last)
    if node.items[-1].whole_line and (node.kind == "list" or text[begins:last].strip()):
        return [_behind_heredoc(text, node, spelled)]
    if begins and not text[begins:last].strip():
        return _stacked(text, node, spelled, text[begins:last], commas=commas)
    return [_in_line(text, node, spelled)]


def removed(text: str, node: Node, place: int) -> list[Splice]:
    """Take item `place` out of `node`; a line that held nothing else goes with it, comment and all."""
    return [(start, end, "") for start, end in _cuts(text, node, place)]


def assigned(text: str, node: Node | None, key: str, value: str, *, json: bool) -> str:
    """`key = value` as the members of `node` are spelled: their sign, their spaces, their alignment."""
    usual = ": " if json else " = "
    if node is None or not node.items:
        return f"{key}{usual}{value}"
    gaps = [text[k.end : v.start] for k, v in zip(node.keys, node.items, strict=True)]
    gap, last = gaps[-1], node.keys[-1]
    if gap.strip() not in ("=", ":") or "\n" in gap:
        return f"{key}{usual}{value}"
    sign = len(gap) - len(gap.lstrip())
    columns = {
        k.end - _line_start(text, k.end) + len(g) - len(g.lstrip())
        for k, g in zip(node.keys, gaps, strict=True)
    }
    aligned = len(gaps) > 1 and len(columns) == 1 and len({k.end - k.start for k in node.keys}) > 1
    if aligned or sign > 1:
        sign = max(last.end - last.start + sign - len(key), 1)
    return f"{key}{' ' * sign}{gap.lstrip()}{value}"


def begin(node: Node, place: int) -> int:
    """Where the item or member `place` begins."""
    return node.keys[place].start if node.keys else node.items[place].start


def _in_line(text: str, node: Node, spelled: str) -> Splice:
    """Several a line: the new one follows the last, spaced as its neighbours."""
    last, gap = node.items[-1], " "
    if len(node.items) > 1 and node.commas[-2] >= 0:
        between = text[node.commas[-2] + 1 : begin(node, -1)]
        gap = between if not between.strip(" \t") else gap
    if node.commas[-1] >= 0:
        end = node.commas[-1] + 1
        return end, end, f"{gap}{spelled},"
    return last.end, last.end, f",{gap}{spelled}"


def _stacked(text: str, node: Node, spelled: str, indent: str, *, commas: bool) -> list[Splice]:
    """One a line: the new one takes a line of its own, indented as the last and behind its comment."""
    last, trailing = node.items[-1], node.commas[-1] >= 0
    after = node.commas[-1] + 1 if trailing else last.end
    scanner = Scanner(text)
    scanner.at = after
    scanner.blank(lines=False)
    end = scanner.at if scanner.breaks() else after
    second = "," if trailing else ""
    splices = [] if trailing or not commas or last.whole_line else [(after, after, ",")]
    return [*splices, (end, end, f"{_break_before(text, begin(node, -1))}{indent}{spelled}{second}")]


def _behind_heredoc(text: str, node: Node, spelled: str) -> Splice:
    """The word that closes a heredoc stands alone on its line: what follows must come on the next one."""
    if node.commas[-1] >= 0:
        end = node.commas[-1] + 1
        return end, end, f" {spelled},"
    end = text.index("\n", node.items[-1].end) + 1
    broken = "\r\n" if text[end - 2] == "\r" else "\n"
    return end, end, f"{', ' if node.kind == 'list' else ''}{spelled}{broken}"


def _into_empty(text: str, node: Node, spelled: str, broken: str, *, json: bool) -> Splice:
    """Between the brackets; below the comments when there are lines of them."""
    start, end = node.start + 1, node.end - 1
    inside = text[start:end]
    body = inside.rstrip(" \t")
    at = start + len(body)
    if "\n" not in inside:
        pad = " " if inside or (node.kind == "object" and not json) else ""
        lead = " " if body else pad
        return (
            at if body else start,
            end,
            f"{lead}{spelled}{pad if not body or node.kind == 'object' else ''}",
        )
    comma = "," if node.kind == "list" and not json else ""
    broken = "\r\n" if "\r\n" in inside else "\n"
    indents = re.findall(r"\n([ \t]*)(?=#|//)", inside)
    indent = indents[-1] if indents else f"{inside[len(body) :]}  "
    if not body.endswith("\n"):  # a comment between slashes and stars stands before the closing bracket
        return at, end, f"{broken}{indent}{spelled}{comma}{broken}"
    return at, at, f"{indent}{spelled}{comma}{broken}"


def _cuts(text: str, node: Node, place: int) -> list[tuple[int, int]]:
    """What goes with an item: a comma, the blanks around it, and its line when nothing else stands there."""
    last = len(node.items) - 1
    own_comma = node.commas[place] >= 0
    start, end = begin(node, place), node.commas[place] + 1 if own_comma else node.items[place].end
    comma_before = node.commas[place - 1] if place else -1
    cuts = [(comma_before, comma_before + 1)] if comma_before >= 0 and not own_comma else []
    line, rest = _line_start(text, start), _line_end(text, end)
    behind = re.sub(r"(?:#|//).*", "", text[end:rest]).strip()
    if line and rest < len(text) and not text[line:start].strip() and not behind:
        return [*cuts, (line, text.index("\n", rest) + 1)]
    if own_comma and place < last:
        return [(start, end + len(text[end:]) - len(text[end:].lstrip(" \t")))]
    floor = (max(comma_before, node.items[place - 1].end - 1) + 1) if place else node.start + 1
    if not text[floor:start].strip(" \t"):
        start = floor
    if not place and not text[end : node.end - 1].strip(" \t"):
        end = node.end - 1
    return [*cuts, (start, end)]


def _break_before(text: str, at: int) -> str:
    """How the line before the one with `at` ends."""
    return "\r\n" if text[: _line_start(text, at)].endswith("\r\n") else "\n"


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1 : end] == "\r" and end - 1 >= at else end
