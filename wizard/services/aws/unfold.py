"""Text as AWS wrote it, out of what logs, terminals, JSON and Terraform's boxes made of it."""

from __future__ import annotations

import html
import json
import re

from wizard.core.text import clean

_BOX = re.compile(r"(?m)^(?:[^\n│╷╵]{0,40}?[│╷╵]|[ \t]*(?:\||#{1,6}(?=\s)|//|>(?=\s)))[ \t]?")
"""Terraform's box with what a log puts before it, and the marks of a quotation or a comment."""
_STAMP = re.compile(
    r"(?m)^[ \t]*\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d| UTC)?\]?[ \t]+"
    r"(?:\[?(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)\]?:?[ \t]+)?(?:##\[\w+\])?"
)
"""What a log or a CI job puts before every line, also in the middle of a sentence."""
_BEGINS = re.compile(
    r"\s*(?:$|\d{4}-\d\d|\d\d?:\d\d|\[|Error\b|[>#|*•-]+\s"
    r"|(?:because no|with an explicit|is not authorized|on resource)\b)"
)
"""How a line begins that goes on with no word of the line before."""
_HYPHEN = re.compile(r"(?<=\w)-[ \t]*\n[ \t]*(?=\w)")
"""Where a line was broken behind a hyphen of its own: `identity-` and `based`."""
_NARROWEST = 60
"""Characters of a line below which nothing was cut at the edge of a terminal."""
_ENTITY = re.compile(r"&(?:quot|apos|lt|gt|amp|#3[49]|#x2[27]);")
_ESCAPE = re.compile(r"\\+(?:u(?P<code>[0-9a-fA-F]{4})|(?P<of>[nrt\"]))")
_ESCAPED = {"n": "\n", "r": "", "t": " ", '"': '"'}


def unfolded(text: str, limit: int) -> str:
    """`text`, of at most `limit` characters, without colours, stamps and boxes; its lines are whole where a terminal
    or JSON had cut or folded them."""
    plain = _unescaped(_unwrapped(_from_json_lines(clean(text, limit))))
    # A box may stand in a quotation, and a comment in a box.
    return _HYPHEN.sub("-", _BOX.sub("", _BOX.sub("", _STAMP.sub("", plain))))


def lines(text: str) -> list[str]:
    """The lines of `text`, already unfolded, that say something, each with single spaces."""
    plain = _ENTITY.sub(lambda found: html.unescape(found[0]), text).replace("</", " </")
    return [folded for line in plain.splitlines() if (folded := " ".join(line.split()))]


def _unescaped(text: str) -> str:
    """What JSON escapes, once or several times over, as what it stands for."""
    if "\\" not in text:
        return text

    def of(found: re.Match[str]) -> str:
        return chr(int(found["code"], 16)) if found["code"] else _ESCAPED[found["of"]]

    return clean(_ESCAPE.sub(of, text), len(text))


def _unwrapped(text: str) -> str:
    """Whole lines again where a terminal cut them at its edge: two or more in a row are as wide as any is."""
    rows = text.splitlines()
    width = max(map(len, rows), default=0)
    if width < _NARROWEST or "│" in text:
        return text
    # A sentence, a table's row and a log's line end where they end.
    cut = [len(row) == width and row[-1] not in ".]|+" for row in rows]
    whole: list[str] = []
    for at, row in enumerate(rows):
        if at and cut[at - 1] and (cut[at] or (at > 1 and cut[at - 2])) and not _BEGINS.match(row):
            whole[-1] += row
        else:
            whole.append(row)
    return "\n".join(whole)


def _from_json_lines(text: str) -> str:
    """Terraform's machine-readable lines as the text of their diagnostics; other text as it is."""
    if '"@level"' not in text and '"diagnostic"' not in text:
        return text
    found = []
    for line in text.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            found.append(line)
            continue
        diagnostic = message.get("diagnostic") if isinstance(message, dict) else None
        if isinstance(diagnostic, dict):
            found.append(f"\nError: {diagnostic.get('summary', '')}\n{diagnostic.get('detail', '')}")
    return "\n".join(found)
