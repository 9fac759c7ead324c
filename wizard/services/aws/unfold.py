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
_BEGINS = re.compile(r"\s*(?:$|\d{4}-\d\d|\d\d?:\d\d|\[|Error\b|[>#|*•-]+\s)")
"""How a line begins that goes on with nothing."""
_SENTENCES = """
    a aborted access accessdenied accessdeniedexception account action allow allows an and any api are associated
    authorization authorized aws because blocked boundary bucket by called calling cannot ciphertext client code
    control could credentials customer database denied deny does encoded endpoint error exception exist expired
    explicit explicitly extended failed failure federated for forbidden formation found from glue handler has host
    hostid https id identity-based in included insufficient invalid is key lake launch master message name no not
    occurred of on operation or organizations parameter perform permission permission(s permissions please
    policies policy prevented principal profile provided provider proxy public read reading refers refresh region
    request requestid required resource resource-based response retrieving returned role secret security
    service session setting state status statuscode table temporary terraform that the this to token trust
    unauthorized unauthorizedoperation user valid validating vpc was when while with you your
"""
"""What AWS's sentences, and those around them, are made of."""
_SMALL_WORDS = "allows an and by calling for from in is no not of on the to with"
"""Those that end no sentence."""
_WORDS, _SMALL = frozenset(_SENTENCES.split()), frozenset(_SMALL_WORDS.split())
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
        if (
            at
            and cut[at - 1]
            and (cut[at] or (at > 1 and cut[at - 2]))
            and not (_BEGINS.match(row) or _between_words(whole[-1], row))
        ):
            whole[-1] += row
        else:
            whole.append(row)
    return "\n".join(whole)


def _between_words(before: str, after: str) -> bool:
    """Whether a row ends where a word does: its width is a chance then, and a blank stood there."""
    last, first = before.split()[-1:], after.split()[:1]
    if not last or not first:
        return False
    ends, begins, whole = (
        word.strip(".,:;()\"'").lower() for word in (last[0], first[0], last[0] + first[0])
    )
    if last[0][-1] in "<([{" or whole in _WORDS or (whole.startswith("arn:") and len(ends) < len("arn:")):
        return False
    if first[0].startswith("arn:"):
        return True
    if begins in _WORDS:
        return ends in _WORDS or not (first[0][0].isupper() and last[0][-1].isalnum())
    return ends in _WORDS and (last[0] in _SMALL or last[0][-1] in ":,;.")


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
