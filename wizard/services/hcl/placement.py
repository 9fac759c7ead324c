"""Where a new line goes in a .tfvars file: behind its commented placeholder, else at the end."""

from __future__ import annotations

import re
from itertools import pairwise

from wizard.services.hcl import syntax
from wizard.services.hcl.collection import Splice
from wizard.services.hcl.document import Document
from wizard.services.hcl.scanner import Scanner


def inserted(document: Document, line: str, name: str) -> Splice:
    """Where `line` goes, with the line breaks that it needs; everything that is there stays as it is."""
    text, broken = document.text, syntax.line_break(document.text)
    at = _behind_placeholder(document, name)
    if at is None:
        at = len(text)
    before, after = text[:at], text[at:]
    lead = "" if before.endswith("\n") or not before.strip(syntax.BOM) else broken
    # A file that had no final line break still has none, but a heredoc cannot do without.
    tail = broken if after or before.endswith("\n") or not text.strip(syntax.BOM) or "\n" in line else ""
    return at, at, f"{lead}{line}{tail}"


def removed(document: Document, name: str) -> Splice:
    """Taking the argument `name` out; a line that holds nothing else goes with it, comment and all."""
    argument, text = document.tree.named(name)[0], document.text
    start, end = argument.start, argument.node.end
    scanner = Scanner(text)
    scanner.at = end
    scanner.blank(lines=False)
    line = max(text.rfind("\n", 0, start) + 1, len(syntax.BOM) if text.startswith(syntax.BOM) else 0)
    if text[line:start].strip(" \t"):
        return start, end, ""
    if scanner.breaks():
        return line, text.index("\n", scanner.at) + 1, ""
    return line, scanner.at, ""


def _behind_placeholder(document: Document, name: str) -> int | None:
    """The start of the line behind `# name = …`, which may go on over several commented lines."""
    shape = re.compile(rf"(?:#|//)+[ \t]*{re.escape(name)}[ \t]*=(?!=)(.*)")
    text = document.text
    own_lines = [
        (start, end)
        for start, end in document.tree.comments
        if text[start] != "/" or text[start + 1] == "/"
        if not text[text.rfind("\n", 0, start) + 1 : start].strip(f" \t{syntax.BOM}")
    ]
    for number, (start, end) in enumerate(own_lines):
        found = shape.match(text[start:end])
        if found:
            return _next_line(text, _closed(text, own_lines[number:], found[1]))
    return None


def _closed(text: str, comments: list[tuple[int, int]], value: str) -> int:
    """Where the commented value ends: on its line, or where the bracket that it opens is closed."""
    open_brackets, end = _opened(value), comments[0][1]
    for (_, above), (start, below) in pairwise(comments):
        if open_brackets <= 0 or text[above:start].strip():
            break
        open_brackets += _opened(text[start:below])
        end = below
    return end if open_brackets <= 0 else comments[0][1]


def _opened(text: str) -> int:
    bare = re.sub(r'"[^"]*"', "", text)
    return sum(bare.count(each) for each in "[{(") - sum(bare.count(each) for each in "]})")


def _next_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1
