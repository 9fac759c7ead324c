"""The door for text from outside: files, pastes, AWS, Databricks, Terraform.

Every text widget passes escape sequences on to the terminal, so they are removed here, once, before the text
becomes part of an event, a fact or a problem.
"""

from __future__ import annotations

import re

_SEQUENCES = re.compile(
    r"""
    \x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?        # OSC: titles, clipboard, links
    | \x1b[P^_X][^\x1b]*(?:\x1b\\)?           # DCS, PM, APC, SOS
    | (?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?       # CSI: colours, cursor, screen
    | \x1b[ -/]*[0-~]?                        # two-byte escapes
    """,
    re.VERBOSE,
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs: no characters, and no encoding can send them to a terminal."""
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def clean(text: object, limit: int = 1_000_000) -> str:
    """`text` without anything a terminal would obey or no encoding can write; line breaks and tabs stay.

    `limit` is in characters; what lies beyond it is cut and said so.
    """
    raw = str(text)
    cut = len(raw) > limit
    if not cut and raw.isascii() and raw.isprintable():
        # Nearly everything is, and a log has a hundred thousand lines.
        return raw
    plain = _SEQUENCES.sub("", _HALVES.sub("", raw[:limit])).replace("\r\n", "\n")
    plain = _CONTROLS.sub(_REPLACEMENT, plain)
    return f"{plain}… (cut at {limit} characters)" if cut else plain


def without_sequences(text: str) -> str:
    """`text` without escape sequences, such as those around a terminal's paste; everything else stays."""
    return _SEQUENCES.sub("", text) if "\x1b" in text or "\x9b" in text else text


def one_line(text: object, limit: int = 400) -> str:
    """`text` cleaned and folded to a single line of at most `limit` characters."""
    folded = " ".join(clean(text, 100_000).split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 bucket`, `3 buckets`, `2 policies` (with `many` given)."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"
