"""Values that somebody meant to fill in."""

from __future__ import annotations

import re

_SHAPES = (
    re.compile(r"<[^<>\n]*>"),
    re.compile(r"(?i)\bx{3,}\b|(?<=-)x{3,}$"),
    re.compile(r"(?i)\b(?:change|replace|fill)[-_ ]?(?:me|this|in)\b|\byour[-_ ]|\bto[-_ ]?do\b|\bexample\b"),
    re.compile(r"…|\.\.\.|\$\{[^}]*\}|\{\{.*?\}\}"),
    re.compile(r"^databricks-serverless-(?:0+|1234567890123456|\d*[A-Za-z_#*?]+\d*)?$"),
)


def placeholder(text: str) -> str:
    """One sentence saying that `text` still waits to be filled in; empty when it does not look so."""
    if any(shape.search(text) for shape in _SHAPES):
        return f"“{text}” looks like a placeholder: the real value was never filled in."
    return ""
