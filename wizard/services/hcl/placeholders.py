"""Values that somebody meant to fill in."""

from __future__ import annotations

import re

_CERTAIN = re.compile(
    r"""<[^<>\n]*>                                  # <WORKSPACE_ID>
    | (?:^|[^A-Za-z])[Xx]{3,}(?:[^A-Za-z]|$)        # databricks-serverless-XXXXX
    | ^databricks-serverless-(?:0*|[^0-9].*)$       # no number where the workspace id belongs
    """,
    re.VERBOSE,
)
_LIKELY = re.compile(
    r"(?i)\b(?:change|replace|fill)[-_ ]?(?:me|this|in)\b|\byour[-_ ]|\bto[-_ ]?do\b|…|\.\.\.|\{\{.*?\}\}"
)


def unfilled(text: str) -> bool:
    """It cannot be a real value: a gap was left for one."""
    return bool(_CERTAIN.search(text))


def placeholder(text: str) -> str:
    """One sentence saying that `text` still waits to be filled in; empty when it does not look so."""
    if unfilled(text):
        return f"“{text}” is a placeholder: the real value was never filled in."
    if _LIKELY.search(text):
        return f"“{text}” looks like a placeholder. If it is, put the real value in its place."
    return ""
